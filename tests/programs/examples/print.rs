//! Prints a program and what it does: `cargo run -p longhaul-programs --example print -- SEED`.

use longhaul_programs::choices::Choices;
use longhaul_programs::run::Program;
use longhaul_programs::write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = std::env::args().nth(1).ok_or("which seed?")?.parse()?;
    let written = write::program("Printed", Choices::random(seed));
    println!("{}", written.source);
    let program = Program::new(&syn::parse_file(&written.source)?);
    println!("{:#?}", program.run(7, seed));
    Ok(())
}
