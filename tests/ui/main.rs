//! What the generator says to mistakes: each case of `fail/` with its `.stderr`. What it must accept: `pass/`, and each
//! piece of code in `docs/LANGUAGE.md` and `docs/OPERATING.md`.
#![allow(missing_docs)]

#[test]
fn mistakes_are_explained_on_the_lines_of_the_user() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}

/// The code of each error that the generator has: the headings of the guide that is made of the catalogue.
fn codes() -> Vec<String> {
    let guide = std::fs::read_to_string("../docs/DIAGNOSTICS.md").expect("there is a guide");
    guide.lines().filter_map(|line| Some(line.strip_prefix("## ")?.to_owned())).collect()
}

#[test]
fn rustc_shows_each_error_in_a_case() {
    let cases =
        std::fs::read_dir("ui/fail").expect("there are cases").map(|case| case.expect("a file").path());
    let shown: String = cases
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .map(|path| std::fs::read_to_string(path).expect("it is text"))
        .collect();
    let codes = codes();
    assert!(codes.len() > 50, "{codes:?}");
    let missing: Vec<_> = codes.iter().filter(|code| !shown.contains(&format!("[{code}]"))).collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

/// The blocks of code of one kind.
fn blocks<'a>(guide: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```{kind}\n");
    guide.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

/// The guide as a program: each piece in a module, with the guide's definitions.
fn program(guide: &str) -> String {
    let [setup] = blocks(guide, "rust,setup")[..] else {
        panic!("the guide has its definitions in one place")
    };
    let methods: Vec<String> = blocks(guide, "rust,method")
        .into_iter()
        .map(|method| {
            format!(
                "#[workflow]\nimpl Order {{\n    #[run]\n    async fn run(&mut self, _ctx: &Context) {{}}\n\n{method}}}\n"
            )
        })
        .collect();
    let pieces = blocks(guide, "rust,items").into_iter().chain(methods.iter().map(String::as_str));
    let mut program = String::from("//! Made of docs/LANGUAGE.md.\n#![allow(dead_code, unused_imports)]\n");
    let mut count = 0;
    for piece in pieces {
        count += 1;
        program.extend(["\nmod piece", &count.to_string(), " {\n", setup, "\n", piece, "}\n"]);
    }
    let all = guide.matches("```").count() / 2;
    assert!(count > 10 && count + 1 == all, "{all} blocks, of which {count} are pieces");
    program + "\nfn main() {}\n"
}

#[test]
fn what_the_language_guide_shows_compiles() {
    let guide = std::fs::read_to_string("../docs/LANGUAGE.md").expect("there is a guide");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("language.rs");
    std::fs::write(&path, program(&guide)).expect("the program can be written");
    trybuild::TestCases::new().pass(path);
}

/// The guide for operators as a program: each piece is a function, which has an engine with a run to itself.
fn program_of_pieces(guide: &str) -> String {
    let [setup] = blocks(guide, "rust,setup")[..] else {
        panic!("the guide has its definitions in one place")
    };
    let pieces = blocks(guide, "rust");
    assert_eq!(pieces.len() + 1, guide.matches("```").count() / 2);
    let functions = pieces.iter().enumerate().map(|(n, piece)| {
        format!(
            "\nasync fn piece{n}(engine: Engine, checkout: CheckoutHandle, directory: &std::path::Path) \
             -> Result<(), Box<dyn std::error::Error>> {{\n{piece}Ok(())\n}}\n"
        )
    });
    let calls = (0..pieces.len()).map(|n| {
        format!(
            "let engine = builder().open_in_memory().await?;\n\
             let checkout = engine.start::<Checkout>(42).id(\"order-42\").await?;\n\
             piece{n}(engine, checkout, directory.path()).await?;\n"
        )
    });
    let (functions, calls): (String, String) = (functions.collect(), calls.collect());
    let mut program = format!("//! Made of docs/OPERATING.md.\n#![allow(unused)]\n{setup}{functions}");
    program.push_str(
        "\nfn builder() -> longhaul::EngineBuilder {\n\
         Engine::builder().workflow::<Checkout>().activity::<charge>()\n}\n",
    );
    program
        + &format!(
            "\n#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {{\n\
             let directory = tempfile::tempdir()?;\n{calls}Ok(())\n}}\n"
        )
}

#[test]
fn what_the_guide_for_operators_shows_compiles_and_runs() {
    let guide = std::fs::read_to_string("../docs/OPERATING.md").expect("there is a guide");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("operating.rs");
    std::fs::write(&path, program_of_pieces(&guide)).expect("the program can be written");
    trybuild::TestCases::new().pass(path);
}
