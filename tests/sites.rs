//! Workflows and activities of a library, for programs that are other crates.

use longhaul::prelude::*;

/// Where a site can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Region {
    /// There is room.
    North,
    /// There is none.
    South,
}

/// What was provisioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: Region,
}

/// Finds a machine in a region.
#[activity(retry(max_attempts = 1))]
pub async fn allocate(region: Region) -> Result<u32, Failure> {
    if region == Region::South { Err(Failure::msg("there is no room in the south")) } else { Ok(7) }
}

/// Provisions a site: a machine is found, and settles.
#[workflow]
pub async fn provision(ctx: &Context, name: String, region: Region) -> Result<Site, Failure> {
    let machine = allocate(region.clone()).await?;
    ctx.sleep(std::time::Duration::from_millis(5)).await;
    Ok(Site { name: format!("{name}-{machine}"), region })
}

/// Moves a site, and waits to be told that it may.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Relocation {
    allowed: bool,
}

#[workflow]
impl Relocation {
    /// Provisions the site in the north.
    #[run]
    pub async fn run(&mut self, ctx: &Context, site: Site) -> Result<Site, Failure> {
        ctx.wait_until(|| self.allowed).await;
        provision(ctx, site.name, Region::North).await
    }

    /// Lets it go on.
    #[signal]
    pub fn allow(&mut self) {
        self.allowed = true;
    }

    /// Whether it was let go on.
    #[query]
    pub fn is_allowed(&self) -> bool {
        self.allowed
    }
}
