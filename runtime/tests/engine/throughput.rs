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
