#![deny(warnings)]
#![allow(dead_code)]

type Result<T> = std::result::Result<T, longhaul::Failure>;

enum Option {}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Flow;

#[longhaul::workflow]
impl Flow {
    #[longhaul::run]
    async fn run(&self, ctx: &longhaul::Context, words: Vec<String>) -> Result<usize> {
        let mut length = 0;
        for word in &words {
            ctx.sleep(longhaul::seconds(1)).await;
            length += word.len();
        }
        Ok(length)
    }
}

fn main() {
    assert_eq!(<Flow as longhaul::Workflow>::NAME, "Flow");
}
