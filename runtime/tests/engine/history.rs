//! What happened to a run, and how it stood at any time.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_core::Stream;
use longhaul::engine::{HistoryEntry, HistoryStream, RunStatus};
use longhaul::error::EngineError;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, Seq, Table};
use longhaul::{CancelError, Engine, HistoryError, Moment};
use serde_json::{Value, json};

use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{Run, START, approve, builder, find, open, record, start};

async fn all(mut history: HistoryStream) -> Vec<HistoryEntry> {
    let mut entries = Vec::new();
    while let Some(entry) = history.next().await {
        entries.push(entry.unwrap());
    }
    assert!(history.next().await.is_none(), "it stays over");
    entries
}

#[tokio::test]
async fn the_stream_gives_each_transition_once_over_several_pages() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::Approvals(600), Do::Call(1)]).await;
    for n in 0..600 {
        approve(&run, &n.to_string()).await;
    }
    run.result().await.unwrap();
    let entries = all(run.history()).await;
    let history = engine.history("a").await.unwrap();
    assert_eq!((history.id.as_str(), history.workflow.as_str()), ("a", "Script"));
    assert_eq!(entries.len(), 602);
    for (seq, (entry, transition)) in entries.iter().zip(&history.transitions).enumerate() {
        assert_eq!((entry.seq, &entry.transition), (Seq(seq as u64), transition));
    }
    assert_eq!(entries[601].activities.values().collect::<Vec<_>>(), ["work"]);

    // The same as a stream of others' combinators.
    let mut stream = run.history();
    let mut polled = 0;
    while let Some(entry) =
        std::future::poll_fn(|cx| -> Poll<Option<_>> { Pin::new(&mut stream).poll_next(cx) }).await
    {
        assert_eq!(entry.unwrap(), entries[polled]);
        polled += 1;
    }
    assert_eq!(polled, 602);
}

#[tokio::test]
async fn a_history_that_is_not_there_or_damaged_or_of_an_engine_that_has_stopped_is_an_error() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Approvals(300)]).await;
    for n in 0..20 {
        approve(&run, &format!("{n:>50}")).await;
    }
    assert!(matches!(engine.history("b").await, Err(HistoryError::NotFound { id }) if id == "b"));
    assert!(matches!(engine.state_at("b", Seq(0)).await, Err(HistoryError::NotFound { .. })));

    let damaged = disk.snapshot();
    let rows = damaged.rows(Table::Log);
    assert!(rows.len() > 1, "they do not all stand in the run's record");
    damaged.write(Table::Log, &rows[1].0, None);
    let other = open(&damaged).await;
    let mut history = find(&other, "a").await.history();
    // What is on a page with it is not told.
    let error = history.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, HistoryError::Engine(EngineError::Damaged(_))), "{error}");
    assert!(error.to_string().contains("missing"), "{error}");
    assert!(history.next().await.is_none());
    assert!(matches!(other.state_at("a", Seq(0)).await, Err(HistoryError::Engine(EngineError::Damaged(_)))));

    engine.shutdown().await.unwrap();
    let error = run.history().next().await.unwrap().unwrap_err();
    assert!(matches!(error, HistoryError::Engine(EngineError::Closed)), "{error}");
}

