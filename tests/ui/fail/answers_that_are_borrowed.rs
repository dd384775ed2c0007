use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    lines: Vec<String>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<&'static [u32], Failure> {
        ctx.sleep(days(1)).await;
        Ok(&[1, 2])
    }

    // The texts of a program are no borrows.
    #[query]
    fn last(&self) -> &'static str {
        "last"
    }

    #[query]
    fn first(&self) -> Option<&String> {
        self.lines.first()
    }

    #[update]
    fn add(&mut self, line: String) -> Result<&str, Failure> {
        self.lines.push(line);
        Ok(&self.lines[0])
    }

    #[update]
    async fn add_later(&mut self, ctx: &Context) -> Vec<&'static [u32]> {
        ctx.sleep(days(1)).await;
        Vec::new()
    }
}

#[workflow]
async fn waits(ctx: &Context) -> &'static [u32] {
    ctx.sleep(days(1)).await;
    &[1]
}

fn main() {}
