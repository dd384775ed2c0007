//! `longhaul-repair FROM TO`: copies a data directory whose journal ends in damage, without that end, and says what the copy lacks.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let (Some(from), Some(to), None) = (args.next(), args.next(), args.next()) else {
        eprintln!(
            "longhaul-repair FROM TO: copies the data directory FROM, whose open is refused because the end of its journal is"
        );
        eprintln!(
            "damaged, to the new directory TO, without that end, and says what the copy lacks. FROM is not changed."
        );
        return ExitCode::from(2);
    };
    match longhaul::repair(from, to) {
        Ok(repaired) => {
            println!("{repaired}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("longhaul-repair: {error}");
            ExitCode::FAILURE
        }
    }
}
