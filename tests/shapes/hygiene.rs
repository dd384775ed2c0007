//! Names of the user that the standard library, the prelude or the generator has, too.

use longhaul::Engine;

/// Types, variants, traits, modules, functions and macros that hide those of the standard library.
mod hidden {
    #![deny(warnings)]
    #![allow(dead_code, unused_macros, unused_imports)]

    use ::longhaul::prelude::{Deserialize, Failure, Serialize, activity, seconds, workflow};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub(super) struct Box {
        pub(super) sides: u32,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub(super) enum Option {
        Some(u32),
        None,
    }
    pub(super) use self::Option::{None, Some};
    pub(super) struct Vec;
    pub(super) struct String;
    pub(super) struct Frame;
    pub(super) struct Machine;
    pub(super) struct State;
    pub(super) struct Slot;
    pub(super) struct Workflow;
    pub(super) struct Poll;
    pub(super) struct Handle;
    pub(super) trait Send {}
    pub(super) trait Clone {}
    pub(super) trait Future {}
    pub(super) trait Default {}
    pub(super) trait Into {}
    pub(super) trait From {}
    pub(super) trait Iterator {}
    pub(super) trait FnOnce {}
    pub(super) fn drop() {}
    #[allow(non_snake_case)]
    pub(super) fn Ok(n: u32) -> u32 {
        n
    }
    #[allow(non_snake_case)]
    pub(super) fn Err() {}
    pub(super) mod std {
        pub(super) mod time {}
    }
    pub(super) mod core {
        pub(super) mod option {}
    }
    pub(super) mod alloc {}
    pub(super) mod longhaul {}
    pub(super) mod serde {}
    macro_rules! panic {
        () => {
            never
        };
    }
    macro_rules! unreachable {
        () => {
            never
        };
    }
    macro_rules! debug_assert {
        () => {
            never
        };
    }

    #[activity]
    pub(super) async fn measure(value: Box) -> u32 {
        value.sides
    }

    #[derive(Debug, ::core::default::Default, Serialize, Deserialize)]
    pub(super) struct Hidden {
        sides: u32,
        asked: u32,
    }

    #[workflow]
    impl Hidden {
        #[run]
        pub(super) async fn run(
            &mut self,
            ctx: &::longhaul::Context,
            value: Box,
        ) -> ::core::result::Result<Option, Failure> {
            let more = measure(value.clone()).await?;
            let (a, b) = join!(measure(value.clone()), async {
                ctx.sleep(::core::time::Duration::from_millis(1)).await;
                more
            });
            for n in 0..2 {
                self.sides += n + measure(value.clone()).await?;
            }
            let task = ctx.spawn(async move { measure(value).await.unwrap_or_default() });
            select! {
                n = task => self.sides += n.unwrap_or_default(),
                () = ctx.sleep(seconds(100)) => {}
            }
            let maybe = Some(more);
            self.helper(ctx).await;
            if let Some(n) = maybe {
                ctx.sleep(::core::time::Duration::from_millis(1)).await;
                return ::core::result::Result::Ok(Some(Ok(n) + a? + b + self.sides));
            }
            ::core::result::Result::Ok(None)
        }

        async fn helper(&self, ctx: &::longhaul::Context) {
            ctx.sleep(::core::time::Duration::from_millis(1)).await;
        }

        #[signal]
        pub(super) fn add(&mut self, n: u32) {
            self.sides += n;
        }

        #[signal]
        pub(super) async fn add_later(&mut self, ctx: &::longhaul::Context, n: u32) {
            ctx.sleep(::core::time::Duration::from_millis(1)).await;
            self.sides += n;
        }

        #[update]
        pub(super) fn asked(&mut self, mut value: Box) -> Box {
            self.asked += 1;
            value.sides += self.asked;
            value
        }

        #[query]
        pub(super) fn sides(&self) -> Option {
            Some(self.sides)
        }
    }

    #[workflow]
    pub(super) async fn shared(ctx: &::longhaul::Context, n: u32) -> Option {
        ctx.sleep(::core::time::Duration::from_millis(1)).await;
        Some(n)
    }
}

/// Nothing is in scope but what is named.
#[no_implicit_prelude]
mod bare {
    #![deny(warnings)]

    use ::longhaul::prelude::{Failure, activity, seconds, workflow};

    #[derive(Debug, Clone, ::serde::Serialize, ::serde::Deserialize)]
    pub(super) struct Item {
        pub(super) sku: ::std::string::String,
    }
    use ::core::clone::Clone;
    use ::core::fmt::Debug;

    #[activity(start_to_close = "10s", retry(max_attempts = 3))]
    pub(super) async fn price(item: Item) -> ::core::result::Result<u32, Failure> {
        ::core::result::Result::Ok(::core::convert::TryFrom::try_from(item.sku.len()).unwrap_or(0))
    }

