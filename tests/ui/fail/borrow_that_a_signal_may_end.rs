use std::collections::BTreeMap;

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    name: Option<String>,
    prices: BTreeMap<String, Price>,
}

#[derive(Serialize, Deserialize)]
struct Price {
    cents: u32,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if let Some(name) = &self.name {
            num(1).await?;
            return Ok(name.len() as u32);
        }
        match self.prices.get_mut("tea") {
            Some(price) => price.cents = num(2).await?,
            None => self.items.clear(),
        }
        Ok(n)
    }

    #[signal]
    fn forget(&mut self) {
        self.name = None;
    }
}

fn main() {}
