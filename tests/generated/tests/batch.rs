//! The programs that are the same each time, and those that have failed before.

use longhaul::testing::simulation::Simulation;
use longhaul::testing::{SampleError, Sampler};

include!(concat!(env!("OUT_DIR"), "/batch.rs"));
include!(concat!(env!("OUT_DIR"), "/simulated.rs"));

#[test]
fn machines_do_what_plain_async_rust_does() {
    let bodies = bodies();
    let (runs, differ) = longhaul_generated::differences(&bodies);
    for (name, how) in &differ {
        let source = bodies.iter().find(|body| body.name == *name).map_or("", |body| body.source);
        println!("{source}\n{how}\n");
    }
    println!("{} programs, {runs} runs the same", bodies.len());
    assert!(differ.is_empty(), "{} of {} programs differ", differ.len(), bodies.len());
}

#[allow(clippy::unnecessary_wraps)] // So the simulation asks for it.
fn argument(choices: &mut Sampler<'_>) -> Result<i64, SampleError> {
    Ok(i64::try_from(choices.choose(9)).unwrap_or_default())
}

macro_rules! played {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty $body:block)*
     $(fallible fn $fname:ident($($farg:ident: $fty:ty),*) -> $foutput:ty, $error:ty; $fbody:block)*) => {
        fn activities(simulation: Simulation) -> Simulation {
            $(let simulation = simulation.play::<longhaul_generated::machine::$name>(|_, ($($arg,)*)| Ok($body));)*
            $(let simulation = simulation.play::<longhaul_generated::machine::$fname>(|_, ($($farg,)*)| $fbody);)*
            simulation
        }
    };
}
longhaul_generated::with_activities!(played);

/// `LONGHAUL_SEEDS=10000` plays so many, `LONGHAUL_SEED=7` that one.
#[test]
fn generated_workflows_stand_whatever_fails() {
    let simulation = activities(workflows(Simulation::new()));
    let report = simulation.run().unwrap_or_else(|error| panic!("{error}"));
    longhaul_generated::acts::taken();
    println!("{report}");
    assert!(
        report.seen().contains_key("failed commit") && report.seen()["stepped"] > 100,
        "{:?}",
        report.seen()
    );
}
