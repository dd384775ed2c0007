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
        let words = vec![n.to_string()];
        let word = longest(&words);
        num(1).await?;
        Ok(word.len() as u32)
    }
}

fn longest(words: &[String]) -> &str {
    words.iter().max_by_key(|word| word.len()).map_or("", String::as_str)
}

fn main() {}