    #[derive(::core::default::Default, ::serde::Serialize, ::serde::Deserialize)]
    pub(super) struct Bare {
        sum: u32,
    }

    #[workflow]
    impl Bare {
        #[run]
        pub(super) async fn run(
            &mut self,
            ctx: &::longhaul::Context,
            items: ::std::vec::Vec<Item>,
        ) -> ::core::result::Result<u32, Failure> {
            for item in &items {
                self.sum += price(item.clone()).await?;
            }
            let (first, ()) =
                join!(price(items[0].clone()), ctx.sleep(::core::time::Duration::from_millis(1)));
            let ::core::result::Result::Ok(first) = first else { return ::core::result::Result::Ok(0) };
            let task = ctx.spawn(async move {
                ctx.sleep(::core::time::Duration::from_millis(1)).await;
                first
            });
            select! {
                n = task => self.sum += n.unwrap_or(0),
                () = ctx.sleep(seconds(100)) => {}
            }
            self.sum += self.later(ctx, 1).await;
            ::core::result::Result::Ok(self.sum)
        }

        async fn later(&self, ctx: &::longhaul::Context, n: u32) -> u32 {
            ctx.sleep(::core::time::Duration::from_millis(1)).await;
            n
        }

        #[signal]
        pub(super) fn add(&mut self, n: u32) {
            self.sum += n;
        }

        #[update]
        pub(super) async fn add_later(&mut self, ctx: &::longhaul::Context, n: u32) -> u32 {
            ctx.sleep(::core::time::Duration::from_millis(1)).await;
            self.sum += n;
            self.sum
        }

        #[query]
        pub(super) fn sum(&self) -> u32 {
            self.sum
        }
    }

    #[workflow]
    pub(super) async fn shared(ctx: &::longhaul::Context, n: u32) -> u32 {
        ctx.sleep(::core::time::Duration::from_millis(1)).await;
        n
    }
}

/// Local variables, labels and fields with names that are like those of generated code.
mod ours {
    #![deny(warnings)]

    use longhaul::prelude::*;

    #[activity]
    pub(super) async fn num(n: u32) -> u32 {
        n
    }

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Near {
        __frame: u32,
    }

    #[workflow]
    impl Near {
        #[run]
        pub(super) async fn run(&mut self, _ctx: &Context, frame: u32, op: u32) -> Result<u32, Failure> {
            let self_ = num(1).await?;
            let at = num(self_ + frame).await?;
            let block = num(at).await?;
            let t0 = num(1).await?;
            let _t2 = num(3).await? + num(4).await?;
            let __mine = t0 + num(t0).await?;
            let start = num(1).await?;
            let mut slots = frame + op + block + __mine + start + _t2;
            'machine: loop {
                for item in 0..3 {
                    slots += num(item).await?;
                    if slots > 1000 {
                        break 'machine;
                    }
                }
                let (part, place) = join!(num(1), async {
                    _ctx.sleep(::core::time::Duration::from_millis(1)).await;
                    _t2
                });
                slots += part? + place;
                if slots > 40 {
                    break;
                }
            }
            let text = format!("{t0} {_t2} {__mine}");
            _ctx.sleep(::core::time::Duration::from_millis(1)).await;
            Ok(slots + u32::try_from(text.len()).map_err(Failure::msg)? + self.__frame)
        }
    }
}

/// Another type, other functions and other macros that are called as those of the crate and the standard library.
mod others {
    #![deny(warnings)]

    use longhaul::prelude::*;

    /// Not the one of the crate.
    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    pub(super) struct Context {
        pub(super) n: u32,
    }

    #[activity]
    pub(super) async fn timeout(n: u32, m: u32) -> u32 {
        n + m
    }

    #[derive(Debug)]
    pub(super) struct Metal;

    #[activities]
    impl Metal {
        #[activity]
        async fn shield(&self, n: u32) -> u32 {
            n * 100
        }
    }

    /// A pair.
    macro_rules! vec {
        ($x:expr) => {
            ($x, 1)
        };
    }
    /// Compares.
    macro_rules! matches {
        ($x:expr, $y:expr) => {
            $x == $y
        };
    }
    /// Adds.
    macro_rules! format {
        ($x:expr) => {
            $x + 1
        };
    }

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Others {}

    #[workflow]
    impl Others {
        #[run]
        pub(super) async fn run(&mut self, ctx: &longhaul::Context, mine: Context) -> Result<u32, Failure> {
            let pair = vec![self.by_value(mine.clone()).await?];
            let n = pair.0 + pair.1;
            let same = matches!(n, n);
            let mut sum = format!(self.beside(ctx, &mine).await?);
            sum += self.qualified(&mine).await? + u32::from(same);
            sum += self::timeout(1000, 2000).await? + Metal::shield(n).await?;
            Ok(format!(sum))
        }

