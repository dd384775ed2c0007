//! Schemas: pairs of versions of a workflow.

#![allow(clippy::needless_pass_by_value)] // Handlers take what was sent.

use longhaul::Workflow;
use longhaul::prelude::*;
use longhaul::testing::{SchemaCheck, schema};
use longhaul_describe::schema::{Change, Schema, compare};

#[activity]
async fn pack(item: String) -> Result<u32, Failure> {
    Ok(u32::try_from(item.len())?)
}

#[activity]
async fn count(items: Vec<String>) -> u32 {
    u32::try_from(items.len()).unwrap_or(0)
}

mod first {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Shop {
        done: bool,
    }

    #[workflow]
    impl Shop {
        #[run]
        async fn run(&mut self, ctx: &Context, item: String) -> Result<u32, Failure> {
            let n = pack(item.clone()).await?;
            ctx.sleep(days(1)).await;
            self.rest(ctx, n).await;
            Ok(n)
        }
        async fn rest(&mut self, ctx: &Context, n: u32) {
            let (a, ()) = join!(count(vec![String::new()]), ctx.sleep(seconds(1)));
            self.done = a.is_ok_and(|a| a == n);
        }
        #[signal]
        fn stop(&mut self, by: String) {
            self.done = by.is_empty();
        }
        #[query]
        fn is_done(&self) -> bool {
            self.done
        }
    }
}

fn changes<Old: Workflow, New: Workflow>() -> Vec<Change> {
    // As a test has it: from a file.
    let old = Schema::read(&schema::<Old>().text()).expect("what is written is read");
    compare(&old, &schema::<New>())
}

/// What is compatible, and what is not with the rewrite.
fn told<Old: Workflow, New: Workflow>() -> (Vec<String>, Vec<String>) {
    let (fine, broken): (Vec<_>, Vec<_>) = changes::<Old, New>().into_iter().partition(Change::is_compatible);
    let text = |all: Vec<Change>| all.iter().map(ToString::to_string).collect();
    (text(fine), text(broken))
}

#[test]
fn the_same_workflow_has_no_changes() {
    assert_eq!(changes::<first::Shop, first::Shop>(), []);
}

mod more {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Shop {
        done: bool,
        #[serde(default)]
        notes: Vec<u8>,
    }

    #[workflow]
    impl Shop {
        #[run]
        async fn run(&mut self, ctx: &Context, item: String) -> Result<u32, Failure> {
            #[state(First)]
            ctx.sleep(days(2)).await;
            let n = pack(item).await?;
            let extra = vec![n];
            #[state(Again)]
            ctx.sleep(days(1)).await;
            let _ = extra;
            ctx.sleep(days(1)).await;
            self.rest(ctx, n).await;
            Ok(n)
        }
        async fn rest(&mut self, ctx: &Context, n: u32) {
            let (a, ()) = join!(count(vec![String::new()]), ctx.sleep(seconds(1)));
            self.done = a.is_ok_and(|a| a == n);
        }
        #[signal]
        fn stop(&mut self, by: String) {
            self.done = by.is_empty();
        }
        #[signal]
        fn go(&mut self) {
            self.done = false;
        }
    }
}

#[test]
fn what_is_new_is_compatible_and_so_is_what_is_not_needed() {
    let (fine, broken) = told::<first::Shop, more::Shop>();
    assert_eq!(broken, [""; 0]);
    for what in [
        "the signal `go` is new",
        "the query `is_done` is gone",
        "the state `First` is new",
        "the state `Again` is new",
    ] {
        assert!(fine.iter().any(|fine| fine.starts_with(what)), "{what}: {fine:#?}");
    }
}

mod less {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Shop {
        done: bool,
    }

    #[workflow]
    impl Shop {
        #[run]
        async fn run(&mut self, ctx: &Context, item: String) -> Result<u32, Failure> {
            let n = pack(item.clone()).await?;
            let _ = ctx;
            Ok(n)
        }
    }
}

#[test]
fn what_a_run_may_be_in_cannot_go() {
    let (_, broken) = told::<first::Shop, less::Shop>();
    let expected = [
        "the signal `stop` is gone, and accepted ones may not be handled yet",
        "the state `AwaitSleep` is gone, and a run may be stored in it",
        "the state `AwaitRest` is gone, and a run may be stored in it",
        "the method `rest` is gone, and a run may be stored within it",
    ];
    for (broken, expected) in broken.iter().zip(expected) {
        assert!(broken.starts_with(expected) && broken.contains("\n    instead: "), "{broken}");
    }
    assert_eq!(broken.len(), expected.len(), "{broken:#?}");
}

