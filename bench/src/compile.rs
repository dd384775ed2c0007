//! What a machine costs rustc, against the same body as a plain async fn: wall and processor time, and what is generated.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use quote::ToTokens;

/// A workflow by its size.
#[derive(Debug, Clone, Copy)]
struct Size {
    awaits: usize,
    kept: usize,
}

/// A typical workflow, and a large one.
const SIZES: [Size; 2] = [Size { awaits: 10, kept: 5 }, Size { awaits: 60, kept: 20 }];

const TIMES: usize = 5;

/// `compile [awaits [profile]]`: all sizes and profiles, or one.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let package = folder.path().join("compiled");
    std::fs::create_dir_all(package.join("src/bin"))?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let manifest = format!(
        "[package]\nname = \"compiled\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         longhaul = {{ path = \"{}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = {{ version = \"1\", default-features = false, features = [\"rt-multi-thread\", \"time\"] }}\n",
        repository.join("runtime").display()
    );
    std::fs::write(package.join("Cargo.toml"), manifest)?;
    std::fs::copy(repository.join("Cargo.lock"), package.join("Cargo.lock"))?;
    let mut asked = std::env::args().skip(2);
    let awaits: Option<usize> = asked.next().map(|awaits| awaits.parse()).transpose()?;
    let all = ["check", "build", "build --release"].map(str::to_owned).to_vec();
    let profiles = asked.next().map_or(all, |one| vec![one]);
    for size in SIZES.into_iter().filter(|size| awaits.is_none_or(|awaits| awaits == size.awaits)) {
        compare(&package, size, &profiles)?;
        println!();
    }
    Ok(())
}

fn compare(package: &Path, size: Size, profiles: &[String]) -> Result<(), Box<dyn Error>> {
    let Size { awaits, kept } = size;
    let bins = [
        ("empty", empty()),
        ("plain", plain(size, PLAIN_ALONE)),
        ("machine", machine(size, MACHINE_ALONE)),
        ("plain_run", plain(size, PLAIN_RUN)),
        ("machine_run", machine(size, MACHINE_RUN)),
    ];
    for (name, source) in &bins {
        std::fs::write(package.join(format!("src/bin/{name}.rs")), source)?;
    }
    println!("{awaits} awaits, {kept} kept variables, median of {TIMES}");
    println!("{:<33} alone {:>35}", "", "with main: tokio, engine");
    println!(
        "{:<22} {:>8} {:>12} {:>10}   {:>5} {:>12} {:>10}   {:>5}",
        "", "empty ms", "plain async", "machine", "ratio", "plain async", "machine", "ratio"
    );
    for profile in profiles {
        let times: Vec<Times> =
            bins.iter().map(|(name, _)| time(package, profile, name)).collect::<Result<_, _>>()?;
        for (what, pick) in
            [("wall", (|times: &Times| times.wall) as fn(&Times) -> Duration), ("cpu", |times| times.cpu)]
        {
            let ms: Vec<f64> = times.iter().map(|times| pick(times).as_secs_f64() * 1e3).collect();
            println!(
                "{profile:<17} {what:<4} {:>8.0} {:>12.0} {:>10.0}   {:>5.2} {:>12.0} {:>10.0}   {:>5.2}",
                ms[0],
                ms[1],
                ms[2],
                ms[2] / ms[1],
                ms[3],
                ms[4],
                ms[4] / ms[3]
            );
        }
    }
    generated(package, size)
}

