//! Tasks, scopes, steps and functions in a crate that denies all warnings, those among them that rustc gives only when asked.
#![deny(warnings)]
#![warn(
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused,
    missing_docs,
    unreachable_pub,
    single_use_lifetimes,
    unused_qualifications,
    trivial_casts,
    trivial_numeric_casts,
    missing_debug_implementations,
    missing_copy_implementations,
    unused_results,
    unused_lifetimes,
    redundant_lifetimes,
    unit_bindings,
    let_underscore_drop,
    variant_size_differences,
    unused_import_braces,
    meta_variable_misuse,
    explicit_outlives_requirements,
    non_ascii_idents,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    closure_returning_async_block,
    deprecated_in_future,
    ffi_unwind_calls,
    impl_trait_redundant_captures,
    macro_use_extern_crate,
    unnameable_types,
    unstable_features,
    keyword_idents,
    redundant_imports
)]
#![forbid(unsafe_code)]
#![allow(unused_results, let_underscore_drop, missing_debug_implementations, unnameable_types)]
use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    ready: bool,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut sum = 0;
        let task = ctx.spawn(async move { num(n).await.unwrap_or(0) + 1 });
        let mut tasks = Vec::new();
        for i in 0..n {
            let extra = i + 1;
            tasks.push(ctx.spawn(async move {
                let mut count = 0;
                for n in 0..3 {
                    count += num(n + extra).await.unwrap_or(0);
                }
                count
            }));
        }
        for task in tasks {
            sum += task.await?;
        }
        let mut pending: Vec<Task<Result<u32, _>>> = Vec::new();
        pending.push(ctx.spawn(num(3)));
        let mut one = ctx.spawn(num(5));
        select! {
            n = &mut one => sum += n??,
            () = ctx.sleep(seconds(3)) => {}
        }
        for result in join_all(pending).await {
            sum += result??;
        }
        let all = join_all((0..n).map(|i| async move {
            let mut x = num(i).await?;
            x += num(x).await?;
            Ok::<_, Failure>(x)
        }))
        .await;
        for x in all {
            sum += x?;
        }
        let scoped = ctx
            .scope(async {
                let mut y = num(1).await?;
                y += num(2).await?;
                sum += y;
                Ok::<u32, Failure>(y)
            })
            .await;
        let late = timeout(seconds(3), async {
            let mut z = 1;
            z += num(z).await?;
            Ok::<u32, Failure>(z)
        })
        .await;
        if let Ok(late) = late {
            sum += late?;
        }
        #[allow(unused_mut)]
        let mut fine = num(1).await?;
        #[expect(unused_variables)]
        let gone = num(2).await?;
        #[warn(unused_variables)]
        let kept = num(3).await?;
        #[deny(unused_must_use)]
        num(kept).await?;
        #[expect(unused_must_use)]
        num(kept).await;
        #[allow(clippy::let_unit_value)]
        let () = ctx.sleep(seconds(1)).await;
        #[deny(unused_variables)]
        if num(fine).await? > 3 {
            #[expect(unused_variables, reason = "shown")]
            let w = num(3).await?;
            sum += 1;
        }
        let f = |x: u32| x + 1;
        sum += f(num(2).await?);
        let mut list = vec![1, 2];
        list.push(num(2).await?);
        let list = list;
        ctx.sleep(seconds(1)).await;
        let (mut a, b) = (list.len(), num(3).await?);
        a += 1;
        let mut iter = self.items.clone();
        while let Some(mut x) = iter.pop() {
            x += num(x).await?;
            sum += x;
        }
        task.detach();
        Ok(sum + scoped?? + a as u32 + b + self.helper(ctx, 3, vec![1]).await?)
    }

    async fn helper(&self, ctx: &Context, mut n: u32, mut list: Vec<u32>) -> Result<u32, Failure> {
        if !self.ready {
            list.push(n);
            n += num(3).await?;
        }
        let x = ctx
            .run("step", async move {
                let mut q = n;
                q += 1;
                Ok(q)
            })
            .await?;
        let mut acc = Vec::with_capacity(list.len());
        while !list.is_empty() {
            let head = list.remove(0);
            acc.push(async move { num(head).await });
        }
        let all = try_join_all(acc).concurrency(2).await?;
        Ok(x + all.len() as u32)
    }

    #[signal]
    fn ready(&mut self) {
        self.ready = true;
    }

    #[update]
    async fn bump(&mut self, mut by: u32) -> u32 {
        by += num(by).await.unwrap_or(1);
        self.items.push(by);
        by
    }
}

#[workflow]
async fn free(ctx: &Context, mut n: u32) -> Result<u32, Failure> {
    let t = ctx.spawn(num(3));
    n += t.await??;
    Ok(n)
}

fn main() {
    assert!(Flow::describe().len() > 1);
}
