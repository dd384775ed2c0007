//! Writes the programs that `cargo test` compiles: the same ones each time, and those that have failed before.

use std::path::Path;

use longhaul_programs::batch;
use longhaul_programs::write::Written;

/// How many programs `cargo test` compiles.
const BODIES: usize = 150;

fn main() {
    println!("cargo::rerun-if-changed=regressions");
    println!("cargo::rerun-if-changed=build.rs");
    let mut programs = batch::programs(1, BODIES);
    programs.extend(regressions());
    let out = std::env::var("OUT_DIR").expect("cargo says where to");
    let write = |name: &str, text: String| {
        std::fs::write(Path::new(&out).join(name), text).expect("it can be written");
    };
    write("batch.rs", batch::file(&programs));
    write("simulated.rs", simulated(&programs));
}

/// A function that adds the programs' workflows to a simulation, with small arguments.
fn simulated(programs: &[Written]) -> String {
    let add = |program: &Written| format!("\n        .workflow_with::<compiled::{}>(argument)", program.name);
    let adds = programs.iter().map(add).collect::<Vec<_>>().concat();
    format!(
        "#[allow(clippy::too_many_lines)]\nfn workflows(simulation: Simulation) -> Simulation {{\n    simulation{adds}\n}}\n"
    )
}

/// The sources in `regressions/`, each of which once failed.
fn regressions() -> Vec<Written> {
    let mut files: Vec<_> = std::fs::read_dir("regressions")
        .expect("there is the folder")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    let read = |path| std::fs::read_to_string(path).expect("it is text");
    files.iter().map(|path| batch::of_source(read(path))).collect()
}
