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
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut words = std::collections::BTreeMap::new();
        *words.entry(n).or_insert(String::new()) += &num(1).await?.to_string();
        Ok(n)
    }
}

fn main() {}
