//! How many instructions a transition takes, and writing and reading a value: counted by callgrind, so that they are the same
//! on a busy machine. What takes more than was recorded is an error.

use std::error::Error;
use std::hint::black_box;
use std::process::Command;

use longhaul::codec::{decode, encode};

use crate::lists::{self, Shape};
use crate::width::{self, Branches};
use crate::{codec, resume};

/// What is counted, how often it is done in two programs, and how many instructions one of it took when that was recorded
/// (rustc 1.95, `x86_64`).
const RECORDED: [(&str, [u64; 2], u64); 6] = [
    ("transition", ROUNDS, 3_055),
    ("encode", ROUNDS, 3_224),
    ("decode", ROUNDS, 8_073),
    // One answer to a run that waits for a thousand things.
    ("answer:activities:1000", ANSWERS, 32_683),
    ("answer:blocks:1000", ANSWERS, 71_437),
    ("answer:tasks:1000", ANSWERS, 38_552),
];
/// How many percent more are taken for other compilers and processors.
const MARGIN: u64 = 10;
/// How many branches.
const WIDTHS: [u64; 4] = [10, 100, 1_000, 10_000];
/// Of two programs that do so many, the difference is that of those that only one does.
const ROUNDS: [u64; 2] = [500, 2_500];
const ANSWERS: [u64; 2] = [100, 900];

/// Counts, and compares with what was recorded.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: there is no valgrind on this machine (Debian's package `valgrind`)");
        return Ok(());
    }
    println!("{:<24} {:>13} {:>9}", "", "instructions", "recorded");
    let mut more = Vec::new();
    for (what, [few, many], recorded) in RECORDED {
        let each = counted(what, many)?.saturating_sub(counted(what, few)?) / (many - few);
        println!("{what:<24} {each:>13} {recorded:>9}");
        if each * 100 > recorded * (100 + MARGIN) {
            more.push(what);
        } else if each * (100 + MARGIN) < recorded * 100 {
            println!("{what} takes fewer than was recorded: record it in {}", file!());
        }
    }
    if more.is_empty() {
        return Ok(());
    }
    let more = more.join(", ");
    Err(format!(
        "more than {MARGIN} % above what was recorded: {more}. Find out why; if it must be so, record it in {}",
        file!()
    )
    .into())
}

/// The instructions of a process that does this so often.
fn counted(what: &str, rounds: u64) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["instructions-of", what, &rounds.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match counted {
        Some(counted) if output.status.success() => Ok(counted),
        _ => Err(format!("callgrind did not count `{what}`: {said}").into()),
    }
}

/// As [`measure`], of machines that wait for many things: what one answer, one of so many that are cancelled, and one of so
/// many that are loaded takes, by how many there are.
pub(crate) fn widths() -> Result<(), Box<dyn Error>> {
    println!("{:<12} {:<8} {:>9} {:>9} {:>9} {:>9}", "", "", 10, 100, 1_000, 10_000);
    for branches in Branches::ALL {
        let name = branches.name();
        for what in ["answer", "cancel", "reload"] {
            print!("{name:<12} {what:<8}");
            for width in WIDTHS {
                let each = if what == "answer" {
                    let (few, many) = (width / 10, width - width / 10);
                    let count = |rounds| counted(&format!("answer:{name}:{width}"), rounds);
                    (count(many)? - count(few)?) / (many - few)
                } else {
                    let begun = counted(&format!("begin:{name}:{width}"), 1)?;
                    (counted(&format!("{what}:{name}:{width}"), 1)? - begun) / width
                };
                print!(" {each:>9}");
            }
            println!();
        }
    }
    println!("\n{:<12} {:<8} {:>9} {:>9} {:>9} {:>9}", "a list", "", 10, 100, 1_000, 10_000);
    for shape in Shape::ALL {
        let name = shape.name();
        print!("{name:<12} {:<8}", "turn");
        for width in WIDTHS {
            print!(" {:>9}", each_turn(&name, width)?);
        }
        println!();
    }
    Ok(())
}

/// What a turn takes of a run that goes through a list to its end.
fn each_turn(name: &str, width: u64) -> Result<u64, Box<dyn Error>> {
    let nothing = counted(&format!("list:{name}:{width}"), 0)?;
    Ok((counted(&format!("list:{name}:{width}"), 1)? - nothing) / width)
}

fn wide(what: &str, rounds: u64) -> Result<(), Box<dyn Error>> {
    let unknown = || format!("`{what}` is not counted");
    let parts: Vec<&str> = what.split(':').collect();
    let [what, name, width] = parts[..] else { return Err(unknown().into()) };
    let width = width.parse()?;
    if what == "list" {
        let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name).ok_or_else(unknown)?;
        return (0..rounds).try_for_each(|_| lists::to_the_end(shape, width));
    }
    let branches = Branches::ALL.into_iter().find(|branches| branches.name() == name).ok_or_else(unknown)?;
    match what {
        "answer" => width::answers(branches, width, rounds),
        "cancel" => width::cancel(branches, width),
        "reload" => width::reload(branches, width),
        "begin" => width::begin(branches, width),
        _ => Err(unknown().into()),
    }
}

/// What is counted.
pub(crate) fn carry_out(what: &str, rounds: u64) -> Result<(), Box<dyn Error>> {
    match what {
        "transition" => resume::steps(u32::try_from(rounds)?).map(drop),
        "encode" => {
            let event = codec::event();
            for _ in 0..rounds {
                drop(black_box(encode(black_box(&event))?));
            }
            Ok(())
        }
        "decode" => {
            let encoded = encode(&codec::event())?;
            for _ in 0..rounds {
                drop(black_box(decode::<codec::Event>(black_box(&encoded))?));
            }
            Ok(())
        }
        _ => wide(what, rounds),
    }
}
