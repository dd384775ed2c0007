use longhaul::prelude::*;

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) -> bool {
        ctx.sleep(std::time::Duration::from_secs(1)).await;
        ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((true))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    }

    #[query]
    fn flat(&self) -> bool {
        true
    }
}

fn main() {}
