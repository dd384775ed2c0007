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
        self.helper();
        Self::free();
        ctx.spawn(self.helper());
        let _ = ctx.spawn(Self::free());
        Ok(n)
    }

    async fn helper(&mut self) {}

    async fn free() {}
}

fn main() {}
