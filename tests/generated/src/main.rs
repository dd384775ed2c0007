//! Compiles random programs with rustc, runs them, and reports those that differ, made small:
//!
//! ```text
//! cargo run -p longhaul-generated -- --seed 7 --bodies 300 [--shrink 8]
//! cargo run -p longhaul-generated -- --file tests/generated/regressions/tasks_in_a_list.rs
//! ```
//!
//! The crate that it writes is in `target/generated`, and uses the workspace's own target folder.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use longhaul_programs::batch;
use longhaul_programs::choices::{Choices, simpler};
use longhaul_programs::write::{self, Written};

/// How many simpler programs are tried at once.
const CANDIDATES: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let programs = if options.files.is_empty() {
        batch::programs(options.seed, options.bodies)
    } else {
        options.files.iter().cloned().map(batch::of_source).collect()
    };
    let shared = programs.iter().filter(|program| program.shares).count();
    println!("{} programs from seed {} on, {shared} of them machines only", programs.len(), options.seed);
    let failed = failures(programs.clone())?;
    for (name, how) in failed.iter().take(3) {
        let program =
            programs.iter().find(|program| program.name == *name).ok_or("an unknown program failed")?;
        let (small, how) = shrunk(program, how, options.shrink)?;
        println!("{}\n{how}", small.source);
    }
    if failed.is_empty() {
        return Ok(());
    }
    let names: Vec<&String> = failed.keys().collect();
    Err(format!("{} of {} programs fail: {names:?}", failed.len(), programs.len()).into())
}

struct Options {
    seed: u64,
    bodies: usize,
    /// Sources, instead of random programs.
    files: Vec<String>,
    /// How many rounds of making a failure smaller.
    shrink: usize,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options { seed: 1000, bodies: 100, files: Vec::new(), shrink: 0 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--seed" => options.seed = value.parse()?,
            "--bodies" => options.bodies = value.parse()?,
            "--file" => options.files.push(std::fs::read_to_string(value)?),
            "--shrink" => options.shrink = value.parse()?,
            _ => return Err(format!("there is no option {name}: --seed, --bodies, --file, --shrink").into()),
        }
    }
    Ok(options)
}

/// The programs that rustc refuses or that differ, by name, and how.
fn failures(mut programs: Vec<Written>) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut failed = BTreeMap::new();
    loop {
        let file = batch::file(&programs);
        let out = compiled_and_run(&file)?;
        let mut found: BTreeMap<String, String> = refused(&file, &out);
        let refused_some = !found.is_empty();
        for report in out.split('\u{1}').skip(1) {
            let (name, how) = report.split_once('\u{2}').unwrap_or((report, ""));
            found.insert(name.to_owned(), how.to_owned());
        }
        if found.is_empty() && !out.contains("the same") {
            return Err(format!("cargo says:\n{out}").into());
        }
        programs.retain(|program| !found.contains_key(&program.name));
        failed.extend(found);
        // Without those that do not compile, the others run.
        if !refused_some || programs.is_empty() {
            println!("{}", out.lines().find(|line| line.contains("the same")).unwrap_or_default());
            return Ok(failed);
        }
    }
}

/// What rustc says, by program.
fn refused(file: &str, out: &str) -> BTreeMap<String, String> {
    let lines: Vec<&str> = file.lines().collect();
    let mut refused = BTreeMap::new();
    for (at, text) in out.match_indices("--> src/main.rs:") {
        let before = &out[..at];
        let Some(start) = before.rfind("\nerror").filter(|start| !before[start + 1..].contains("\nwarning"))
        else {
            continue;
        };
        let number = out[at + text.len()..].split(':').next().and_then(|number| number.parse::<usize>().ok());
        let Some(number) = number.filter(|number| *number <= lines.len()) else { continue };
        let name = lines[..number].iter().rev().find_map(|line| line.strip_prefix("// begin "));
        if let Some(name) = name {
            let text: Vec<&str> = out[start..].lines().take(14).collect();
            refused.entry(name.to_owned()).or_insert_with(|| text.join("\n"));
        }
    }
    refused
}

/// Writes the crate, compiles and runs it; gives all that was printed.
fn compiled_and_run(file: &str) -> Result<String, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let target = root.join("target");
    let folder: PathBuf = target.join("generated");
    std::fs::create_dir_all(folder.join("src"))?;
    let dependency =
        |name: &str, path: &str| format!("{name} = {{ path = \"{}\" }}\n", root.join(path).display());
    let manifest = [
        "[package]\nname = \"longhaul-generated-batch\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n".to_owned(),
        dependency("longhaul", "runtime"),
        dependency("longhaul-macros", "macros"),
        dependency("longhaul-generated", "tests/generated"),
        "serde = { version = \"1\", features = [\"derive\"] }\n".to_owned(),
        "tokio = { version = \"1\", features = [\"rt-multi-thread\", \"sync\", \"time\", \"macros\"] }\n".to_owned(),
    ];
    std::fs::write(folder.join("Cargo.toml"), manifest.concat())?;
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let main = "fn main() { longhaul_generated::report(&bodies()); }\n";
    std::fs::write(folder.join("src/main.rs"), format!("{file}{main}"))?;
    let run = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--color", "never"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&folder)
        .output()?;
    Ok(String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr))
}

/// A simpler program that fails, too.
fn shrunk(program: &Written, how: &str, rounds: usize) -> Result<(Written, String), Box<dyn Error>> {
    let (mut small, mut how) = (program.clone(), how.to_owned());
    for _ in 0..rounds {
        let mut candidates: Vec<Written> = Vec::new();
        for choices in simpler(&small.choices) {
            let written = write::program(&format!("Body{}", candidates.len()), Choices::of(choices));
            let shorter = written.source.len() < small.source.len();
            if shorter
                && batch::ends(&written)
                && !candidates.iter().any(|other| other.source == written.source)
            {
                candidates.push(written);
            }
            if candidates.len() == CANDIDATES {
                break;
            }
        }
        let failed = failures(candidates.clone())?;
        let smallest = candidates
            .into_iter()
            .filter(|candidate| failed.contains_key(&candidate.name))
            .min_by_key(|candidate| candidate.source.len());
        let Some(smallest) = smallest else { break };
        how.clone_from(&failed[&smallest.name]);
        small = smallest;
    }
    Ok((small, how))
}
