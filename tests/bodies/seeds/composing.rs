//! One step after the other, several at once, one workflow within another.

use longhaul::prelude::*;

use super::{failure, output};
use crate::driven::Driven;

#[activity]
async fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

#[workflow]
async fn example(name: String) -> Result<String, Failure> {
    Ok(greet(name).await?)
}

#[derive(Debug, Serialize, Deserialize)]
struct ExampleArgs {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Greeting {
    greeting: String,
}

#[workflow]
async fn example_with_an_object(args: ExampleArgs) -> Result<Greeting, Failure> {
    let greeting = greet(args.name).await?;
    Ok(Greeting { greeting })
}

#[test]
fn example_greets() {
    let mut run = Driven::<example>::start("world".to_owned());
    run.done("greet world", &"Hello, world!");
    assert_eq!(output(run.ended()), "Hello, world!");
    let mut run = Driven::<example_with_an_object>::start(ExampleArgs { name: "world".to_owned() });
    run.done("greet world", &"Hello!");
    assert_eq!(output(run.ended()), Greeting { greeting: "Hello!".to_owned() });
}

mod vercel {
    use super::*;

    #[activity]
    async fn validate_data(data: String) -> Result<String, Failure> {
        Ok(data)
    }

    #[activity]
    async fn process_data(data: String) -> Result<String, Failure> {
        Ok(data.to_uppercase())
    }

    #[activity]
    async fn store_data(data: String) -> Result<String, Failure> {
        Ok(data)
    }

    #[workflow]
    async fn data_pipeline(data: String) -> Result<String, Failure> {
        let validated = validate_data(data).await?;
        let processed = process_data(validated).await?;
        let stored = store_data(processed).await?;
        Ok(stored)
    }

    #[test]
    fn a_pipeline_is_one_step_after_the_other() {
        let mut run = Driven::<data_pipeline>::start("a".to_owned());
        run.done("validate_data a", &"b");
        run.done("process_data b", &"c");
        assert_eq!(run.armed(), ["store_data c"]);
        run.done("store_data c", &"d");
        assert_eq!(output(run.ended()), "d");
    }

    #[activity]
    async fn fetch_user(id: String) -> Result<String, Failure> {
        Ok(id)
    }

    #[activity]
    async fn fetch_orders(id: String) -> Result<Vec<String>, Failure> {
        Ok(vec![id])
    }

    #[activity]
    async fn fetch_preferences(_id: String) -> Result<String, Failure> {
        Ok("dark".to_owned())
    }

    #[workflow]
    async fn fetch_user_data(id: String) -> Result<(String, Vec<String>, String), Failure> {
        let (user, orders, preferences) =
            try_join!(fetch_user(id.clone()), fetch_orders(id.clone()), fetch_preferences(id))?;
        Ok((user, orders, preferences))
    }

    #[test]
    fn what_does_not_depend_on_each_other_runs_at_once() {
        let mut run = Driven::<fetch_user_data>::start("ann".to_owned());
        assert_eq!(run.armed(), ["fetch_user ann", "fetch_orders ann", "fetch_preferences ann"]);
        run.done("fetch_preferences", &"dark");
        run.done("fetch_user", &"Ann");
        run.done("fetch_orders", &["tea"]);
        assert_eq!(output(run.ended()), ("Ann".to_owned(), vec!["tea".to_owned()], "dark".to_owned()));
    }

    #[activity]
    async fn send_email(user: String) {
        println!("an email to {user}");
    }

    #[activity]
    async fn send_push_notification(user: String) {
        println!("a notification to {user}");
    }

    #[activity]
    async fn create_account(user: String) -> Result<(), Failure> {
        if user.is_empty() { Err(Failure::msg("nobody")) } else { Ok(()) }
    }

    #[activity]
    async fn set_up_preferences(user: String) {
        println!("the preferences of {user}");
    }

    #[workflow]
    async fn send_notifications(user: &str) -> Result<bool, Failure> {
        send_email(user.to_owned()).await?;
        send_push_notification(user.to_owned()).await?;
        Ok(true)
    }

    #[workflow]
    async fn onboard_user(user: String) -> Result<String, Failure> {
        create_account(user.clone()).await?;
        send_notifications(&user).await?;
        set_up_preferences(user.clone()).await?;
        Ok(format!("{user} is onboarded"))
    }

    #[test]
    fn a_workflow_awaits_another_in_place() {
        let mut run = Driven::<onboard_user>::start("ann".to_owned());
        for step in ["create_account", "send_email", "send_push_notification", "set_up_preferences"] {
            assert_eq!(run.armed(), [format!("{step} ann")]);
            run.done(step, &());
        }
        assert_eq!(output(run.ended()), "ann is onboarded");
    }
}

mod dbos {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Example {}

    #[workflow]
    impl Example {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            ctx.run("step one", async { Ok(println!("Step one completed!")) }).await?;
            for _ in 0..5 {
                println!("Press Control + C to stop the app...");
                ctx.sleep(seconds(1)).await;
            }
            ctx.run("step two", async { Ok(println!("Step two completed!")) }).await?;
            // The document's rule is kept by the compiler: what is not deterministic stands in a step.
            let body = ctx.run("fetch body", async { Ok(std::fs::read_to_string("/proc/version")?) }).await?;
            Ok(body)
        }
    }

    #[test]
    fn steps_are_written_where_they_are_called() {
        let mut run = Driven::<Example>::start(());
        run.done("run.step one", &());
        for _ in 0..5 {
            run.fire();
        }
        run.done("run.step two", &());
        run.done("run.fetch body", &"Linux");
        assert_eq!(output(run.ended()), "Linux");
    }

    #[workflow]
    async fn example_workflow(first: String, second: String) -> String {
        first + &second
    }

    #[workflow]
    async fn refuses(first: String) -> Result<String, Failure> {
        Err(Failure::msg(format!("{first}: an error ends the run")))
    }

    #[test]
    fn a_workflow_may_await_nothing() {
        let run = Driven::<example_workflow>::start(("one".to_owned(), "two".to_owned()));
        let Some(longhaul::machine::Ended::Completed(both)) = run.ended() else {
            panic!("it awaits nothing")
        };
        assert_eq!(both, "onetwo");
        let run = Driven::<refuses>::start("no".to_owned());
        assert_eq!(failure(run.ended()), "no: an error ends the run");
    }
}
