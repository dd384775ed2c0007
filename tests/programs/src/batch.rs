//! Programs as one file of Rust: each as a machine, and where plain Rust takes it, as plain async Rust, too.

use std::fmt::Write;

use crate::choices::Choices;
use crate::run::Program;
use crate::write::{self, Written};

/// How many schedules each program is run under.
pub const SCHEDULES: u64 = 4;

/// The argument of `run` under a schedule.
pub fn argument(schedule: u64) -> i64 {
    i64::try_from(schedule % 9).expect("it is small")
}

/// Programs that end under all schedules, of the seeds from `seed` on.
pub fn programs(seed: u64, count: usize) -> Vec<Written> {
    let all = (seed..).map(|seed| write::program(&format!("Body{seed}"), Choices::random(seed)));
    all.filter(ends).take(count).collect()
}

/// A program by its source, which says `// shares` where its branches do.
///
/// # Panics
///
/// When there is no impl in it.
pub fn of_source(source: String) -> Written {
    let head = source.split("impl ").nth(1).expect("it has an impl");
    let name = head.split_whitespace().next().expect("it has a name").to_owned();
    let shares = source.contains("// shares");
    let choices = write::program(&name, Choices::of(Vec::new())).choices;
    Written { name, source, shares, choices }
}

/// Whether a program ends under all schedules.
pub fn ends(written: &Written) -> bool {
    let Ok(file) = syn::parse_file(&written.source) else { return false };
    (0..SCHEDULES).all(|schedule| Program::new(&file).run(argument(schedule), schedule).is_ok())
}

/// A file with a function `bodies()`, for a crate that depends on `longhaul`, `longhaul-macros`, `longhaul-generated`,
/// `futures`, `tokio` and `serde`.
pub fn file(programs: &[Written]) -> String {
    let mut file = String::new();
    let lints = "#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused, missing_docs, for_loops_over_fallibles)]";
    for (module, machine) in [("compiled", true), ("uncompiled", false)] {
        let side = if machine { "machine" } else { "plain" };
        let serde = if machine { ", serde::Serialize, serde::Deserialize" } else { "" };
        let attribute =
            if machine { "longhaul::workflow" } else { "longhaul_macros::workflow_plain as workflow" };
        writeln!(file, "{lints}\npub mod {module} {{").expect(TAKES_ALL);
        writeln!(file, "use longhaul_generated::{{{side}::*, acts::*}};\nuse {attribute};").expect(TAKES_ALL);
        for program in programs.iter().filter(|program| machine || !program.shares) {
            let Written { name, source, .. } = program;
            let source = if machine { source.clone() } else { crate::plain::source(source) };
            writeln!(
                file,
                "#[derive(Debug, Default{serde})]\npub struct {name} {{ count: i64, items: Vec<i64>, title: String, point: Point, kept: Option<Task<i64>>, tasks: Vec<Task<i64>>, asked: Option<Trigger<i64>> }}"
            )
            .expect(TAKES_ALL);
            writeln!(file, "// begin {name}\n{source}\n// end").expect(TAKES_ALL);
        }
        writeln!(file, "}}").expect(TAKES_ALL);
    }
    writeln!(file, "/// Each program, with ways to run it.").expect(TAKES_ALL);
    writeln!(file, "#[must_use]\n#[allow(clippy::too_many_lines)]\npub fn bodies() -> Vec<longhaul_generated::Body> {{\n    vec![")
        .expect(TAKES_ALL);
    for Written { name, source, shares, .. } in programs {
        let plain = if *shares {
            "None".to_owned()
        } else {
            format!(
                "Some(|argument, schedule, _| {{ let mut workflow = uncompiled::{name}::default(); let trace = longhaul_generated::plain::run(workflow.run(&longhaul_generated::plain::Context, argument), schedule); trace.end(&workflow) }})"
            )
        };
        writeln!(
            file,
            "longhaul_generated::Body {{ name: {name:?}, source: {source:?}, machine: longhaul_generated::machine::run::<compiled::{name}>, plain: {plain} }},"
        )
        .expect(TAKES_ALL);
    }
    writeln!(file, "    ]\n}}").expect(TAKES_ALL);
    file
}

const TAKES_ALL: &str = "a string takes all";
