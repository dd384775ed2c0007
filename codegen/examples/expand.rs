//! Prints what the generator makes of the workflows and activities in a file, or writes it to a folder with diagrams and
//! states: `cargo run -p longhaul-codegen --features dump --example expand -- FILE [FOLDER]`.

use longhaul_codegen::dump;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    if let Some(folder) = arguments.next() {
        for path in dump::to_folder(file, folder)? {
            println!("{}", path.display());
        }
        return Ok(());
    }
    for dumped in dump::file(file)? {
        println!("{}", dumped.code);
        if let Some(machines) = dumped.machines {
            println!("/*\n{}*/\n", machines.mermaid);
        }
    }
    Ok(())
}
