use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    done: bool,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let later = async { num(n).await };
        let closure = async |x: u32| num(x).await;
        let items = &self.items;
        let kept = async move { (num(2).await, items.len()) };
        Ok(n)
    }
}

fn main() {}
