//! Timers, conditions and races.

use longhaul::prelude::*;

use super::{failure, output};
use crate::driven::Driven;

#[activity]
async fn call(name: String) -> Result<String, Failure> {
    Ok(name)
}

fn do_it(name: &str) -> longhaul::ActivityCall<call> {
    call(name.to_owned())
}

mod vercel {
    use super::*;

    /// The document's hook is a trigger, which a signal resolves.
    #[derive(Default, Serialize, Deserialize)]
    struct ExternalTask {
        hook: Option<Trigger<bool>>,
    }

    #[workflow]
    impl ExternalTask {
        #[run]
        async fn run(&mut self, ctx: &Context, user: String) -> Result<bool, Failure> {
            let hook = ctx.trigger();
            self.hook = Some(hook.clone());
            call(user).await?;
            select! {
                _ = hook => Ok(true),
                () = ctx.sleep(days(1)) => Ok(false),
            }
        }

        #[signal]
        fn call_back(&mut self, approved: bool) {
            if let Some(hook) = &self.hook {
                hook.resolve(approved);
            }
        }
    }

    #[test]
    fn a_hook_or_a_day_whichever_comes_first() {
        let mut run = Driven::<ExternalTask>::start("ann".to_owned());
        run.done("call ann", &"");
        run.signal("call_back", &(true,));
        assert!(output(run.ended()));
        let mut run = Driven::<ExternalTask>::start("ann".to_owned());
        run.signal("call_back", &(true,));
        run.done("call ann", &"");
        assert!(output(run.ended()), "it is registered when it is made, not when it is awaited");
        let mut run = Driven::<ExternalTask>::start("ann".to_owned());
        run.done("call ann", &"");
        run.fire();
        assert!(!output(run.ended()));
    }

    #[derive(Default, Serialize, Deserialize)]
    struct Approval {
        approved: Option<bool>,
    }

    #[workflow]
    impl Approval {
        #[run]
        async fn run(&mut self, ctx: &Context, request: String) -> Result<bool, Failure> {
            call(request).await?;
            timeout(days(7), ctx.wait_until(|| self.approved.is_some()))
                .await
                .map_err(|_| Failure::msg("the request expired after 7 days"))?;
            Ok(self.approved == Some(true))
        }

        #[signal]
        fn answer(&mut self, approved: bool) {
            self.approved = Some(approved);
        }
    }

    #[test]
    fn an_approval_expires() {
        let mut run = Driven::<Approval>::start("r".to_owned());
        run.done("call", &"");
        run.signal("answer", &(true,));
        assert!(output(run.ended()));
        let mut run = Driven::<Approval>::start("r".to_owned());
        run.done("call", &"");
        run.fire();
        assert_eq!(failure(run.ended()), "the request expired after 7 days");
    }

    #[workflow]
    async fn process_with_timeout(data: String) -> Result<String, Failure> {
        match timeout(seconds(30), call(data)).await {
            Ok(result) => Ok(result?),
            Err(Elapsed) => Err(Failure::msg("it took more than 30 seconds")),
        }
    }

    #[test]
    fn what_takes_too_long_fails_and_is_not_waited_for() {
        let mut run = Driven::<process_with_timeout>::start("d".to_owned());
        run.done("call d", &"done");
        assert_eq!(output(run.ended()), "done");
        let mut run = Driven::<process_with_timeout>::start("d".to_owned());
        run.fire();
        assert!(run.armed().is_empty());
        assert_eq!(failure(run.ended()), "it took more than 30 seconds");
    }

    /// Guests answer while the run waits for the day: each answer has its own hook.
    #[derive(Default, Serialize, Deserialize)]
    struct Birthday {
        hooks: Vec<Trigger<String>>,
        rsvps: Vec<String>,
    }

    #[workflow]
    impl Birthday {
        #[run]
        async fn run(
            &mut self,
            ctx: &Context,
            prompt: String,
            friends: Vec<String>,
            birthday: std::time::Duration,
        ) -> Result<String, Failure> {
            let text = call(prompt).await?;
            let image = call(format!("image of {text}")).await?;
            let hooks: Vec<Trigger<String>> = friends.iter().map(|_| ctx.trigger()).collect();
            self.hooks.clone_from(&hooks);
            try_join_all(friends.iter().map(|friend| call(format!("invite {friend}")))).await?;
            for hook in hooks {
                ctx.spawn(async move {
                    let rsvp = hook.await;
                    self.rsvps.push(rsvp);
                })
                .detach();
            }
            ctx.sleep(birthday).await;
            call(format!("{text}, {image}, {} come", self.rsvps.len())).await?;
            Ok(self.rsvps.join(", "))
        }

        #[signal]
        fn rsvp(&mut self, friend: usize, answer: String) {
            if let Some(hook) = self.hooks.get(friend) {
                hook.resolve(answer);
            }
        }
    }

    #[test]
    fn a_birthday_card_is_sent_with_the_answers_that_came() {
        let friends = ["ann", "bob", "cid"].map(str::to_owned).to_vec();
        let mut run = Driven::<Birthday>::start(("card".to_owned(), friends, days(30)));
        run.done("call card", &"text");
        run.done("call image of text", &"image");
        assert_eq!(run.armed(), ["call invite ann", "call invite bob", "call invite cid"]);
        run.signal("rsvp", &(2, "cid comes"));
        for friend in ["ann", "cid", "bob"] {
            run.done(&format!("call invite {friend}"), &"");
        }
        run.signal("rsvp", &(0, "ann comes"));
        run.fire();
        assert_eq!(run.armed(), ["call text, image, 2 come"]);
        run.done("call text", &"");
        assert_eq!(output(run.ended()), "cid comes, ann comes");
    }
}

