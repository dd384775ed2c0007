//! Functions marked `#[workflow]`: several workflows await them, and they are runs of their own.

use std::time::Duration;

use longhaul::engine::WaitingFor;
use longhaul::prelude::*;
use longhaul::{Engine, RunError};
use longhaul_tests::sites::{ProvisionHandle, Region, Relocation, Site, allocate, provision};

/// Opens sites one after the other, and both last ones at once.
#[derive(Default, Serialize, Deserialize)]
struct Expansion {
    opened: Vec<String>,
}

#[workflow]
impl Expansion {
    #[run]
    async fn run(&mut self, ctx: &Context, names: Vec<String>) -> Result<usize, Failure> {
        for name in &names {
            let site = provision(ctx, name.clone(), Region::North).await?;
            self.opened.push(site.name);
        }
        let (one, two) = try_join!(
            provision(ctx, "one".to_owned(), Region::North),
            provision(ctx, "two".to_owned(), Region::North),
        )?;
        self.opened.extend([one.name, two.name]);
        if provision(ctx, "three".to_owned(), Region::South).await.is_err() {
            self.opened.push("none in the south".to_owned());
        }
        Ok(self.opened.len())
    }

    #[query]
    fn opened(&self) -> Vec<String> {
        self.opened.clone()
    }
}

#[workflow]
async fn wait_long(ctx: &Context) {
    ctx.sleep(days(1)).await;
}

#[workflow]
async fn wait_within(ctx: &Context, unused: u32) -> u32 {
    wait_long(ctx).await;
    unused
}

#[tokio::test]
async fn two_workflows_of_two_crates_share_a_function() {
    let builder = Engine::builder().workflow::<Expansion>().workflow::<Relocation>().activity::<allocate>();
    let engine = builder.open_in_memory().await.unwrap();
    let expansion = engine.start::<Expansion>(vec!["a".to_owned(), "b".to_owned()]).await.unwrap();
    let site = Site { name: "c".to_owned(), region: Region::South };
    let relocation = engine.start::<Relocation>(site).await.unwrap();
    assert_eq!(expansion.result().await.unwrap(), 5);
    assert_eq!(expansion.opened().await.unwrap(), ["a-7", "b-7", "one-7", "two-7", "none in the south"]);
    assert!(!relocation.is_allowed().await.unwrap());
    relocation.allow().await.unwrap();
    assert_eq!(relocation.result().await.unwrap(), Site { name: "c-7".to_owned(), region: Region::North });
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_function_is_a_run_of_its_own() {
    let engine =
        Engine::builder().workflow::<provision>().activity::<allocate>().open_in_memory().await.unwrap();
    let site: ProvisionHandle =
        engine.start::<provision>(("a".to_owned(), Region::North)).id("a").await.unwrap();
    assert_eq!(site.result().await.unwrap(), Site { name: "a-7".to_owned(), region: Region::North });
    let none = engine.start::<provision>(("b".to_owned(), Region::South)).await.unwrap();
    let Err(RunError::Failed(failure)) = none.result().await else { panic!("it has no room") };
    assert_eq!(failure.to_string(), "there is no room in the south");
    assert!(site.signal("allow", ()).await.unwrap_err().to_string().contains("provision"));
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_call_within_a_call_is_stored_and_waits_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let builder = || Engine::builder().workflow::<wait_within>();
    let engine = builder().open(dir.path()).await.unwrap();
    let run = engine.start::<wait_within>(7).id("a").await.unwrap();
    let before = run.describe().await.unwrap();
    assert_eq!(before.state, "AwaitWaitLong");
    assert!(matches!(&before.waits_for[..], [one] if matches!(one.what, WaitingFor::Timer { .. })));
    drop(run);
    engine.shutdown().await.unwrap();

    let engine = builder().open(dir.path()).await.unwrap();
    let run = engine.handle::<wait_within>("a").await.unwrap();
    assert_eq!(run.describe().await.unwrap().waits_for, before.waits_for);
    assert!(tokio::time::timeout(Duration::from_millis(50), run.result()).await.is_err());
    engine.shutdown().await.unwrap();
}

#[test]
fn a_machine_names_the_function_that_it_awaits() {
    let [machine, awaited] = &wait_within::describe()[..] else { panic!("it and what it awaits") };
    assert_eq!((awaited.workflow, awaited.method), ("wait_long", "wait_long"));
    assert_eq!((machine.workflow, machine.method), ("wait_within", "wait_within"));
    let [_, waits, _] = machine.states else { panic!("{machine:?}") };
    assert_eq!(waits.waits_for, "wait_long(ctx)");
    let slot = machine.slots.iter().find(|slot| slot.name == waits.slots[0]).unwrap();
    assert!(slot.type_name.contains("wait_long"), "{}", slot.type_name);
    assert_eq!(slot.functions, ["wait_long"]);
}
