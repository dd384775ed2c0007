//! Handlers of signals and updates beside a run that is cancelled.

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Refused(String);

#[derive(Default, Serialize, Deserialize)]
struct Desk {
    log: Vec<String>,
    answer: Option<Trigger<u32>>,
    closing: bool,
}

#[workflow]
impl Desk {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let answer = ctx.trigger();
        self.answer = Some(answer.clone());
        ctx.wait_until(|| self.closing).await;
        self.log.push("closing".to_owned());
        let answer = answer.await;
        ctx.all_handlers_finished().await;
        Ok(format!("{answer} {}", self.log.join(", ")))
    }

    #[signal]
    fn close(&mut self) {
        self.closing = true;
    }

    #[signal]
    fn decide(&mut self, number: u32) {
        if let Some(answer) = &self.answer {
            answer.resolve(number);
        }
    }

    #[signal]
    async fn note(&mut self, ctx: &Context, text: String) {
        self.log.push(format!("{text} begins"));
        self.closing = true;
        let done = work(text.clone()).await;
        ctx.sleep(seconds(1)).await;
        self.log.push(format!("{text} {}", done.is_ok()));
    }

    #[update]
    fn rename(&mut self, to: String) -> usize {
        self.log.push(to);
        self.log.len()
    }

    #[update(validate = is_short)]
    async fn send(&mut self, text: String) -> Result<u32, Refused> {
        self.log.push(format!("sending {text}"));
        work(text).await.map_err(|error| Refused(error.to_string()))
    }

    #[allow(clippy::unused_self)] // As validators are called.
    fn is_short(&self, text: &str) -> Result<(), Refused> {
        if text.len() < 10 { Ok(()) } else { Err(Refused(format!("{} letters", text.len()))) }
    }
}

#[test]
fn an_async_signal_runs_beside_and_its_first_part_before_the_run_goes_on() {
    let mut run = Driven::<Desk>::start(());
    run.signal("note", &("a",));
    assert_eq!(run.value.log, ["a begins", "closing"]);
    run.signal("note", &("b",));
    run.signal("decide", &(3,));
    run.signal("decide", &(4,));
    assert_eq!(run.armed(), ["work a", "work b"]);
    run.done("work b", &1);
    run.fire();
    run.done("work a", &1);
    assert!(run.ended().is_none(), "it waits for the handler");
    run.fire();
    assert_eq!(completed(run.ended()), "3 a begins, closing, b begins, b true, a true");
}

#[test]
fn a_trigger_that_is_resolved_before_it_is_awaited_is_remembered() {
    let mut run = Driven::<Desk>::start(());
    run.signal("decide", &(8,));
    run.signal("close", &());
    assert_eq!(completed(run.ended()), "8 closing");
}

#[test]
fn updates_answer_at_once_or_when_they_are_done_and_a_refused_one_leaves_no_trace() {
    let mut run = Driven::<Desk>::start(());
    assert_eq!(run.update("first", "rename", &("x",)), None);
    assert_eq!(run.answer::<usize>("first"), Some(1));
    assert_eq!(run.update("second", "send", &("short",)), None);
    assert_eq!(run.answer::<Result<u32, Refused>>("second"), None);
    let refusal = run.update("third", "send", &("much too long",)).expect("it is refused");
    let refusal: Result<u32, Refused> = longhaul::codec::decode(&refusal).unwrap();
    assert_eq!(refusal, Err(Refused("13 letters".to_owned())));
    assert_eq!(run.value.log, ["x", "sending short"]);
    run.done("work short", &5);
    assert_eq!(run.answer("second"), Some(Ok::<u32, Refused>(5)));
}
