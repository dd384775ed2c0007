//! What is changed, used or made again in another state only is no reason for a warning.
#![deny(warnings)]

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Order {
    id: u32,
    name: String,
    items: Vec<u32>,
}

#[activity]
async fn order(n: u32) -> Order {
    Order { id: n, ..Order::default() }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    name: String,
    ready: bool,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, mut left: u32, pair: (u32, String)) -> Result<String, Failure> {
        let mut sum = 0;
        let mut names = Vec::new();
        let first;
        num(1).await?;
        sum += 1;
        names.push(String::new());
        first = num(2).await?;
        left -= first;
        let (mut low, mut high) = (num(3).await?, 10);
        while low < high {
            low += num(1).await?;
            high -= 1;
        }
        for (place, item) in self.items.iter().enumerate() {
            num(*item).await?;
            sum += u32::try_from(place).unwrap_or(0) + *item;
        }
        let name = &self.name;
        let Order { id, name: of_order, .. } = &order(1).await?;
        num(*id).await?;
        names.push(format!("{name}{of_order}"));
        let status = &mut self.name;
        num(1).await?;
        status.push('a');
        match (num(4).await?, &pair) {
            (0, _) => {}
            (mut n, (m, text)) if n < *m => {
                num(n).await?;
                n += m;
                names.push(format!("{n}{text}"));
            }
            _ => ctx.sleep(seconds(1)).await,
        }
        if let Some(mut last) = self.items.pop() {
            num(last).await?;
            last += 1;
            sum += last;
        }
        let Some(mut found) = self.items.first().copied() else {
            self.helper(ctx, 1).await?;
            return Ok(names.concat());
        };
        num(found).await?;
        found += 1;
        let mut words = vec!["a".to_owned()];
        let prefix = "p";
        let task = ctx.spawn(async move {
            let mut count = 0;
            for n in 0..3 {
                count += num(n).await.unwrap_or(0);
                words.push(format!("{prefix}{n}"));
            }
            (count, words)
        });
        let mut moved = order(2).await?;
        names.push(moved.name);
        moved.items.push(num(1).await?);
        moved.id += 1;
        num(moved.id).await?;
        let (a, b) = join!(num(1), async {
            ctx.sleep(seconds(1)).await;
            sum += 1;
            sum
        });
        let mut other = ctx.spawn(num(5));
        select! {
            n = &mut other => sum += n??,
            () = ctx.wait_until(|| self.ready) => {}
        }
        let (count, words) = task.await?;
        let context = ctx;
        self.helper(context, count).await?;
        let _ = num(6).await;
        #[allow(unused_must_use)]
        num(7).await;
        #[allow(unused_variables)]
        for n in 0..3 {
            num(8).await?;
        }
        Ok(format!("{sum} {left} {first} {found} {words:?} {} {:?} {a:?} {b}", moved.id, moved.items))
    }

    async fn helper(&mut self, ctx: &Context, n: u32) -> Result<(), Failure> {
        self.nested(ctx, n).await
    }

    async fn nested(&mut self, ctx: &Context, n: u32) -> Result<(), Failure> {
        ctx.sleep(seconds(n.into())).await;
        Ok(())
    }

    #[signal]
    fn ready(&mut self) {
        self.ready = true;
    }
}

fn main() {
    assert!(Flow::describe().len() > 3);
}
