//! What rustc cannot parse is told by rustc, and by nobody else; what calls it is no error.
use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    let x = ;
    Ok(n)
}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        Ok(num(self.helper(n 1)).await?)
    }

    fn helper(&self, n: u32) -> u32 {
        let y = 5
        let z = 6;
        n
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Other;

#[workflow]
impl Other {
    #[run]
    async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        Ok(num(n).await?)
    }
}

fn step<W: longhaul::Workflow<Input = u32>>() -> &'static str {
    W::NAME
}

fn main() {
    let _ = (step::<Flow>(), step::<Other>(), Flow.helper(1));
}
