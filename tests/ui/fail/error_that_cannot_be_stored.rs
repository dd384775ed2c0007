use longhaul::prelude::*;

struct Plain;

#[activity]
async fn reads(path: String) -> Result<String, std::io::Error> {
    Ok(path)
}

#[activity]
async fn fails() -> Result<(), Plain> {
    Err(Plain)
}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<(), Plain> {
        ctx.sleep(seconds(1)).await;
        match reads(String::new()).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Plain),
        }
    }
}

fn main() {}
