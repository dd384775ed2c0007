use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let __value = num(n).await?;
        let place = &raw const self.items[num(n).await? as usize];
        Ok(__value + u32::from(place.is_null()))
    }
}

fn main() {}
