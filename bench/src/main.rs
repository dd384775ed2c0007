//! What Longhaul measures itself by.
//!
//! ```text
//! cargo run --release -p longhaul-bench -- throughput   # runs per second and latency, durable, by runs in flight
//! cargo run --release -p longhaul-bench -- sleeping     # bytes on disk and in memory for a sleeping run
//! cargo run --release -p longhaul-bench -- fanout       # 1,000 and 10,000 activities at once, or blocks: bytes and time
//! cargo run --release -p longhaul-bench -- codec        # nanoseconds to write a value as CBOR, and to read it back
//! cargo run --release -p longhaul-bench -- compile      # rustc's time for a machine and for the same plain async fn; generated code
//! cargo run --release -p longhaul-bench -- resume       # nanoseconds for a resume, beyond the user's code
//! ```
//!
//! Machines are noisy: compare what one run prints, not two runs.

mod codec;
mod compile;
mod fanout;
mod resume;
mod sleeping;
mod throughput;

use std::process::ExitCode;

fn main() -> ExitCode {
    let what = std::env::args().nth(1).unwrap_or_default();
    let done = match what.as_str() {
        "throughput" => throughput::measure(),
        "sleeping" => sleeping::measure(),
        "fanout" => fanout::measure(),
        "codec" => codec::measure(),
        "compile" => compile::measure(),
        "resume" => resume::measure(),
        _ => Err("which: throughput, sleeping, fanout, codec, compile or resume?".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("longhaul-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
