use std::collections::HashMap;

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    usage: HashMap<String, u32>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        // Kept as they are: values of their own.
        let most = self.usage.values().copied().max();
        let sum = self.usage.values().sum::<u32>();
        let known = self.usage.get("a");
        // Used up before the next await.
        let next = self.usage.keys().next().cloned();
        num(sum).await?;
        num(most.unwrap_or_default() + known.copied().unwrap_or_default()).await?;
        let first = self.usage.values().next();
        num(1).await?;
        let Some((name, _)) = self.usage.iter().find(|(_, count)| **count > 2) else { return Ok(1) };
        num(1).await?;
        num(*first.unwrap() + name.len() as u32 + next.map_or(0, |next| next.len() as u32)).await?;
        let list = vec![1, 2, 3];
        let last = list.iter().max().unwrap();
        num(2).await?;
        num(*last).await?;
        Ok(n)
    }
}

fn main() {}
