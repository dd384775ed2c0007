//! A `Box<dyn Error>` cannot be stored as a run's error.

use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Boxed {}

#[workflow]
impl Boxed {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<(), Box<dyn std::error::Error>> {
        ctx.sleep(days(1)).await;
        Ok(())
    }
}

fn main() {}
