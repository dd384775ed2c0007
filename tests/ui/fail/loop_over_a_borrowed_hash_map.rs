use std::collections::{HashMap, HashSet};

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    usage: HashMap<String, u32>,
    seen: HashSet<u32>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        for (_, n) in &self.usage {
            num(*n).await?;
        }
        for (at, n) in self.usage.values().enumerate() {
            num(*n + at as u32).await?;
        }
        for n in self.usage.values_mut() {
            *n = num(*n).await?;
        }
        let seen = self.seen.iter();
        for n in seen {
            num(*n).await?;
        }
        for n in self.seen.iter().filter(|n| **n > 2) {
            num(*n).await?;
        }
        let list = vec![1, 2];
        for (a, b) in list.iter().zip(&self.seen) {
            num(*a + *b).await?;
        }
        let more = list.clone();
        for (a, b) in list.into_iter().zip(&self.seen) {
            num(a + *b).await?;
        }
        for (b, a) in self.usage.values().zip(more) {
            num(a + *b).await?;
        }
        Ok(n)
    }
}

fn main() {}
