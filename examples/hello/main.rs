//! A workflow in one glance: it greets, waits for a reply or a day, and says goodbye.

use longhaul::Engine;
use longhaul::prelude::*;

#[activity]
async fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

#[derive(Default, Serialize, Deserialize)]
struct Hello {
    reply: Option<String>,
}

#[workflow]
impl Hello {
    #[run]
    async fn run(&mut self, ctx: &Context, name: String) -> Result<String, Failure> {
        let greeting = greet(name).await?;
        if timeout(days(1), ctx.wait_until(|| self.reply.is_some())).await.is_err() {
            return Err(Failure::msg("nobody replied"));
        }
        let reply = self.reply.take().unwrap_or_default();
        Ok(format!("{greeting} {reply}"))
    }

    #[signal]
    fn reply(&mut self, text: String) {
        self.reply = Some(text);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().workflow::<Hello>().activity::<greet>().open_in_memory().await?;
    let hello = engine.start::<Hello>("ann".to_owned()).id("hello-1").await?;
    hello.reply("Hi!").await?;
    println!("{}", hello.result().await?);
    engine.shutdown().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use longhaul::testing::simulation::Simulation;

    use super::*;

    longhaul::testing::replay_is_deterministic!(Hello);

    #[test]
    fn hello_stands_whatever_fails() {
        let greets_first = |run: &longhaul::testing::simulation::Ended<'_, Hello>| {
            let greeted = run.deeds::<greet>().map_err(|error| error.to_string())?;
            match run.outcome().map_err(|error| error.to_string())? {
                Some(Ok(said)) if !greeted.iter().any(|deed| said.starts_with(&deed.output)) => {
                    Err(format!("it said {said}, and the world outside has {greeted:?}"))
                }
                _ => Ok(()),
            }
        };
        Simulation::new().workflow::<Hello>().activity::<greet>().ended(greets_first).seeds(60).assert();
    }
}
