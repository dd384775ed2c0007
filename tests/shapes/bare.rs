//! A workflow with all that a body can have, where nothing is in scope but what is named.

use longhaul::Engine;

#[no_implicit_prelude]
mod nothing_in_scope {
    #![deny(warnings)]

    use ::core::option::Option::{None, Some};
    use ::core::result::Result::{Err, Ok};
    use ::longhaul::prelude::{
        Context, Failure, Task, Trigger, activities, activity, join_all, seconds, shield, timeout,
        try_join_all, workflow,
    };
    // Traits whose methods are called here.
    use ::core::clone::Clone;
    use ::core::iter::Iterator;
    use ::std::string::ToString;

    #[activity]
    pub(super) async fn double(n: u32) -> ::core::result::Result<u32, Failure> {
        n.checked_mul(2).ok_or_else(|| Failure::msg("too large"))
    }

    #[derive(Debug)]
    pub(super) struct Shelf {
        pub(super) width: u32,
    }

    #[activities]
    impl Shelf {
        #[activity(start_to_close = "10s")]
        async fn place(&self, n: u32) -> ::core::option::Option<u32> {
            if n < self.width { Some(n) } else { None }
        }
    }

    #[derive(::core::default::Default, ::serde::Serialize, ::serde::Deserialize)]
    pub(super) struct All {
        log: ::std::vec::Vec<::std::string::String>,
        open: ::core::option::Option<Trigger<u32>>,
        kept: ::std::vec::Vec<Task<u32>>,
    }

    #[workflow]
    impl All {
        #[run]
        pub(super) async fn run(
            &mut self,
            ctx: &Context,
            n: u32,
        ) -> ::core::result::Result<::std::vec::Vec<u32>, Failure> {
            let numbers = try_join_all((0..n).map(double)).concurrency(2).await?;
            let (first, second) = try_join!(double(1), async {
                let found = self.found(n).await.unwrap_or_default();
                double(found).await
            })?;
            let mut seen = ::std::vec![first, second];
            for result in join_all(numbers.iter().map(|number| double(*number))).await {
                seen.push(result?);
            }
            let text = ctx.run("text", async move { Ok(n.to_string()) }).await?;
            self.log.push(::std::format!("{text} {}", double(n).await?));
            let trigger = ctx.trigger::<u32>();
            self.open = Some(trigger.clone());
            let task = ctx.spawn(async move {
                let given = trigger.await;
                shield(double(given)).await.unwrap_or_default()
            });
            self.kept.push(task);
            while let Some(task) = self.kept.pop() {
                match timeout(seconds(100), task).await {
                    Ok(Ok(number)) => seen.push(number),
                    Ok(Err(_)) => seen.push(0),
                    Err(_) => return Err(Failure::msg("nobody opened")),
                }
            }
            let scoped =
                ctx.scope(async { double(seen.len() as u32).await }).await.map_err(Failure::msg)??;
            seen.push(scoped);
            Ok(seen)
        }

        async fn found(&self, n: u32) -> ::core::option::Option<u32> {
            let place = Shelf::place(n).await.ok()??;
            Some(place + 1)
        }

        #[signal]
        pub(super) async fn open(&mut self, ctx: &Context, n: u32) {
            ctx.wait_until(|| self.open.is_some()).await;
            if let Some(trigger) = self.open.take() {
                trigger.resolve(n);
            }
        }
    }
}

#[tokio::test]
async fn nothing_needs_to_be_in_scope() {
    use nothing_in_scope::{All, Shelf, double};

    let engine = Engine::builder()
        .workflow::<All>()
        .activity::<double>()
        .activities(Shelf { width: 10 })
        .open_in_memory()
        .await
        .unwrap();
    let run = engine.start::<All>(3).await.unwrap();
    run.open(50).await.unwrap();
    assert_eq!(run.result().await.unwrap(), [2, 8, 0, 4, 8, 100, 12]);
    engine.shutdown().await.unwrap();
}
