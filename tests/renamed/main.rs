//! The crate is called something else here: each attribute says where it is.
#![allow(missing_docs)]

use lh::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Bakery {
    baked: Vec<String>,
}

#[derive(Debug, Clone)]
struct Ovens;

#[activities(crate = lh)]
impl Ovens {
    #[activity(start_to_close = "10s")]
    async fn bake(&self, name: String) -> Result<String, Failure> {
        Ok(format!("baked {name}"))
    }
}

#[activity(crate = lh, start_to_close = "5s")]
async fn sell(name: String) -> Result<u32, Failure> {
    u32::try_from(name.len()).map_err(Failure::msg)
}

#[workflow(crate = lh)]
impl Bakery {
    #[run]
    async fn run(&mut self, ctx: &Context, names: Vec<String>) -> Result<u32, Failure> {
        let mut sum = 0;
        for name in &names {
            let baked = Ovens::bake(name.clone()).await?;
            sum += sell(baked.clone()).await?;
            self.baked.push(baked);
        }
        select! {
            _ = ctx.sleep(days(1)), if sum > 100 => {}
            _ = self.clean(ctx) => {}
        }
        Ok(sum)
    }

    async fn clean(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
        self.baked.clear();
    }

    #[query]
    fn baked(&self) -> usize {
        self.baked.len()
    }
}

fn main() {
    assert_eq!(<Bakery as lh::Workflow>::NAME, "Bakery");
    let described = Bakery::describe();
    assert!(described[0].states.iter().any(|state| state.name == "AwaitBake"), "{described:?}");
}
