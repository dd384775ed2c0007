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
        let text = std::fs::read_to_string("x")?;
        tokio::time::sleep(seconds(1)).await;
        tokio::spawn(work);
        let now = std::time::SystemTime::now();
        let then = Instant::now();
        let id = Uuid::new_v4();
        let r = rand::random::<u32>();
        let home = std::env::var("HOME");
        std::thread::sleep(seconds(1));
        Ok(n)
    }

    #[signal]
    fn stop(&mut self) {
        std::process::exit(1);
    }
}

fn main() {}
