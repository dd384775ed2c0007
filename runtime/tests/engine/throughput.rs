//! What the engine can do on this machine: `cargo test --release --test engine -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use longhaul::Engine;

use crate::script::{Do, Script, Work};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn three_calls_in_sequence() {
    for (in_flight, runs) in [(1, 500), (16, 5_000), (64, 20_000), (256, 40_000)] {
        let dir = tempfile::tempdir().unwrap();
        let engine =
            Engine::builder().workflow::<Script>().activity::<Work>().open(dir.path()).await.unwrap();
        let begin = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..in_flight {
            let engine = engine.clone();
            clients.spawn(async move {
                let mut took = Vec::new();
                for _ in 0..runs / in_flight {
                    let begin = Instant::now();
                    let script = [Do::Call(1), Do::Call(2), Do::Call(3)].into();
                    assert_eq!(engine.start::<Script>(script).execute().await.unwrap(), [10, 20, 30]);
                    took.push(begin.elapsed());
                }
                took
            });
        }
        let mut took: Vec<Duration> = clients.join_all().await.into_iter().flatten().collect();
        let all = begin.elapsed();
        took.sort_unstable();
        println!(
            "{in_flight:>3} in flight: {:>6.0} runs/s, p50 {:?}, p99 {:?}",
            f64::from(runs) / all.as_secs_f64(),
            took[took.len() / 2],
            took[took.len() * 99 / 100],
        );
        engine.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn a_hundred_thousand_sleeping_runs() {
    const RUNS: u32 = 100_000;
    let dir = tempfile::tempdir().unwrap();
    let open = || Engine::builder().workflow::<Script>().activity::<Work>().open(dir.path());
    let engine = open().await.unwrap();
    let (empty, begin) = (resident_bytes(), Instant::now());
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..256 {
        let engine = engine.clone();
        clients.spawn(async move {
            for n in (client..u64::from(RUNS)).step_by(256) {
                let script = [Do::Sleep(3_600_000 + n), Do::Call(n)].into();
                engine.start::<Script>(script).id(format!("run-{n}")).await.unwrap();
            }
        });
    }
    clients.join_all().await;
    println!("started: {:.0} runs/s", f64::from(RUNS) / begin.elapsed().as_secs_f64());
    println!("memory: {} bytes a run", (resident_bytes() - empty) / u64::from(RUNS));
    engine.shutdown().await.unwrap();
    println!("disk: {} bytes a run", disk_bytes(dir.path()) / u64::from(RUNS));
    let begin = Instant::now();
    let engine = open().await.unwrap();
    println!("opened again in {:?} with {} open runs", begin.elapsed(), engine.recovered());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn a_fan_out_of_ten_thousand() {
    for calls in [2_500u64, 5_000, 10_000] {
        let dir = tempfile::tempdir().unwrap();
        let engine =
            Engine::builder().workflow::<Script>().activity::<Work>().open(dir.path()).await.unwrap();
        let begin = Instant::now();
        let script = [Do::CallAll((0..calls).collect())].into();
        let run = engine.start::<Script>(script).await.unwrap();
        run.result().await.unwrap();
        let transitions = run.describe().await.unwrap().transitions;
        println!("{calls} calls at once: {:?} in {transitions} transitions", begin.elapsed());
    }
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

fn disk_bytes(path: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.metadata().unwrap() {
            metadata if metadata.is_dir() => disk_bytes(&entry.path()),
            metadata => metadata.len(),
        })
        .sum()
}