mod renamed {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Shop {
        done: bool,
    }

    #[workflow]
    impl Shop {
        #[run]
        async fn run(&mut self, ctx: &Context, item: String) -> Result<u32, Failure> {
            let n = pack(item.clone()).await?;
            #[state(Overnight)]
            ctx.sleep(days(1)).await;
            self.relax(ctx, n).await;
            Ok(n)
        }
        async fn relax(&mut self, ctx: &Context, n: u32) {
            let (a, ()) = join!(count(vec![String::new()]), ctx.sleep(seconds(1)));
            self.done = a.is_ok_and(|a| a == n);
        }
        #[signal]
        fn stop(&mut self, by: String) {
            self.done = by.is_empty();
        }
    }
}

#[test]
fn a_renamed_state_is_told_with_the_name_to_give_by_hand() {
    let (_, broken) = told::<first::Shop, renamed::Shop>();
    assert!(
        broken[0].contains("`#[state(AwaitSleep)]` on the statement that awaits, if `Overnight` is the same"),
        "{broken:#?}"
    );
    assert!(broken[1].contains("the state `AwaitRest` is gone"), "{broken:#?}");
    assert!(broken[2].contains("the method `rest` is gone"), "{broken:#?}");
}

mod kept {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub(super) struct Shop {
        done: bool,
    }

    #[workflow]
    impl Shop {
        #[run]
        async fn run(&mut self, ctx: &Context, item: String) -> Result<u32, Failure> {
            let n = pack(item.clone()).await?;
            ctx.sleep(days(1)).await;
            self.rest(ctx, n).await;
            Ok(n + u32::try_from(item.len())?)
        }
        async fn rest(&mut self, ctx: &Context, n: u32) {
            let ((), a) = join!(ctx.sleep(seconds(1)), count(vec![String::new()]));
            self.done = a.is_ok_and(|a| a == n);
        }
        #[signal]
        fn stop(&mut self, by: String, when: u64) {
            self.done = by.is_empty() || when > 0;
        }
    }
}

#[test]
fn a_slot_that_was_not_stored_cannot_be_needed_and_branches_keep_their_places() {
    let (_, broken) = told::<first::Shop, kept::Shop>();
    let expected = [
        "the signal `stop` cannot be read any more, and accepted ones may not be handled yet: `stop(..)` was `(str,)` and is `(str, u64)`",
        "the state `AwaitPack` needs the slot `item`, which runs stored in it do not have",
        "the state `AwaitSleep` needs the slot `item`, which runs stored in it do not have",
        "the state `AwaitRest` needs the slot `item`, which runs stored in it do not have",
        "the slot `await_join_0_output` of the state `AwaitJoin` of `rest` cannot be read any more",
        "the slot `await_join_1_output` of the state `AwaitJoin` of `rest` cannot be read any more",
        "the state `AwaitCount` of `rest` was in branch 0 of `AwaitJoin` and is in branch 1 of `AwaitJoin`",
        "the state `AwaitSleep` of `rest` was in branch 1 of `AwaitJoin` and is in branch 0 of `AwaitJoin`",
    ];
    assert_eq!(broken.len(), expected.len(), "{broken:#?}");
    for (broken, expected) in broken.iter().zip(expected) {
        assert!(broken.starts_with(expected) && broken.contains("\n    instead: "), "{broken}\n{expected}");
    }
}

/// A workflow that keeps a value of a type of its own, and calls an activity with it.
macro_rules! keeps {
    ($name:ident: $($ty:tt)*) => {
        mod $name {
            use super::*;
            #[derive(Default, Clone, Serialize, Deserialize)]
            $($ty)*
            #[activity]
            async fn store(item: Item) -> Item {
                item
            }
            #[derive(Default, Serialize, Deserialize)]
            pub(super) struct Keeper {}
            #[workflow]
            impl Keeper {
                #[run]
                async fn run(&mut self, ctx: &Context) -> Result<(), Failure> {
                    let item = Item::default();
                    ctx.sleep(days(1)).await;
                    store(item).await?;
                    Ok(())
                }
            }
        }
    };
}

