//! A wrong signature is told once: neither calls of the method nor other code that names the workflow are errors for it.
use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    text: String,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let n = n + self.helper(ctx, &mut "text".to_owned()).await;
        Ok(n)
    }

    async fn helper(&mut self, ctx: &Context, text: &mut String) -> u32 {
        ctx.sleep(days(1)).await;
        self.own(text)
    }

    fn own(&self, text: &str) -> u32 {
        (self.text == text).into()
    }

    #[query]
    fn text(&self) -> String {
        self.text.clone()
    }
}

async fn ask(handle: FlowHandle) -> Result<String, longhaul::QueryError> {
    handle.text().await
}

fn step<W: longhaul::Workflow<Input = u32>>() -> &'static str {
    W::NAME
}

fn main() {
    let _ = (ask, step::<Flow>(), Flow::default().own(""), FlowState::AwaitHelper);
}
