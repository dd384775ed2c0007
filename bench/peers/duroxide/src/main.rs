//! Three no-op activities in sequence on duroxide and SQLite, all options as they are by default.
//!
//! `peer-duroxide FOLDER`: the folder is where the database goes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::Runtime;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::{ActivityContext, Client, OrchestrationContext, OrchestrationRegistry, OrchestrationStatus};

const A_RUN_AT_MOST: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Result<(), load::Error> {
    let file = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?).join("duroxide.db");
    std::fs::File::create(&file)?;
    let store = Arc::new(SqliteProvider::new(&format!("sqlite:{}", file.display()), None).await?);
    let activities = ActivityRegistry::builder()
        .register("nothing", |_: ActivityContext, number: String| async move { next(&number) })
        .build();
    let orchestrations = OrchestrationRegistry::builder()
        .register("three_steps", |context: OrchestrationContext, number: String| async move {
            let one = context.schedule_activity("nothing", number).await?;
            let two = context.schedule_activity("nothing", one).await?;
            context.schedule_activity("nothing", two).await
        })
        .build();
    let runtime = Runtime::start_with_store(store.clone(), activities, orchestrations).await;
    let client = Arc::new(Client::new(store));
    load::measure(move |number| {
        let client = Arc::clone(&client);
        async move {
            let id = format!("run-{number}");
            client.start_orchestration(&id, "three_steps", "1").await?;
            match client.wait_for_orchestration(&id, A_RUN_AT_MOST).await {
                Ok(OrchestrationStatus::Completed { output, .. }) if output == "4" => Ok(()),
                other => Err(format!("{id}: {other:?}").into()),
            }
        }
    })
    .await?;
    runtime.shutdown(None).await;
    Ok(())
}

fn next(number: &str) -> Result<String, String> {
    let number: u64 = number.parse().map_err(|error| format!("{number}: {error}"))?;
    Ok((number + 1).to_string())
}