keeps!(item: pub(super) struct Item { name: String, count: u32 });
keeps!(item_with_default: pub(super) struct Item { name: String, #[serde(default)] size: u8, count: u64 });
keeps!(item_renamed: pub(super) struct Item { #[serde(alias = "name")] title: String, count: Option<u32> });
keeps!(item_with_more: pub(super) struct Item { name: String, count: u32, size: u8 });
keeps!(item_of_another_type: pub(super) struct Item { name: String, count: String });
keeps!(item_smaller: pub(super) struct Item { name: String, count: u16 });
keeps!(item_strict: #[serde(deny_unknown_fields)] pub(super) struct Item { name: String });
keeps!(kind: pub(super) enum Item { #[default] None, Some(u8), Both { a: u8 } });
keeps!(kind_with_more: pub(super) enum Item { #[default] None, Some(u16), Both { a: u8, b: Option<u8> }, More });
keeps!(kind_with_less: pub(super) enum Item { #[default] None, Some(u8) });

#[test]
fn types_can_grow_as_serde_reads_them() {
    let fine = [
        told::<item::Keeper, item_with_default::Keeper>(),
        told::<item::Keeper, item_renamed::Keeper>(),
        told::<kind::Keeper, kind_with_more::Keeper>(),
    ];
    for (fine, broken) in fine {
        assert_eq!(
            (broken.len(), fine),
            (0, vec!["types can read more than before".to_owned()]),
            "{broken:#?}"
        );
    }
}

#[test]
fn types_that_cannot_read_what_was_stored_are_told_by_the_place() {
    let why = |(_, broken): (Vec<String>, Vec<String>)| -> String {
        let arguments = "calls of `store` on their way were stored with the old arguments: `store(..).0";
        assert!(broken.iter().any(|broken| broken.starts_with(arguments)), "{broken:#?}");
        let slot = "the slot `item` of the state `AwaitSleep` cannot be read any more: ";
        let line = broken.iter().find_map(|broken| broken.strip_prefix(slot));
        line.unwrap_or_else(|| panic!("{broken:#?}")).lines().next().unwrap().to_owned()
    };
    assert_eq!(
        why(told::<item::Keeper, item_with_more::Keeper>()),
        "`it.size` is new, and nothing stands in for it"
    );
    assert_eq!(
        why(told::<item::Keeper, item_of_another_type::Keeper>()),
        "`it.count` was `u32` and is `str`"
    );
    assert_eq!(why(told::<item::Keeper, item_smaller::Keeper>()), "`it.count` was `u32` and is `u16`");
    assert_eq!(
        why(told::<item::Keeper, item_strict::Keeper>()),
        "`it.count` may be stored, and is refused now"
    );
    assert_eq!(
        why(told::<kind::Keeper, kind_with_less::Keeper>()),
        "`it::Both` may be stored, and there is no such variant any more"
    );
    assert_eq!(
        why(told::<item::Keeper, kind::Keeper>()),
        "`it` was Item and is Item, which is of another kind"
    );
}

#[workflow]
async fn shared(ctx: &Context, n: u32) -> u32 {
    ctx.sleep(seconds(1)).await;
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Spawns {}

#[workflow]
impl Spawns {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> u32 {
        let task = ctx.spawn(async move {
            let text = n.to_string();
            ctx.sleep(seconds(1)).await;
            text
        });
        shared(ctx, n).await;
        task.await.map_or(0, |text| u32::try_from(text.len()).unwrap_or(0))
    }
}

#[test]
fn tasks_and_shared_functions_are_machines_of_the_schema() {
    let text = schema::<Spawns>().text();
    assert!(text.contains("    await_shared: @machine fn-shared\n"), "{text}");
    assert!(text.contains("\nmachine fn-shared\n  state AwaitSleep "), "{text}");
    assert!(text.contains("\nmachine run.Sleep\n  state AwaitSleep "), "{text}");
    assert!(text.contains("    text: str\n"), "{text}");
}

#[test]
fn a_check_writes_a_missing_file_and_compares_with_one_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept/Shop.schema");
    let check = || SchemaCheck::<first::Shop>::new(folder.path()).folder("kept").check();
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    let missing = check().unwrap_err();
    if ci {
        assert!(missing.contains("is missing"), "{missing}");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, schema::<first::Shop>().text()).unwrap();
    } else {
        assert!(missing.contains("has been written"), "{missing}");
    }
    assert_eq!(check(), Ok(()));
    let report = SchemaCheck::<less::Shop>::new(folder.path()).folder("kept").check().unwrap_err();
    assert!(report.contains("stored runs cannot go on:\n  - the signal `stop` is gone"), "{report}");
    assert!(
        report.ends_with("`LONGHAUL_SCHEMA=accept-incompatible cargo test` writes kept/Shop.schema anew"),
        "{report}"
    );
    assert_eq!(check(), Ok(()), "nothing was written");
    let edited = std::fs::read_to_string(&file).unwrap().replace("    n: u32", "    n: u8");
    std::fs::write(&file, edited).unwrap();
    let report = check().unwrap_err();
    assert!(report.contains("the file was edited by hand, or merged"), "{report}");
}