/// What is generated for one await, as source and as machine code.
fn generated(package: &Path, size: Size) -> Result<(), Box<dyn Error>> {
    let shown = expansion(&machine(size, MACHINE_ALONE))?;
    println!(
        "generated for one await: {:.1} lines, {:.0} bytes of source",
        per_await(shown.lines().count(), size),
        per_await(shown.len(), size)
    );
    for folder in ["debug", "release"] {
        let text = |bin: &str| -> Result<Option<u64>, Box<dyn Error>> {
            let path = package.join("target").join(folder).join(bin);
            Ok(if path.exists() {
                Some(text_section(&std::fs::read(path)?).ok_or("no ELF file")?)
            } else {
                None
            })
        };
        if let (Some(empty), Some(plain), Some(machine)) = (text("empty")?, text("plain")?, text("machine")?)
        {
            println!(
                "machine code for one await, {folder}: {:.0} bytes; plain async {:.0}",
                per_await(usize::try_from(machine - empty)?, size),
                per_await(usize::try_from(plain - empty)?, size)
            );
        }
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // Of counts far below 2^52.
fn per_await(total: usize, size: Size) -> f64 {
    total as f64 / size.awaits as f64
}

/// The expansion of the workflow in a program, formatted; without the source, which only editors see.
fn expansion(source: &str) -> Result<String, Box<dyn Error>> {
    let file: syn::File = syn::parse_str(source)?;
    let mut item = file
        .items
        .into_iter()
        .find_map(|item| match item {
            syn::Item::Impl(item) => Some(item),
            _ => None,
        })
        .ok_or("no impl")?;
    item.attrs.clear();
    let expanded = longhaul_codegen::workflow(proc_macro2::TokenStream::new(), item.into_token_stream());
    let mut file: syn::File = syn::parse2(expanded)?;
    file.items.retain(|item| !matches!(item, syn::Item::Macro(_)));
    Ok(prettyplease::unparse(&file))
}

/// The size of `.text` in a 64-bit little-endian ELF file, by its section headers.
fn text_section(file: &[u8]) -> Option<u64> {
    let number = |at: usize, bytes: usize| -> Option<u64> {
        let mut number = [0; 8];
        number[..bytes].copy_from_slice(file.get(at..at + bytes)?);
        Some(u64::from_le_bytes(number))
    };
    let place = |at: usize, bytes: usize| usize::try_from(number(at, bytes)?).ok();
    let (headers, each, count, names) = (place(40, 8)?, place(58, 2)?, place(60, 2)?, place(62, 2)?);
    let names = place(headers + names * each + 24, 8)?;
    (0..count).map(|index| headers + index * each).find_map(|header| {
        let name = file.get(names + place(header, 4)?..)?;
        name.starts_with(b".text\0").then(|| number(header + 32, 8))?
    })
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
fn body(call: &str, size: Size) -> String {
    let Size { awaits, kept } = size;
    let mut body = String::new();
    for number in 0..awaits - 1 {
        let (a, b) = (number % kept, (number + 7) % kept);
        if number < kept {
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
    let all: Vec<String> = (0..kept).map(|number| format!("v{number}")).collect();
    let _ = writeln!(body, "        let mut all = vec![{}];", all.join(", "));
    let _ = writeln!(body, "        all.push({call}({awaits}, input).await?);");
    let _ = writeln!(body, "        Ok(all.concat())");
    body
}

fn empty() -> String {
    "#[allow(unused_imports)] use longhaul::prelude::*;\nfn main() {}\n".to_owned()
}

/// The future is polled once.
const PLAIN_ALONE: &str = "    let mut long = Long::default();
    let future = long.run(String::new());
    std::hint::black_box(&future);
    let waker = std::task::Waker::noop();
    let polled = std::pin::pin!(future).poll(&mut std::task::Context::from_waker(waker));
    println!(\"{}\", polled.is_ready());
";

/// All of the machine is there; nothing runs it.
const MACHINE_ALONE: &str = "    println!(\"{}\", Long::describe().len());
";

const PLAIN_RUN: &str =
    "    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect(\"a runtime\");
    let output = tokio.block_on(async { Long::default().run(String::new()).await });
    println!(\"{output:?}\");
";

const MACHINE_RUN: &str =
    "    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect(\"a runtime\");
    let output = tokio.block_on(async {
        let engine = longhaul::Engine::builder().workflow::<Long>().activity::<work>();
        let engine = engine.open_in_memory().await?;
        let output = engine.start::<Long>(String::new()).execute().await?;
        engine.shutdown().await?;
        Ok::<_, Failure>(output)
    });
    println!(\"{output:?}\");
";

fn plain(size: Size, main: &str) -> String {
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
{main}}}
",
        body("work", size)
    )
}

fn machine(size: Size, main: &str) -> String {
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
{main}}}
",
        body("work", size)
    )
}
