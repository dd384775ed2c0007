//! Attributes on the methods of a workflow, and who may see them.

use longhaul::Engine;
use longhaul::prelude::*;

mod inner {
    #![deny(warnings)]
    #![allow(unexpected_cfgs)]

    use longhaul::prelude::*;

    /// Waits in one of two ways.
    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Flow {
        log: Vec<String>,
    }

    #[workflow]
    impl Flow {
        /// Goes both ways, one of which is built.
        #[run]
        #[expect(unused_variables)]
        #[allow(deprecated)]
        pub(super) async fn run(&mut self, ctx: &Context, n: u32) -> Vec<String> {
            let unused = 1;
            self.wait(ctx, n).await;
            self.old(ctx).await;
            shared(ctx, n).await;
            self.log.clone()
        }

        #[cfg(not(longhaul_no_such_cfg))]
        async fn wait(&mut self, ctx: &Context, n: u32) {
            ctx.sleep(std::time::Duration::from_millis(u64::from(n))).await;
            self.log.push("it waits".to_owned());
        }

        #[cfg(longhaul_no_such_cfg)]
        async fn wait(&mut self, ctx: &Context, n: u32) {
            no_such_function().await;
        }

        #[deprecated = "nobody needs it"]
        #[must_use]
        #[inline]
        async fn old(&mut self, ctx: &Context) {
            ctx.sleep(std::time::Duration::ZERO).await;
            self.log.push("it is old".to_owned());
        }

        /// Notes it.
        #[signal]
        pub(super) fn note(&mut self, text: String) {
            self.log.push(text);
        }

        #[cfg(longhaul_no_such_cfg)]
        #[signal]
        fn absent(&mut self, nothing: NoSuchType) {}

        #[cfg(longhaul_no_such_cfg)]
        #[query]
        fn absent_query(&self) -> NoSuchType {}

        #[cfg(not(longhaul_no_such_cfg))]
        #[query]
        fn other(&self, like: Option<Self>) -> (usize, Self) {
            (like.map_or(0, |like| like.log.len()), Flow { log: self.log.clone() })
        }

        #[cfg(longhaul_no_such_cfg)]
        #[update]
        fn absent_update(&mut self, nothing: NoSuchType) -> NoSuchType {}

        #[cfg(not(longhaul_no_such_cfg))]
        #[update]
        async fn later(&mut self, ctx: &Context, text: String) -> usize {
            ctx.sleep(std::time::Duration::ZERO).await;
            self.log.push(text);
            self.log.len()
        }
    }

    #[workflow]
    #[cfg(not(longhaul_no_such_cfg))]
    pub(super) async fn shared(ctx: &Context, n: u32) {
        ctx.sleep(std::time::Duration::from_millis(u64::from(n))).await;
    }

    #[workflow]
    #[cfg(longhaul_no_such_cfg)]
    async fn shared(nothing: NoSuchType) {
        no_such_function().await;
    }

    impl Flow {
        pub(super) fn lines(&self) -> usize {
            self.log.len()
        }
    }
}

use inner::Flow;

#[tokio::test]
async fn what_is_not_built_is_not_there() {
    let engine = Engine::builder().workflow::<Flow>().open_in_memory().await.unwrap();
    let flow = engine.start::<Flow>(20).await.unwrap();
    flow.note("noted").await.unwrap();
    assert_eq!(flow.later("later").await.unwrap(), 2);
    let (of_like, copy) = flow.other(Some(Flow::default())).await.unwrap();
    assert_eq!((of_like, copy.lines()), (0, 2));
    assert!(flow.signal("absent", (1,)).await.unwrap_err().to_string().contains("absent"));
    assert_eq!(flow.result().await.unwrap(), ["noted", "later", "it waits", "it is old"]);
    engine.shutdown().await.unwrap();
}

#[test]
fn only_what_is_built_is_described() {
    let machines = Flow::describe();
    let methods: Vec<_> = machines.iter().map(|machine| machine.method).collect();
    assert_eq!(methods, ["run", "wait", "old", "later", "shared"]);
    let names: Vec<_> = Flow::SIGNALS.iter().map(|signal| signal.name).collect();
    assert_eq!(names, ["note"]);
    assert_eq!(Flow::QUERIES, ["other"]);
}
