use std::rc::Rc;

use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {}

async fn charge(order: u32) -> Result<u32, Failure> {
    Ok(order)
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let local = ctx
            .run("local", async move {
                let shared = Rc::new(n);
                let charged = charge(*shared).await?;
                Ok(charged + *shared)
            })
            .await?;
        Ok(local)
    }
}

fn main() {}
