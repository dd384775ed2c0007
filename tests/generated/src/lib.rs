//! Random programs, compiled by rustc as machines and as plain async Rust: both do the same as `longhaul_programs::run`
//! says, under random schedules, stored and reloaded.
//!
//! `cargo test -p longhaul-generated` compiles the same programs each time (`build.rs`), with those in `regressions/`.
//! `cargo run -p longhaul-generated -- --seed 7 --bodies 300` compiles others (`main.rs`).

pub mod acts;
pub mod machine;
pub mod plain;
pub mod plain_lists;
pub mod plain_tasks;

use std::panic::{AssertUnwindSafe, catch_unwind};

use longhaul_programs::batch::{SCHEDULES, argument};
use longhaul_programs::outside::Handler;
use longhaul_programs::run::{Outcome, Program};

/// Runs a program with an argument, under a schedule, which may call these handlers.
pub type Run = fn(i64, u64, &[Handler]) -> Outcome;

/// A program, compiled.
#[derive(Debug)]
pub struct Body {
    /// The name of its type.
    pub name: &'static str,
    /// Its source.
    pub source: &'static str,
    /// As a machine.
    pub machine: Run,
    /// As plain async Rust, where that takes it.
    pub plain: Option<Run>,
}

/// Runs each program under each schedule; gives how many runs were compared, and what differs, each behind the
/// program's name.
#[must_use]
pub fn differences(bodies: &[Body]) -> (u64, Vec<(&'static str, String)>) {
    let (mut runs, mut differ) = (0, Vec::new());
    for body in bodies {
        for schedule in 0..SCHEDULES {
            if let Err(how) = hold(body, schedule) {
                differ.push((body.name, format!("schedule {schedule}: {how}")));
                break;
            }
            runs += 1;
        }
    }
    (runs, differ)
}

/// Prints what differs, in the form that `main.rs` reads.
pub fn report(bodies: &[Body]) {
    let (runs, differ) = differences(bodies);
    println!("{} programs, {runs} runs the same", bodies.len());
    for (name, how) in differ {
        println!("\u{1}{name}\u{2}{how}");
    }
}

fn hold(body: &Body, schedule: u64) -> Result<(), String> {
    let argument = argument(schedule);
    let file = syn::parse_file(body.source).map_err(|error| error.to_string())?;
    let program = Program::new(&file);
    let expected =
        program.run(argument, schedule).map_err(|flow| format!("it is not understood: {flow:?}"))?;
    let ran = |run: Run| {
        catch_unwind(AssertUnwindSafe(|| run(argument, schedule, &program.handlers))).map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        })
    };
    if let Some(plain) = body.plain {
        let outcome = ran(plain)?;
        if outcome != expected {
            return Err(format!("rustc has it do\n{outcome:#?}\nwhere we expect\n{expected:#?}"));
        }
    }
    let outcome = ran(body.machine)?.by_steps();
    let expected = expected.by_steps();
    if outcome != expected {
        return Err(format!("the machine does\n{outcome:#?}\ninstead of\n{expected:#?}"));
    }
    Ok(())
}
