use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    name: Option<String>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if let Some(name) = &self.name {
            num(1).await?;
            return Ok(name.len() as u32);
        }
        Ok(n)
    }

    #[signal]
    fn forget(&mut self) {
        self.name = None;
    }
}

fn main() {}