        async fn by_value(&self, context: Context) -> Result<u32, Failure> {
            Ok(self::timeout(context.n, 1).await?)
        }

        async fn beside(&self, ctx: &longhaul::Context, other: &Context) -> Result<u32, Failure> {
            ctx.sleep(::core::time::Duration::from_millis(1)).await;
            Ok(self::timeout(other.n, 10).await?)
        }

        async fn qualified(&self, context: &self::Context) -> Result<u32, Failure> {
            Ok(self::timeout(context.n, 20).await?)
        }
    }
}

/// Workflows that `macro_rules!` make around what they are given.
mod wrapped {
    #![deny(warnings)]

    use super::ours::num;
    use longhaul::prelude::*;

    /// Around a body, with a variable that it cannot see.
    macro_rules! flow {
        ($name:ident, $self:ident, $ctx:ident, $argument:ident: $ty:ty => $body:block) => {
            #[derive(Default, Serialize, Deserialize)]
            pub(super) struct $name {
                sum: u32,
            }

            #[workflow]
            impl $name {
                #[run]
                async fn run(&mut $self, $ctx: &Context, $argument: $ty) -> Result<u32, Failure> {
                    let outer = 5 + num(5).await?;
                    let given: u32 = $body;
                    $ctx.sleep(std::time::Duration::from_millis(1)).await;
                    Ok(given + outer + $self.sum)
                }
            }
        };
    }

    flow!(Wrapped, self, ctx, numbers: Vec<u32> => {
        let mut sum = 0;
        for number in &numbers {
            sum += num(*number).await?;
        }
        ctx.sleep(std::time::Duration::from_millis(1)).await;
        self.sum += sum;
        sum
    });

    /// Around an expression and a pattern.
    macro_rules! polling {
        ($name:ident, $call:expr, $done:pat) => {
            #[derive(Default, Serialize, Deserialize)]
            pub(super) struct $name {
                tries: u32,
            }

            #[workflow]
            impl $name {
                #[run]
                async fn run(&mut self, ctx: &Context, until: u32) -> Result<u32, Failure> {
                    loop {
                        match $call.await? {
                            done @ $done => return Ok(done + self.tries),
                            _ if self.tries == until => return Ok(0),
                            _ => {
                                self.tries += 1;
                                ctx.sleep(std::time::Duration::from_millis(1)).await;
                            }
                        }
                    }
                }
            }
        };
    }

    polling!(Polling, num(7), 5..=9);
    polling!(Waiting, num(7), 10..);
}

#[tokio::test]
async fn names_of_the_user_mean_what_they_mean_to_the_user() {
    let engine = Engine::builder()
        .workflow::<hidden::Hidden>()
        .activity::<hidden::measure>()
        .workflow::<bare::Bare>()
        .activity::<bare::price>()
        .workflow::<ours::Near>()
        .activity::<ours::num>()
        .workflow::<others::Others>()
        .activity::<others::timeout>()
        .activities(others::Metal)
        .workflow::<wrapped::Wrapped>()
        .workflow::<wrapped::Polling>()
        .workflow::<wrapped::Waiting>()
        .open_in_memory()
        .await
        .unwrap();
    let hidden = engine.start::<hidden::Hidden>(hidden::Box { sides: 3 }).await.unwrap();
    let more = hidden.asked(hidden::Box { sides: 2 }).await.unwrap();
    assert_eq!(more, hidden::Box { sides: 3 });
    assert_eq!(hidden.result().await.unwrap(), hidden::Option::Some(19));
    assert_eq!(hidden.sides().await.unwrap(), hidden::Option::Some(10));

    let items = ["ab", "abc"].map(|sku| bare::Item { sku: sku.to_owned() });
    let bare = engine.start::<bare::Bare>(items.to_vec()).await.unwrap();
    assert_eq!(bare.result().await.unwrap(), 8);
    assert_eq!(bare.sum().await.unwrap(), 8);

    let ours = engine.start::<ours::Near>((2, 3)).await.unwrap();
    assert_eq!(ours.result().await.unwrap(), 56);

    let others = engine.start::<others::Others>(others::Context { n: 3 }).await.unwrap();
    // 4 and 1 are a pair; then 13 and 1, 23 and true, 3000, 500; and 1.
    assert_eq!(others.result().await.unwrap(), 14 + 24 + 3000 + 500 + 1);

    let wrapped = engine.start::<wrapped::Wrapped>(vec![1, 2, 3]).await.unwrap();
    assert_eq!(wrapped.result().await.unwrap(), 6 + 10 + 6);
    assert_eq!(engine.start::<wrapped::Polling>(3).await.unwrap().result().await.unwrap(), 7);
    assert_eq!(engine.start::<wrapped::Waiting>(3).await.unwrap().result().await.unwrap(), 0);
    engine.shutdown().await.unwrap();
}
