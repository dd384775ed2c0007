use longhaul::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Result {
    Won,
    Lost,
}

type Outcome = Result;

#[activity]
async fn play() -> Outcome {
    Result::Won
}

#[derive(Default, Serialize, Deserialize)]
struct Game {}

#[workflow]
impl Game {
    #[run]
    async fn run(&mut self) -> Result {
        play().await.unwrap_or(Result::Lost)
    }
}

fn main() {}
