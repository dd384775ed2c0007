//! A disk that fails a sync: the n-th call of `fsync` or `fdatasync` fails with EIO.

use std::path::Path;

use longhaul::engine::{Clock, EngineBuilder};

use crate::child::{again, skip, text};
use crate::directory::{approvals, approve, builder, copy, find};
use crate::script::{Do, Script};
use crate::shim::shim;

/// The data directory, in the process whose syncs fail.
const DATA: &str = "LONGHAUL_FAILING_SYNC";
/// Whether its clock is the system's, so that a thread of its own commits.
const REAL_CLOCK: &str = "LONGHAUL_REAL_CLOCK";
const NAME: &str =
    "failing_sync::g11_after_any_sync_that_fails_the_engine_stops_and_nothing_acknowledged_is_lost";
const SIGNALS: usize = 6;

fn engine_of(clock: Option<Clock>) -> EngineBuilder {
    clock.into_iter().fold(builder(), EngineBuilder::clock)
}

#[tokio::test]
async fn g11_after_any_sync_that_fails_the_engine_stops_and_nothing_acknowledged_is_lost() {
    if let Some(data) = std::env::var_os(DATA) {
        return work(Path::new(&data)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim(folder.path()) else {
        return skip(NAME, "it needs Linux and a C compiler, `cc`");
    };
    // Making a store takes many syncs, and begins anew at the next open; they are not tried one by one.
    let made = tempfile::tempdir().unwrap();
    builder().open(made.path()).await.unwrap().shutdown().await.unwrap();
    for real_clock in [false, true] {
        let (mut opened, mut stopped, mut harmless) = (0, 0, 0);
        let mut at = 0;
        loop {
            // Of those that write the tables on closing, each sixth.
            at += if harmless < 4 { 1 } else { 6 };
            let data = tempfile::tempdir().unwrap();
            copy(made.path(), data.path());
            let mut child = again(&[], NAME);
            child.env("LD_PRELOAD", &shim).env("FAIL_SYNC_AT", at.to_string()).env(DATA, data.path());
            if real_clock {
                child.env(REAL_CLOCK, "1");
            }
            let output = child.output().unwrap();
            let text = text(&output);
            assert!(output.status.success(), "sync {at}: {text}");
            if !text.contains("sync fails\n") {
                break;
            }
            let said = |what: &str| text.lines().filter(|line| line.starts_with(what)).count();
            let acknowledged = said("acknowledged ");
            match (said("open: "), said("stopped: ")) {
                (1, 0) => opened += 1,
                (0, 1) => {
                    assert!(text.contains("Input/output error"), "sync {at}: {text}");
                    stopped += 1;
                }
                // Such as a sync of what only shortens the next open.
                (0, 0) => {
                    assert_eq!(acknowledged, SIGNALS, "sync {at}: {text}");
                    harmless += 1;
                }
                _ => panic!("sync {at}: {text}"),
            }
            check(data.path(), said("started") > 0, acknowledged, &format!("sync {at}: {text}")).await;
        }
        let counts = format!("{opened} opens refused, {stopped} engines stopped, {harmless} harmless");
        assert!(opened > 0 && stopped > SIGNALS, "{counts}");
        println!("{counts}");
    }
}

/// What the process does whose sync fails: it says what was acknowledged, and how it ended.
async fn work(data: &Path) {
    let clock = std::env::var_os(REAL_CLOCK).map(|_| Clock::system());
    let engine = match engine_of(clock).open(data).await {
        Ok(engine) => engine,
        Err(error) => return println!("open: {error}"),
    };
    let run = match engine.start::<Script>([Do::Approvals(100)].into()).id("a").await {
        Ok(run) => run,
        Err(error) => return println!("stopped: {error}"),
    };
    println!("started");
    for n in 0..SIGNALS {
        if let Err(error) = run.signal("approve", (n.to_string(),)).await {
            println!("stopped: {error}");
            let again = run.signal("approve", ("late",)).await;
            assert!(again.is_err(), "a signal was acknowledged after the engine had stopped");
            assert!(
                engine.shutdown().await.is_err(),
                "an engine that had stopped was shut down as if it had not"
            );
            return;
        }
        println!("acknowledged {n}");
    }
    drop(run);
    if let Err(error) = engine.shutdown().await {
        println!("stopped: {error}");
    }
}

/// On a disk that works again, all is there that was acknowledged, and goes on.
async fn check(data: &Path, started: bool, acknowledged: usize, what: &str) {
    let engine = builder().open(data).await.unwrap_or_else(|error| panic!("{what}\n{error}"));
    match engine.handle::<Script>("a").await {
        Err(_) => assert!(!started, "{what}"),
        Ok(run) => {
            let found = approvals(&run).await;
            let sent: Vec<_> = (0..SIGNALS).map(|n| n.to_string()).collect();
            assert!(found.len() >= acknowledged && sent.starts_with(&found), "{what}\n{found:?}");
            approve(&find(&engine, "a").await, "eve").await;
            engine.verify("a").await.unwrap();
        }
    }
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_store_whose_making_failed_at_a_sync_is_made_by_the_next_open() {
    const NAME: &str = "failing_sync::a_store_whose_making_failed_at_a_sync_is_made_by_the_next_open";
    if let Some(data) = std::env::var_os(DATA) {
        return work(Path::new(&data)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim(folder.path()) else {
        return skip(NAME, "it needs Linux and a C compiler, `cc`");
    };
    for at in [1, 2, 3, 4, 5, 6, 20, 50, 80] {
        let data = tempfile::tempdir().unwrap();
        let mut child = again(&[], NAME);
        child.env("LD_PRELOAD", &shim).env("FAIL_SYNC_AT", at.to_string()).env(DATA, data.path());
        let output = child.output().unwrap();
        let text = text(&output);
        assert!(output.status.success() && text.contains("sync fails\n"), "sync {at}: {text}");
        assert!(text.contains("open: ") && text.contains("Input/output error"), "sync {at}: {text}");
        check(data.path(), false, 0, &format!("sync {at}: {text}")).await;
    }
}
