//! Workflows of an older edition, which run.
#![allow(missing_docs)]
#![deny(warnings)]

use longhaul::prelude::*;
use longhaul::Engine;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    gen: u32,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(self: &mut Self, ctx: &Context, gen: Option<u32>) -> Result<(u32, u32), Failure> {
        let outer = match gen {
            Some(gen) if gen > 1 => {
                self.gen = num(gen).await?;
                gen
            }
            _ => num(0).await?,
        };
        let gen = num(5).await?;
        let (left, right) = join!(num(gen), async {
            ctx.sleep(std::time::Duration::from_millis(1)).await;
            gen + 1
        });
        let task = ctx.spawn(async move { num(gen).await.unwrap_or_default() });
        for gen in 0..gen {
            self.gen += num(gen).await?;
        }
        Ok((self.gen + outer, left? + right + task.await? + self.kept(gen).await))
    }

    async fn kept(self: &Self, gen: u32) -> u32 {
        num(gen).await.unwrap_or(self.gen)
    }

    #[query]
    fn gen(self: &Self) -> u32 {
        self.gen
    }
}

#[tokio::test]
async fn names_that_later_editions_reserve() {
    let engine = Engine::builder().workflow::<Flow>().activity::<num>().open_in_memory().await.unwrap();
    let run = engine.start::<Flow>(Some(3)).await.unwrap();
    assert_eq!(run.result().await.unwrap(), (3 + 10 + 3, 5 + 6 + 5 + 5));
    assert_eq!(run.gen().await.unwrap(), 13);
    engine.shutdown().await.unwrap();
}
