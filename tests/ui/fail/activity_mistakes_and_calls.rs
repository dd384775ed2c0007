//! A wrong activity is told once, and calls of it are no errors.
use longhaul::prelude::*;

#[activity]
async fn greet(name: &str) -> String {
    name.to_owned()
}

#[activity]
async fn load(n: u32) -> Result<String, Box<dyn std::error::Error>> {
    Ok(std::fs::read_to_string(n.to_string())?)
}

#[activity]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

struct Payments;

#[activities]
impl Payments {
    #[activity]
    async fn charge(&self, card: &str) -> u32 {
        card.len() as u32
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, _ctx: &Context) -> Result<u32, Failure> {
        let name: String = greet("Ada".to_owned()).await?;
        let text: String = load(1).await?;
        let sum: u32 = add(1, 2).await?;
        Ok(sum + Payments::charge(format!("{name}{text}")).await?)
    }
}

fn main() {}
