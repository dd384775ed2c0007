#![deny(warnings)]

use longhaul::prelude::*;

#[activity(start_to_close = "10s", retry(initial = "200ms", max_attempts = 5))]
async fn num(n: u32) -> u32 {
    n
}

/// What the run has come to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Flow {
    items: Vec<u32>,
    note: Option<String>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut sum = 0;
        for item in &self.items {
            sum += num(*item).await?;
        }
        let sum = sum + self.helper(ctx, n).await?;
        let kept = self.note.clone();
        if let Some(note) = &kept {
            num(1).await?;
            self.items.push(note.len() as u32);
        }
        let (a, b) = try_join!(num(1), num(2))?;
        select! {
            x = num(a) => sum.checked_add(x?).ok_or_else(|| Failure::msg("too much")),
            _ = ctx.sleep(days(1)) => Ok(b),
        }
    }

    async fn helper(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if timeout(hours(1), ctx.wait_until(|| self.note.is_some())).await.is_err() {
            return Ok(0);
        }
        Ok(num(n).await?)
    }

    #[signal]
    fn note(&mut self, text: String) {
        self.note = Some(text);
    }

    #[query]
    fn items(&self) -> Vec<u32> {
        self.items.clone()
    }
}

fn main() {
    assert_eq!(Flow::describe().len(), 2);
}
