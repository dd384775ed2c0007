//! Three no-op side effects in sequence on Restate: the service and its callers are this process, the server is another.
//!
//! `peer-restate INGRESS ADMIN`: the addresses of the server's two HTTP interfaces, such as `http://127.0.0.1:8080`.

use restate_sdk::prelude::*;

struct ThreeSteps;

#[service]
impl ThreeSteps {
    #[handler]
    async fn run(&self, context: Context<'_>, number: u64) -> HandlerResult<u64> {
        let one = context.run(|| nothing(number)).await?;
        let two = context.run(|| nothing(one)).await?;
        Ok(context.run(|| nothing(two)).await?)
    }
}

async fn nothing(number: u64) -> HandlerResult<u64> {
    Ok(number + 1)
}

#[tokio::main]
async fn main() -> Result<(), load::Error> {
    let mut addresses = std::env::args().skip(1);
    let (ingress, admin) = addresses.next().zip(addresses.next()).ok_or("which addresses?")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let service = format!(r#"{{"uri": "http://{}"}}"#, listener.local_addr()?);
    tokio::spawn(HttpServer::new(Endpoint::builder().bind(ThreeSteps).build()).serve(listener));

    let client = reqwest::Client::new();
    post(&client, &format!("{admin}/deployments"), &service).await?;
    let run = format!("{ingress}/ThreeSteps/run");
    load::measure(move |_| {
        let (client, run) = (client.clone(), run.clone());
        async move {
            match post(&client, &run, "1").await?.as_str() {
                "4" => Ok(()),
                other => Err(format!("a run ended with {other}").into()),
            }
        }
    })
    .await
}

async fn post(client: &reqwest::Client, address: &str, body: &str) -> Result<String, reqwest::Error> {
    let answer =
        client.post(address).header("content-type", "application/json").body(body.to_owned()).send().await?;
    answer.error_for_status()?.text().await
}
