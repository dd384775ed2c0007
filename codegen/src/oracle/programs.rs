//! Random programs by the thousand, and those that have failed before.

use longhaul_programs::choices::{Choices, shrink};
use longhaul_programs::run::{Flow, Program};
use longhaul_programs::write::{self, Written};

use super::{Machines, machines};

/// What holding a program against its machine comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Both did the same; how many things happened.
    Same(usize),
    /// It runs for too long to be of use.
    TooLong,
    Differs(String),
}

/// Under how many schedules each program is run.
const SCHEDULES: u64 = 2;

/// Runs a program both ways, under some schedules.
pub(super) fn verdict(source: &str, seed: u64) -> Verdict {
    let file = match syn::parse_file(source) {
        Ok(file) => file,
        Err(error) => return Verdict::Differs(format!("it is no Rust: {error}")),
    };
    let program = Program::new(&file);
    let machines = match machines(&program, &file) {
        Ok(machines) => machines,
        Err(error) => return Verdict::Differs(error),
    };
    let mut happened = 0;
    for seed in seed..seed + SCHEDULES {
        match compared(&program, &machines, seed) {
            Verdict::Same(more) => happened += more,
            other => return other,
        }
    }
    Verdict::Same(happened)
}

fn compared(program: &Program, machines: &Machines<'_>, seed: u64) -> Verdict {
    let argument = i64::try_from(seed % 9).expect("it is small");
    let plain = match program.run(argument, seed) {
        Ok(outcome) => outcome,
        Err(Flow::TooLong) => return Verdict::TooLong,
        Err(flow) => return Verdict::Differs(format!("the program itself: {flow:?}")),
    };
    match machines.run(argument, seed) {
        Ok(outcome) if outcome == plain => Verdict::Same(plain.trace.len()),
        Ok(outcome) => Verdict::Differs(format!("{outcome:#?}\ninstead of\n{plain:#?}")),
        Err(Flow::TooLong) => Verdict::TooLong,
        Err(flow) => Verdict::Differs(format!("{flow:?}\ninstead of\n{plain:#?}")),
    }
}

fn written(choices: Choices) -> Written {
    write::program("Generated", choices)
}

/// Reports the smallest program that fails as this one does.
fn report(written: &Written, seed: u64) -> String {
    let fails = |choices: &[u32]| {
        let written = write::program("Generated", Choices::of(choices.to_vec()));
        matches!(verdict(&written.source, seed), Verdict::Differs(_))
    };
    let small = write::program("Generated", Choices::of(shrink(written.choices.clone(), 3000, fails)));
    let Verdict::Differs(how) = verdict(&small.source, seed) else {
        return "it fails now and then".to_owned();
    };
    format!("seed {seed}\n{}\n{how}", small.source)
}

/// What holding many programs came to.
#[derive(Default)]
struct Held {
    same: u64,
    too_long: u64,
    /// How many things happened in all runs.
    happened: usize,
    /// The seeds of those that differ.
    failed: Vec<u64>,
}

/// Holds the programs of the seeds from `first` on.
fn hold(first: u64, count: u64) -> Held {
    let mut held = Held::default();
    for seed in first..first + count {
        match verdict(&written(Choices::random(seed)).source, seed) {
            Verdict::Same(happened) => {
                held.same += 1;
                held.happened += happened;
            }
            Verdict::TooLong => held.too_long += 1,
            Verdict::Differs(_) => held.failed.push(seed),
        }
        if seed % 256 == 0 {
            // What was parsed is kept for its spans, which nothing here asks for.
            proc_macro2::extra::invalidate_current_thread_spans();
        }
    }
    held
}

/// `LONGHAUL_BODIES=1000000` runs as many, `LONGHAUL_SEED=7` from another seed on.
#[test]
fn machines_do_what_their_source_says() {
    let asked = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (count, first) = (asked("LONGHAUL_BODIES").unwrap_or(500), asked("LONGHAUL_SEED").unwrap_or(0));
    let Held { same, too_long, happened, failed } = hold(first, count);
    let most = usize::try_from(asked("LONGHAUL_REPORTS").unwrap_or(3)).expect("it is small");
    let reports: Vec<String> =
        failed.iter().take(most).map(|seed| report(&written(Choices::random(*seed)), *seed)).collect();
    println!(
        "{count} programs from seed {first} on, {SCHEDULES} schedules each: {same} the same, {happened} things happened, \
         {too_long} too long, {} differ: {failed:?}",
        failed.len()
    );
    assert!(failed.is_empty(), "{} of {count} differ\n{}", failed.len(), reports.join("\n"));
    assert!(same > count / 2, "{too_long} of {count} ran too long");
}

/// The programs that have failed once; `tests/generated` compiles them, too.
#[test]
fn what_failed_once_does_not_fail_again() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/generated/regressions");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("there are some") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("it is text");
        for seed in 0..20 {
            let verdict = verdict(&source, seed);
            assert!(matches!(verdict, Verdict::Same(_)), "{}: {verdict:?}", path.display());
        }
        count += 1;
    }
    assert!(count > 5, "{count} found");
}
