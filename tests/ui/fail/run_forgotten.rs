//! A forgotten `#[run]` is told once: what names the workflow is no second error.
use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    done: bool,
}

#[workflow]
impl Flow {
    async fn run(&mut self, ctx: &Context, n: u32) -> u32 {
        ctx.wait_until(|| self.done).await;
        n
    }

    #[signal]
    fn finish(&mut self) {
        self.done = true;
    }
}

async fn tell(handle: FlowHandle) -> Result<(), longhaul::SignalError> {
    handle.finish().await
}

fn step<W: longhaul::Workflow<Input = u32>>() -> &'static str {
    W::NAME
}

fn main() {
    let _ = (tell, step::<Flow>());
}
