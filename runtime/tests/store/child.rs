//! Tests that need a process of their own: the test is called again, in that process, with a variable set.

use std::path::Path;
use std::process::{Command, Output};

/// The test `name` of this program, by itself; `wrapper` is a command that gets it as its last arguments.
pub(crate) fn again(wrapper: &[&str], name: &str) -> Command {
    let program = std::env::current_exe().expect("a test knows where it is");
    let mut words = wrapper.iter().map(Path::new).chain([program.as_path()]);
    let mut command = Command::new(words.next().expect("there is the program"));
    command.args(words).args(["--exact", name, "--nocapture"]);
    command
}

/// Whether a command can be run here, and succeeds.
pub(crate) fn succeeds(command: &[&str]) -> bool {
    Command::new(command[0]).args(&command[1..]).output().is_ok_and(|output| output.status.success())
}

/// What a command printed, both ways.
pub(crate) fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Says that a test was not made, and why.
pub(crate) fn skip(test: &str, reason: &str) {
    eprintln!("skipped: {test}: {reason}");
}