/// Each kind of event and command, as `docs/OPERATING.md` has them.
#[tokio::test]
async fn a_history_as_json_has_the_documented_form() {
    let engine = builder()
        .play::<Work, _, _>(|ctx, (n,)| async move {
            match n {
                1 => Err("no".to_owned()),
                2 => panic!("oh"),
                3 => {
                    ctx.heartbeat("half");
                    ctx.sleep(Duration::from_secs(1)).await;
                    Ok(0)
                }
                n => Ok(n),
            }
        })
        .open_in_memory()
        .await
        .unwrap();
    let kinds = async |script: &[Do]| {
        let run = start(&engine, &format!("{script:?}"), script.to_vec()).await;
        let _ = run.result().await;
        let shown = engine.history(run.id()).await.unwrap().to_json();
        shown["transitions"][1]["events"].clone()
    };
    assert_eq!(
        kinds(&[Do::Call(1)]).await,
        json!([{ "kind": "ActivityFailed", "op": 0, "activity": "work", "error": "no" }])
    );
    assert_eq!(
        kinds(&[Do::Call(2)]).await,
        json!([{ "kind": "ActivityPanicked", "op": 0, "activity": "work", "message": "oh" }])
    );
    assert_eq!(
        kinds(&[Do::Call(3)]).await,
        json!([{
            "kind": "ActivityTimedOut", "op": 0, "activity": "work",
            "timeout": "StartToClose", "after_seconds": 0.05, "details": "half",
        }])
    );

    let began = engine.now().await.unwrap();
    let run = start(&engine, "a", [Do::Race(7, 1_000), Do::Sleep(1), Do::Approvals(1), Do::Sleep(1)]).await;
    while run.describe().await.unwrap().state != "AwaitApprovals" {
        engine.advance(Duration::from_millis(1)).await.unwrap();
    }
    approve(&run, "ann").await;
    run.cancel().await.unwrap();
    while run.describe().await.unwrap().status == RunStatus::Open {
        engine.advance(Duration::from_millis(1)).await.unwrap();
    }
    let time = |micros| Moment(began.0 + micros).to_string();
    let shown = engine.history("a").await.unwrap().to_json();
    let ended = shown["transitions"][3]["at"].as_str().unwrap().to_owned();
    let cancelled = shown["transitions"][4].clone();
    let seed = shown["transitions"][0]["events"][0]["seed"].as_str().unwrap().to_owned();
    assert!(seed.parse::<u64>().is_ok(), "{seed}");
    assert_eq!(
        shown,
        json!({
            "id": "a", "run": run.run().0, "workflow": "Script",
            "transitions": [
                {
                    "seq": 0, "at": time(0), "outcome": "Stepped",
                    "events": [{
                        "kind": "Started", "id": "a", "workflow": "Script", "seed": seed,
                        "input": [{ "Race": [7, 1000] }, { "Sleep": 1 }, { "Approvals": 1 }, { "Sleep": 1 }],
                    }],
                    "commands": [
                        { "kind": "Activity", "op": 0, "activity": "work", "input": [7] },
                        { "kind": "Timer", "op": 1, "deadline": time(1_000_000) },
                    ],
                },
                {
                    "seq": 1, "at": time(0), "outcome": "Stepped",
                    "events": [{ "kind": "ActivityCompleted", "op": 0, "activity": "work", "output": 7 }],
                    "commands": [{ "kind": "Timer", "op": 2, "deadline": time(1_000) }],
                },
                {
                    "seq": 2, "at": time(1_000), "outcome": "Stepped",
                    "events": [{ "kind": "TimerFired", "op": 2 }],
                    "commands": [],
                },
                {
                    "seq": 3, "at": ended, "outcome": "Stepped",
                    "events": [{ "kind": "Signal", "name": "approve", "args": ["ann"] }],
                    "commands": [{
                        "kind": "Timer", "op": 3,
                        "deadline": Moment(moment(&ended).0 + 1_000).to_string(),
                    }],
                },
                cancelled,
            ],
        })
    );
    assert_eq!(cancelled["events"], json!([{ "kind": "Cancelled" }]));
}

fn moment(text: &str) -> Moment {
    text.parse::<jiff::Timestamp>().expect("times are in RFC 3339").into()
}

#[tokio::test]
async fn parked_and_terminated_transitions_say_why() {
    let engine = open(&MemoryDisk::new()).await;
    raise("history");
    let run = start(&engine, "a", [Do::PanicWhile("history".into())]).await;
    run.terminate("of no use").await.unwrap();
    lower("history");
    let shown = engine.history("a").await.unwrap().to_json();
    let outcomes: Vec<_> = [0, 1].map(|seq| shown["transitions"][seq]["outcome"].clone()).into();
    assert_eq!(outcomes, ["Parked", "Terminated"]);
    assert!(shown["transitions"][0]["reason"].as_str().unwrap().contains("the flag history is up"));
    assert_eq!(shown["transitions"][1]["reason"], "of no use");
    let past = run.at(Seq(0)).await.unwrap();
    assert_eq!((past.status, past.state.as_str()), (RunStatus::Parked, "Start"));
    assert!(past.reason.unwrap().contains("the flag history is up"));
    let past = run.at(Seq(1)).await.unwrap();
    assert_eq!((past.status, past.reason.as_deref()), (RunStatus::Terminated, Some("of no use")));
    assert!(matches!(run.cancel().await, Err(CancelError::Closed { .. })));
}

