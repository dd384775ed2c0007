//! One workflow with much of what the language has around `.await`: the generator's machines, checked by the kit.

use longhaul::prelude::*;
use longhaul::testing::{ReplayCheck, replay_is_deterministic};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Plan {
    Rest(u8),
    Ask { question: String, patience: Option<u8> },
    Count(Vec<u16>),
    Stop,
}

#[activity]
pub(crate) async fn answer(question: String, nth: u64) -> Result<Option<Plan>, String> {
    if question.is_empty() { Err(question) } else { Ok(nth.is_multiple_of(2).then_some(Plan::Stop)) }
}

#[activity]
pub(crate) async fn weigh(number: u16) -> u32 {
    number.into()
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Planner {
    asked: u64,
    hints: Vec<String>,
    log: Vec<String>,
}

#[workflow]
impl Planner {
    #[run]
    async fn run(&mut self, ctx: &Context, plans: Vec<Plan>, limit: u32) -> Result<Vec<String>, String> {
        let mut sum = 1_u32;
        'plans: for (at, plan) in plans.into_iter().enumerate().collect::<Vec<_>>() {
            let before = sum;
            match plan {
                Plan::Stop if at == 0 => continue 'plans,
                Plan::Stop => break 'plans,
                Plan::Rest(minutes_long) => {
                    if minutes_long > 3 {
                        self.log.push(format!("long rest {minutes_long}"));
                    }
                    ctx.sleep(minutes(minutes_long.into())).await;
                }
                Plan::Ask { question, patience } => {
                    let patience = patience.unwrap_or(1);
                    let found = self.ask(ctx, question, patience).await?;
                    sum = sum.wrapping_add(found) ^ self.hints.len() as u32;
                }
                Plan::Count(numbers) => {
                    let mut left = numbers.len();
                    while left > 0 {
                        left -= 1;
                        let heavy = weigh(numbers[left]).await.unwrap_or(7);
                        sum = sum.wrapping_mul(3).wrapping_add(heavy);
                        if sum > limit {
                            continue 'plans;
                        }
                    }
                }
            }
            self.log.push(format!("{at}: {before} -> {sum}"));
        }
        let (one, two) = join!(
            async {
                let first = weigh(1).await.map_err(|error| error.to_string())?;
                ctx.sleep(seconds(2)).await;
                self.log.push("one".to_owned());
                Ok::<u32, String>(first)
            },
            async {
                self.log.push("two".to_owned());
                ctx.sleep(seconds(1)).await;
                sum.wrapping_add(weigh(2).await.unwrap_or_default())
            },
        );
        self.log.push(format!("{one:?} {two}"));
        Ok(std::mem::take(&mut self.log))
    }

    async fn ask(&mut self, ctx: &Context, question: String, patience: u8) -> Result<u32, String> {
        let mut tries = 0;
        loop {
            tries += 1;
            self.asked += 1;
            let seen = self.hints.len();
            let outcome = select! {
                found = answer(question.clone(), self.asked) => found,
                _ = ctx.wait_until(|| self.hints.len() > seen) => {
                    let hint = self.hints[seen].clone();
                    self.log.push(hint);
                    return Ok(tries);
                }
                _ = ctx.sleep(hours(1)) => {
                    if tries < u32::from(patience) {
                        continue;
                    }
                    Ok(None)
                }
            };
            let Ok(found) = outcome else { return Err(format!("no answer after {tries}")) };
            if let Some(Plan::Rest(length)) = found {
                ctx.sleep(minutes(length.into())).await;
            } else {
                return Ok(tries);
            }
        }
    }

    #[signal]
    fn hint(&mut self, text: String) {
        self.hints.push(text);
    }

    #[query]
    fn asked(&self) -> u64 {
        self.asked
    }
}

replay_is_deterministic!(g6_a_planner_folds_to_its_stored_state_byte_for_byte: Planner, cases = 500);

#[test]
fn the_cases_reach_every_state_of_a_planner() {
    let report = ReplayCheck::<Planner>::new().cases(300).run().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.unreached(), [""; 0], "{report}");
    assert_eq!(report.panicked(), 0, "{report}");
}
