use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    done: bool,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        let word = name_of(n);
        num(1).await?;
        Ok(word.len() as u32)
    }
}

fn name_of(n: u32) -> &'static str {
    if n > 1 { "many" } else { "few" }
}

fn main() {}