/// What is told of each past transition is what was stored when it was made.
#[tokio::test]
async fn the_state_at_each_transition_is_the_one_that_was_stored_then() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let script = [Do::Call(1), Do::Race(2, 1_000), Do::Approvals(2), Do::Random, Do::Sleep(5), Do::Call(3)];
    let run = start(&engine, "a", script).await;
    let mut stored = Vec::new();
    let mut seen = |disk: &MemoryDisk, run: &Run| {
        let record = record(disk, run.run());
        if stored.len() < usize::try_from(record.seq.0).unwrap() {
            stored.push(record);
        }
    };
    seen(&disk, &run);
    while run.describe().await.unwrap().state != "AwaitApprovals" {
        seen(&disk, &run);
        tokio::task::yield_now().await;
    }
    seen(&disk, &run);
    for name in ["ann", "bob"] {
        approve(&run, name).await;
        seen(&disk, &run);
    }
    engine.advance(Duration::from_millis(5)).await.unwrap();
    seen(&disk, &run);
    run.result().await.unwrap();
    seen(&disk, &run);
    let mut matched = 0;
    for record in &stored {
        let past = run.at(Seq(record.seq.0 - 1)).await.unwrap();
        assert_eq!(past.state, record.state);
        assert_eq!(past.at, record.updated);
        assert_eq!(past.waits_for, record.armed.clone().into_list());
        assert_eq!(past.value, record.value.to_json().unwrap());
        if !record.phase.is_closed() {
            let frame = record.frame.payload().to_json().unwrap();
            for (name, value) in frame.as_object().unwrap().iter().filter(|(name, _)| *name != "at") {
                assert_eq!(past.variables[name], *value);
            }
            assert_eq!(past.variables.len(), frame.as_object().unwrap().len() - 1);
        }
        matched += 1;
    }
    assert!(matched >= 5, "{matched}");
    let last = run.at(Seq(run.describe().await.unwrap().transitions - 1)).await.unwrap();
    assert_eq!((last.status, last.state.as_str()), (RunStatus::Completed, "Done"));
    assert_eq!(last.result.as_ref().unwrap().as_array().unwrap().len(), 4);
    // As after a restart, by an engine that has nothing of it in memory.
    let engine = open(&disk.snapshot()).await;
    assert_eq!(engine.state_at("a", last.seq).await.unwrap(), last);
    assert_eq!(engine.state_at("a", Seq(0)).await.unwrap(), run.at(Seq(0)).await.unwrap());
}

#[tokio::test]
async fn a_transition_that_the_run_has_not_had_is_a_typed_error_for_open_and_closed_runs() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::Approvals(1)]).await;
    let none = async |seq: u64| match run.at(Seq(seq)).await {
        Err(HistoryError::NoTransition { id, seq: asked, transitions }) => {
            assert_eq!((id.as_str(), asked), ("a", Seq(seq)));
            transitions
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(none(1).await, 1);
    assert_eq!(none(u64::MAX).await, 1);
    approve(&run, "ann").await;
    run.result().await.unwrap();
    assert_eq!(none(2).await, 2);
    assert_eq!(none(700).await, 2);
    let error = run.at(Seq(2)).await.unwrap_err().to_string();
    assert_eq!(error, "run `a` has no transition 2: it has had 2, and the first is transition 0");
}

/// A state that is written less often than transitions are made.
#[tokio::test]
async fn the_state_behind_the_stored_one_is_found_too() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Approvals(200)]).await;
    for n in 0..60 {
        approve(&run, &format!("{n:>200}")).await;
    }
    while record(&disk, run.run()).seq.0 == run.describe().await.unwrap().transitions {
        approve(&run, "one more").await;
    }
    let transitions = run.describe().await.unwrap().transitions;
    let stored = record(&disk, run.run()).seq.0;
    assert!(stored < transitions);
    let engine = open(&disk.snapshot()).await;
    for seq in [0, 1, stored - 2, stored - 1, stored, transitions - 1] {
        let past = engine.state_at("a", Seq(seq)).await.unwrap();
        assert_eq!(past.value["approvals"].as_array().unwrap().len() as u64, seq, "{seq}");
        assert_eq!(past.seq, Seq(seq));
    }
    assert!(matches!(
        engine.state_at("a", Seq(transitions)).await,
        Err(HistoryError::NoTransition { transitions: found, .. }) if found == transitions
    ));
}

