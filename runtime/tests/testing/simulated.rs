//! Simulations of workflows, as their users write them.

use std::collections::BTreeSet;

use longhaul::prelude::*;
use longhaul::testing::simulation::{Simulation, SimulationError};

use crate::constructs::{Planner, answer, weigh};
use crate::good::{Hello, greet};

#[test]
fn workflows_of_all_kinds_stand_whatever_fails() {
    let simulation = Simulation::new()
        .workflow::<Hello>()
        .workflow::<Planner>()
        .activity::<greet>()
        .activity::<answer>()
        .activity::<weigh>();
    let report = simulation.seeds(60).run().unwrap_or_else(|error| panic!("{error}"));
    assert!(report.transitions::<Hello>() > 60 && report.transitions::<Planner>() > 60, "{report}");
    let diagram = report.diagram::<Hello>();
    assert!(diagram.contains("[*] --> AwaitGreet: ") && !diagram.contains("(never)"), "{diagram}");
}

/// Counts in what is not stored.
#[derive(Default, Serialize, Deserialize)]
struct Forgetful {
    #[serde(skip)]
    slept: u32,
}

#[workflow]
impl Forgetful {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u32 {
        for _ in 0..3 {
            ctx.sleep(seconds(1)).await;
            self.slept += 1;
        }
        self.slept
    }
}

#[test]
fn a_workflow_that_forgets_is_found_out_and_the_seed_is_told() {
    let simulation = || Simulation::new().workflow::<Forgetful>();
    let Err(SimulationError::Broken(found)) = simulation().seeds(100).run() else {
        panic!("it forgets");
    };
    assert_eq!(found.guarantee, "G6", "{found}");
    assert!(found.moves.lines().count() < 8, "{found}");
    let again = format!("LONGHAUL_SEED={} cargo test -p longhaul --features testing -- ", found.seed);
    assert!(found.to_string().contains(&again), "{found}");
    let Err(SimulationError::Broken(same)) = simulation().first_seed(found.seed).seeds(1).run() else {
        panic!("it forgets each time");
    };
    assert_eq!(found, same);
}

#[test]
fn the_same_seeds_give_the_same_and_others_do_not() {
    let run = |first| {
        let simulation = Simulation::new().workflow::<Hello>().activity::<greet>();
        simulation.first_seed(first).seeds(5).run().unwrap_or_else(|error| panic!("{error}"))
    };
    assert_eq!(run(0), run(0));
    assert_ne!(run(0).hash(), run(5).hash());
}

/// Says that it greeted once, and greets twice.
#[derive(Default, Serialize, Deserialize)]
struct Chatty;

#[workflow]
impl Chatty {
    #[run]
    async fn run(&mut self, ctx: &Context, name: String) -> Result<u32, Failure> {
        for _ in 0..2 {
            greet(name.clone()).await?;
            ctx.sleep(seconds(1)).await;
        }
        Ok(1)
    }
}

#[test]
fn what_a_run_says_of_itself_is_held_against_what_was_done_outside() {
    let simulation = Simulation::new().workflow::<Chatty>().activity::<greet>().seeds(50);
    let outcome = simulation.ended::<Chatty>(|run| {
        let keys: BTreeSet<_> = run
            .deeds::<greet>()
            .map_err(|error| error.to_string())?
            .into_iter()
            .map(|deed| deed.key)
            .collect();
        match run.outcome().map_err(|error| error.to_string())? {
            Some(Ok(said)) if said as usize != keys.len() => Err(format!("it said {said}, and did {keys:?}")),
            _ => Ok(()),
        }
    });
    let Err(SimulationError::Broken(found)) = outcome.run() else { panic!("it does not tell the truth") };
    assert_eq!(found.guarantee, "ended", "{found}");
    assert!(found.what.contains("it said 1"), "{found}");
}

/// A local step, in a workflow and in a function that it awaits.
#[derive(Default, Serialize, Deserialize)]
struct Stepping;

#[workflow]
impl Stepping {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u64) -> Result<u64, Failure> {
        let first = ctx.run("first", async move { Ok::<u64, Failure>(n % 100 + 1) }).await?;
        doubled(ctx, first).await
    }
}

#[workflow]
async fn doubled(ctx: &Context, n: u64) -> Result<u64, Failure> {
    let twice = ctx.run("twice", async move {
        tokio::task::yield_now().await;
        Ok::<u64, Failure>(n * 2)
    });
    Ok(twice.await?)
}

#[test]
fn local_steps_are_simulated_as_they_are() {
    let report =
        Simulation::new().workflow::<Stepping>().seeds(60).run().unwrap_or_else(|error| panic!("{error}"));
    assert!(report.seen().contains_key("result: completed"), "{:?}", report.seen());
}