mod temporal {
    use super::*;

    #[workflow]
    async fn sleep_until(ctx: &Context, date: jiff::Timestamp) {
        ctx.sleep_until(date).await;
    }

    #[workflow]
    async fn wakes_up(ctx: &Context, date: jiff::Timestamp) -> Result<String, Failure> {
        sleep_until(ctx, date).await;
        ctx.sleep(days(30)).await;
        Ok("awake".to_owned())
    }

    #[test]
    fn september_ends() {
        let mut run = Driven::<wakes_up>::start("2022-09-30T00:00:00Z".parse().unwrap());
        assert_eq!(run.armed(), ["timer 1664496000000000"]);
        run.fire();
        run.fire();
        assert_eq!(output(run.ended()), "awake");
    }

    #[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
    enum Purchase {
        #[default]
        Pending,
        Confirmed,
        Cancelled,
    }

    #[derive(Default, Serialize, Deserialize)]
    struct OneClickBuy {
        state: Purchase,
    }

    #[workflow]
    impl OneClickBuy {
        #[run]
        async fn run(&mut self, ctx: &Context, item: String) -> Result<String, Failure> {
            if timeout(seconds(5), ctx.wait_until(|| self.state == Purchase::Cancelled)).await.is_ok() {
                Ok(call(format!("cancelled {item}")).await?)
            } else {
                self.state = Purchase::Confirmed;
                Ok(call(format!("checkout {item}")).await?)
            }
        }

        #[signal]
        fn cancel_purchase(&mut self) {
            self.state = Purchase::Cancelled;
        }

        #[query]
        fn state(&self) -> Purchase {
            self.state
        }
    }

    #[test]
    fn a_purchase_can_be_cancelled_for_five_seconds() {
        let mut run = Driven::<OneClickBuy>::start("tea".to_owned());
        run.signal("cancel_purchase", &());
        assert_eq!(run.armed(), ["call cancelled tea"]);
        let mut run = Driven::<OneClickBuy>::start("tea".to_owned());
        run.fire();
        assert_eq!((run.armed(), run.value.state()), (vec!["call checkout tea"], Purchase::Confirmed));
    }

    #[workflow]
    async fn process_order(ctx: &Context, slow: std::time::Duration) -> Result<String, Failure> {
        let mut processing = ctx.spawn(do_it("process"));
        let in_time = select! {
            done = &mut processing => Some(done??),
            () = ctx.sleep(slow) => None,
        };
        match in_time {
            Some(done) => Ok(done),
            None => {
                do_it("notify").await?;
                Ok(processing.await??)
            }
        }
    }

    #[test]
    fn who_waits_long_is_told_and_the_order_goes_on() {
        let mut run = Driven::<process_order>::start(minutes(5));
        run.done("call process", &"fast");
        assert_eq!(output(run.ended()), "fast");
        let mut run = Driven::<process_order>::start(minutes(5));
        run.fire();
        assert_eq!(run.armed(), ["call process", "call notify"]);
        run.done("call notify", &"");
        run.done("call process", &"slow");
        assert_eq!(output(run.ended()), "slow");
    }

    /// The document's warning: what is chained to a timer that has lost the race runs all the same. Here it is not left over.
    #[derive(Default, Serialize, Deserialize)]
    struct Racing {
        status: String,
    }

    #[workflow]
    impl Racing {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            select! {
                () = async {
                    ctx.sleep(seconds(5)).await;
                    self.status = "timed out".to_owned();
                } => {}
                done = do_it("something") => {
                    done?;
                    self.status = "processed".to_owned();
                }
            }
            if self.status == "processed" {
                do_it("complete").await?;
            }
            Ok(self.status.clone())
        }
    }

    #[test]
    fn what_has_lost_a_race_does_nothing_any_more() {
        let mut run = Driven::<Racing>::start(());
        run.done("call something", &"");
        assert_eq!(run.armed(), ["call complete"], "the timer is gone");
        run.done("call complete", &"");
        assert_eq!(output(run.ended()), "processed");
    }

    /// The document's `UpdatableTimer`: a deadline that a signal moves.
    #[derive(Default, Serialize, Deserialize)]
    struct Countdown {
        deadline: jiff::Timestamp,
        moved: bool,
    }

    #[workflow]
    impl Countdown {
        #[run]
        async fn run(&mut self, ctx: &Context, day: std::time::Duration) -> Result<u32, Failure> {
            self.deadline = ctx.now() + day;
            let mut turns = 0;
            loop {
                turns += 1;
                self.moved = false;
                select! {
                    () = ctx.wait_until(|| self.moved) => {}
                    () = ctx.sleep_until(self.deadline) => return Ok(turns),
                }
            }
        }

        #[signal]
        fn set_deadline(&mut self, deadline: jiff::Timestamp) {
            self.deadline = deadline;
            self.moved = true;
        }

        #[query]
        fn deadline(&self) -> jiff::Timestamp {
            self.deadline
        }
    }

    #[test]
    fn a_timer_is_moved_and_none_is_left_behind() {
        let mut run = Driven::<Countdown>::start(days(1));
        assert_eq!(run.armed(), ["timer 86400000001"]);
        let sooner: jiff::Timestamp = "1970-01-01T01:00:00Z".parse().unwrap();
        run.signal("set_deadline", &(sooner,));
        assert_eq!(run.armed(), ["timer 3600000000"]);
        assert_eq!(run.value.deadline(), sooner);
        run.fire();
        assert_eq!(output(run.ended()), 2);
    }
}
