//! Two workflows and a function that both await: opening a site, moving one, and what provisioning takes.

use std::time::Duration;

use longhaul::Engine;
use longhaul::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Site {
    name: String,
    machines: Vec<usize>,
}

#[activity(retry(max_attempts = 3))]
async fn allocate(site: String, number: usize) -> Result<usize, Failure> {
    println!("{site}: machine {number} is allocated");
    Ok(100 + number)
}

#[activity]
async fn release(machine: usize) {
    println!("machine {machine} is released");
}

/// Provisions a site, machine by machine. Each workflow that awaits it runs it within its own run.
#[workflow]
async fn provision(ctx: &Context, name: &str, machines: usize) -> Result<Site, Failure> {
    let mut site = Site { name: name.to_owned(), machines: Vec::new() };
    for number in 0..machines {
        site.machines.push(allocate(name.to_owned(), number).await?);
        settle(ctx, &site).await;
    }
    Ok(site)
}

/// A new machine needs a moment, and more of it the more there are.
#[workflow]
async fn settle(ctx: &Context, site: &Site) {
    let each = Duration::from_millis(10);
    ctx.sleep(each * u32::try_from(site.machines.len()).unwrap_or(u32::MAX)).await;
}

/// Opens sites, all at once.
#[derive(Default, Serialize, Deserialize)]
struct Opening {
    open: Vec<String>,
}

#[workflow]
impl Opening {
    #[run]
    async fn run(&mut self, ctx: &Context, first: String, second: String) -> Result<usize, Failure> {
        let (first, second) = try_join!(provision(ctx, &first, 2), provision(ctx, &second, 1))?;
        self.open = vec![first.name, second.name];
        Ok(first.machines.len() + second.machines.len())
    }

    #[query]
    fn open(&self) -> Vec<String> {
        self.open.clone()
    }
}

/// Moves a site once somebody says that it may.
#[derive(Default, Serialize, Deserialize)]
struct Relocation {
    allowed: bool,
}

#[workflow]
impl Relocation {
    #[run]
    async fn run(&mut self, ctx: &Context, site: Site, to: String) -> Result<Site, Failure> {
        ctx.wait_until(|| self.allowed).await;
        let moved = provision(ctx, &to, site.machines.len()).await?;
        for machine in site.machines {
            release(machine).await?;
        }
        Ok(moved)
    }

    #[signal]
    fn allow(&mut self) {
        self.allowed = true;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder()
        .workflow::<Opening>()
        .workflow::<Relocation>()
        .workflow::<provision>()
        .activity::<allocate>()
        .activity::<release>()
        .open_in_memory()
        .await?;
    let opening = engine.start::<Opening>(("north".to_owned(), "south".to_owned())).await?;
    println!("{} machines in {:?}", opening.result().await?, opening.open().await?);

    // The function is a workflow, too.
    let site = engine.start::<provision>(("west".to_owned(), 1)).await?.result().await?;
    let relocation = engine.start::<Relocation>((site, "east".to_owned())).await?;
    relocation.allow().await?;
    println!("moved: {:?}", relocation.result().await?);
    engine.shutdown().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use longhaul::Workflow;
    use longhaul::testing::simulation::{Ended, Simulation};

    use super::*;

    longhaul::testing::replay_is_deterministic!(openings_replay: Opening, cases = 50);
    longhaul::testing::replay_is_deterministic!(functions_replay: provision, cases = 50);

    /// How many machines were allocated for a run, each attempt at one counted once; and how many released.
    fn machines<W: Workflow>(run: &Ended<'_, W>) -> Result<(usize, usize), String> {
        let allocated = run.deeds::<allocate>().map_err(|error| error.to_string())?;
        let released = run.deeds::<release>().map_err(|error| error.to_string())?;
        let allocated: BTreeSet<_> = allocated.into_iter().map(|deed| deed.key).collect();
        let released: BTreeSet<_> = released.into_iter().map(|deed| deed.key).collect();
        Ok((allocated.len(), released.len()))
    }

    #[test]
    fn sites_stand_whatever_fails_and_each_machine_is_in_the_books() {
        let simulation = Simulation::new()
            .workflow::<Opening>()
            .workflow_with::<provision>(|choices| {
                Ok((choices.value()?, usize::from(choices.value::<u8>()? % 5)))
            })
            .workflow::<Relocation>()
            .activity::<allocate>()
            .activity::<release>()
            .ended::<Opening>(|run| {
                match (run.outcome().map_err(|error| error.to_string())?, machines(run)?) {
                    (Some(Ok(count)), (allocated, _)) if count != 3 || allocated != 3 => {
                        Err(format!("{count} machines, {allocated} allocated"))
                    }
                    _ => Ok(()),
                }
            })
            .ended::<Relocation>(|run| {
                match (run.outcome().map_err(|error| error.to_string())?, machines(run)?) {
                    (Some(Ok(site)), books) if books != (site.machines.len(), site.machines.len()) => {
                        Err(format!("{site:?} has {books:?} machines allocated and released"))
                    }
                    _ => Ok(()),
                }
            });
        simulation.seeds(100).assert();
    }
}
