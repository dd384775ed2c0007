use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    lines: Vec<String>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) {
        self.kept(ctx, n).await;
    }

    async fn kept<T: std::fmt::Display + 'static>(&mut self, ctx: &Context, value: T) {
        ctx.sleep(seconds(1)).await;
        self.lines.push(value.to_string());
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Other {
    lines: Vec<String>,
}

#[workflow]
impl Other {
    #[run]
    async fn run<T: Stored>(&mut self, ctx: &Context, value: T) {
        let task = ctx.spawn(self.spawned(ctx, 1));
        let _ = task.await;
    }

    async fn spawned<T: Stored + std::fmt::Display>(&mut self, ctx: &Context, value: T) {
        ctx.sleep(seconds(1)).await;
        self.lines.push(value.to_string());
    }
}

fn main() {}