#[tokio::test]
async fn the_newest_state_needs_no_code_and_an_older_one_says_what_is_missing() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Approvals(5)]).await;
    approve(&run, "ann").await;
    approve(&run, "another code").await;
    let disk = disk.snapshot();
    let without = Engine::builder().open_store(disk.store()).await.unwrap();
    let past = without.state_at("a", Seq(2)).await.unwrap();
    assert_eq!(past.value, json!({ "results": [], "approvals": ["ann", "another code"] }));
    assert_eq!(past.variables["approvals"], 5);
    assert!(matches!(
        without.state_at("a", Seq(1)).await,
        Err(HistoryError::UnknownWorkflow { workflow }) if workflow == "Script"
    ));
}

#[tokio::test]
async fn a_past_state_that_the_code_does_not_give_any_more_is_an_error() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::PanicWhile("changed".into()), Do::Approvals(2)]).await;
    approve(&run, "ann").await;
    raise("changed");
    assert!(matches!(run.at(Seq(0)).await, Err(HistoryError::Fold(_))));
    lower("changed");
    assert_eq!(run.at(Seq(0)).await.unwrap().state, "AwaitApprovals");
}

#[activity]
async fn weigh(item: String) -> u64 {
    item.len() as u64
}

/// A run with a task, an awaited method, and branches.
#[derive(Default, Serialize, Deserialize)]
struct Packer {
    go: bool,
}

#[workflow]
impl Packer {
    #[run]
    async fn run(&mut self, ctx: &Context, items: Vec<String>) -> Result<u64, Failure> {
        let first = items[0].clone();
        let task = ctx.spawn(async move {
            ctx.sleep(days(1)).await;
            first
        });
        let total = self.pack(ctx, &items).await?;
        let label = task.await.map_err(|_| Failure::msg("cancelled"))?;
        Ok(total + label.len() as u64)
    }

    async fn pack(&mut self, ctx: &Context, items: &[String]) -> Result<u64, Failure> {
        let mut total = 0;
        for item in items {
            total += weigh(item.clone()).await?;
        }
        ctx.wait_until(|| self.go).await;
        Ok(total)
    }

    #[signal]
    fn go(&mut self) {
        self.go = true;
    }
}

#[tokio::test]
async fn the_variables_of_methods_and_tasks_are_readable() {
    let engine = Engine::builder()
        .workflow::<Packer>()
        .activity::<weigh>()
        .clock(longhaul::engine::Clock::virtual_from(START))
        .open_in_memory()
        .await
        .unwrap();
    let run = engine.start::<Packer>(vec!["ab".to_owned(), "abc".to_owned()]).await.unwrap();
    while run.describe().await.unwrap().transitions < 3 {
        tokio::task::yield_now().await;
    }
    run.go().await.unwrap();
    run.result().await.unwrap();

    let past = run.at(Seq(1)).await.unwrap();
    let pack = past.variables.values().find(|slot| slot["at"] == "AwaitWeigh").expect("it is in `pack`");
    assert_eq!((&pack["total"], &pack["items"]), (&json!(2), &json!(["ab", "abc"])));
    let [task] = &past.tasks[..] else { panic!("{:?}", past.tasks) };
    assert_eq!(
        (&task["state"], &task["at"], &task["op"]),
        (&json!("Running"), &json!("AwaitSleep"), &json!(0))
    );
    assert_eq!(task["variables"]["first"], "ab");
    let shown = past.to_json();
    assert_eq!(shown["self"], json!({ "go": false }));
    assert_eq!(
        (&shown["status"], &shown["seq"], &shown["result"]),
        (&json!("Open"), &json!(1), &Value::Null)
    );
    let kinds: Vec<_> = shown["waits_for"].as_array().unwrap().iter().map(|wait| &wait["kind"]).collect();
    assert_eq!(kinds, ["Timer", "Activity"]);
    let last = run.at(Seq(run.describe().await.unwrap().transitions - 1)).await.unwrap();
    assert_eq!((last.result, last.tasks.len()), (Some(json!(7)), 0));
}

/// The code is run again, and what it asks for is not done again.
#[tokio::test]
async fn looking_at_the_past_does_what_the_code_did_to_nobody() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Call(1), Do::Approvals(1)]).await;
    approve(&run, "ann").await;
    run.result().await.unwrap();
    let (rows, commits) = (Table::ALL.map(|table| disk.rows(table)), disk.commits());
    for seq in 0..run.describe().await.unwrap().transitions {
        run.at(Seq(seq)).await.unwrap();
    }
    all(run.history()).await;
    assert_eq!(Table::ALL.map(|table| disk.rows(table)), rows);
    assert_eq!(disk.commits(), commits);
    assert!(engine.handle::<Script>("a").await.is_ok());
}
