//! What build scripts get.
#![allow(missing_docs)]

use longhaul_codegen::dump;

const SOURCE: &str = r"
mod shop {
    #[longhaul::workflow]
    impl Shop {
        #[run]
        async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
            let word = text(n).await?;
            self.pause(ctx).await;
            Ok(join!(num(n), ctx.sleep(days(1))).0? + word.len())
        }
        async fn pause(&mut self, ctx: &Context) {
            ctx.wait_until(|| self.open).await;
        }
    }
}

#[workflow]
async fn twice(ctx: &Context) {
    ctx.sleep(days(2)).await;
}

#[workflow]
impl Wrong {}

#[activity]
async fn num(n: u32) -> u32 { n }

struct Unmarked;
";

#[test]
fn each_marked_item_of_a_file_is_expanded_and_workflows_are_drawn() {
    let all = dump::text(SOURCE).expect("the source is Rust");
    let names: Vec<&str> = all.iter().map(|dumped| dumped.name.as_str()).collect();
    assert_eq!(names, ["Shop", "twice", "Wrong", "num"]);
    let shop = all[0].machines.as_ref().expect("a workflow has machines");
    assert!(
        shop.mermaid.contains("state \"AwaitPause: self.pause(ctx)\" as AwaitPause {"),
        "{}",
        shop.mermaid
    );
    assert!(shop.dot.starts_with("digraph \"Shop::run\" {"), "{}", shop.dot);
    for line in [
        "machine pause",
        "    await_pause: @machine pause",
        "    word: @opaque inferred",
        "    await_join_0: @position",
        "    await_join_1_output: @output @opaque inferred",
        "    await_sleep: @timer",
    ] {
        assert!(shop.schema.lines().any(|known| known == line), "{line} is in {}", shop.schema);
    }
    assert!(all[1].code.contains("enum TwiceState") && all[1].machines.is_some());
    assert!(all[2].code.contains("compile_error!") && all[2].machines.is_none());
    assert!(all[3].code.contains("struct num") && all[3].machines.is_none());
}

#[test]
fn files_are_written_to_a_folder_and_left_alone_when_they_are_there() {
    let folder = std::env::temp_dir().join(format!("longhaul-dump-{}", std::process::id()));
    let source = folder.join("source.rs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(&source, SOURCE).unwrap();
    let out = folder.join("out");
    let files = dump::to_folder(&source, &out).unwrap();
    let names: Vec<_> =
        files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let expected = ["Shop.rs", "Shop.mmd", "Shop.dot", "Shop.states", "twice.rs"];
    assert_eq!(names[..5], expected);
    let times =
        || files.iter().map(|file| std::fs::metadata(file).unwrap().modified().unwrap()).collect::<Vec<_>>();
    let before = times();
    assert_eq!(dump::to_folder(&source, &out).unwrap(), files);
    assert_eq!(times(), before);
    std::fs::write(&source, "impl {").unwrap();
    let error = dump::to_folder(&source, &out).unwrap_err().to_string();
    assert!(error.contains("source.rs:1:6: "), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}
