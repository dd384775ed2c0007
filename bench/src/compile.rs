//! rustc's time, wall and processor, for one workflow of 60 awaits and 20 kept variables, against the same body as a plain async fn.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const AWAITS: usize = 60;
const KEPT: usize = 20;
const TIMES: usize = 5;

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let package = folder.path().join("compiled");
    std::fs::create_dir_all(package.join("src/bin"))?;
    let manifest = format!(
        "[package]\nname = \"compiled\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         longhaul = {{ path = \"{}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
        repository.join("runtime").display()
    );
    std::fs::write(package.join("Cargo.toml"), manifest)?;
    std::fs::copy(repository.join("Cargo.lock"), package.join("Cargo.lock"))?;
    let bins = [("empty", empty()), ("plain", plain()), ("machine", machine())];
    for (name, source) in &bins {
        std::fs::write(package.join(format!("src/bin/{name}.rs")), source)?;
    }
    println!("{AWAITS} awaits, {KEPT} kept variables, median of {TIMES}");
    println!("{:<22} {:>8} {:>12} {:>10}   {:>5}", "", "empty ms", "plain async", "machine", "ratio");
    let all = ["check", "build", "build --release"].map(str::to_owned).to_vec();
    for profile in std::env::args().nth(2).map_or(all, |one| vec![one]) {
        let times: Vec<Times> =
            bins.iter().map(|(name, _)| time(&package, &profile, name)).collect::<Result<_, _>>()?;
        for (what, pick) in
            [("wall", (|times: &Times| times.wall) as fn(&Times) -> Duration), ("cpu", |times| times.cpu)]
        {
            let ms: Vec<f64> = times.iter().map(|times| pick(times).as_secs_f64() * 1e3).collect();
            println!(
                "{profile:<17} {what:<4} {:>8.0} {:>12.0} {:>10.0}   {:>5.2}",
                ms[0],
                ms[1],
                ms[2],
                ms[2] / ms[1]
            );
        }
    }
    Ok(())
}

/// What one compilation took.
struct Times {
    wall: Duration,
    cpu: Duration,
}

/// The median times to compile one program again, its dependencies being compiled already.
fn time(package: &Path, profile: &str, bin: &str) -> Result<Times, Box<dyn Error>> {
    let source: PathBuf = package.join(format!("src/bin/{bin}.rs"));
    let text = std::fs::read_to_string(&source)?;
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for round in 0..=TIMES {
        std::fs::write(&source, format!("{text}\n// {round}\n"))?;
        let (before, begun) = (cpu_of_children()?, Instant::now());
        let output = Command::new("cargo")
            .args(profile.split(' '))
            .args(["--quiet", "--bin", bin])
            .current_dir(package)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", package.join("target"))
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        // The first compiles the dependencies.
        if round > 0 {
            wall.push(begun.elapsed());
            cpu.push(cpu_of_children()?.saturating_sub(before));
        }
    }
    std::fs::write(&source, text)?;
    wall.sort_unstable();
    cpu.sort_unstable();
    Ok(Times { wall: wall[TIMES / 2], cpu: cpu[TIMES / 2] })
}

/// The processor time of all children so far, as Linux tells it: other work on the machine does not count.
fn cpu_of_children() -> Result<Duration, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().ok_or("no stat")?;
    let fields: Vec<&str> = after_name.split(' ').collect();
    // cutime and cstime, see proc(5), in ticks of 10 ms.
    let ticks: u64 = fields[13].parse::<u64>()? + fields[14].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// The same statements for both: each variable is made by an await and used by the last.
fn body(call: &str) -> String {
    let mut body = String::new();
    for number in 0..AWAITS - 1 {
        let (a, b) = (number % KEPT, (number + 7) % KEPT);
        if number < KEPT {
            let _ = writeln!(body, "        let mut v{number} = {call}({number}, input.clone()).await?;");
        } else if number % 5 == 0 {
            let _ = writeln!(
                body,
                "        if v{a}.len() > v{b}.len() {{ v{a}.push_str(&{call}({number}, v{b}.clone()).await?); }}"
            );
        } else {
            let _ = writeln!(body, "        v{a} = {call}({number}, v{b}.clone()).await?;");
        }
    }
    let all: Vec<String> = (0..KEPT).map(|number| format!("v{number}")).collect();
    let _ = writeln!(body, "        let mut all = vec![{}];", all.join(", "));
    let _ = writeln!(body, "        all.push({call}(60, input).await?);");
    let _ = writeln!(body, "        Ok(all.concat())");
    body
}

fn empty() -> String {
    "#[allow(unused_imports)] use longhaul::prelude::*;\nfn main() {}\n".to_owned()
}

fn plain() -> String {
    format!(
        "use longhaul::prelude::*;
async fn work(number: u64, text: String) -> Result<String, Failure> {{ Ok(format!(\"{{text}} {{number}}\")) }}
#[derive(Default, Serialize, Deserialize)]
struct Long {{}}
impl Long {{
    async fn run(&mut self, input: String) -> Result<String, Failure> {{
{}    }}
}}
fn main() {{
    let mut long = Long::default();
    let future = long.run(String::new());
    std::hint::black_box(&future);
    let waker = std::task::Waker::noop();
    let polled = std::pin::pin!(future).poll(&mut std::task::Context::from_waker(waker));
    println!(\"{{}}\", polled.is_ready());
}}
",
        body("work")
    )
}

fn machine() -> String {
    format!(
        "use longhaul::prelude::*;
#[activity]
async fn work(number: u64, text: String) -> Result<String, Failure> {{ Ok(format!(\"{{text}} {{number}}\")) }}
#[derive(Default, Serialize, Deserialize)]
struct Long {{}}
#[workflow]
impl Long {{
    #[run]
    async fn run(&mut self, input: String) -> Result<String, Failure> {{
{}    }}
}}
fn main() {{
    println!(\"{{}}\", Long::describe().len());
}}
",
        body("work")
    )
}
