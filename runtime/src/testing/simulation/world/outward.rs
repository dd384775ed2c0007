//! What an engine lets out, and what happens outside.

use super::World;
use crate::core::{Effect, Input, Order, Stop};
use crate::engine::Work;
use crate::store::{Outcome, ParkReason};
use crate::testing::simulation::ask::{Answer, AskNo};
use crate::testing::simulation::model::{Holds, Started, Told, holds};
use crate::testing::simulation::names;
use crate::testing::simulation::outside::{Begins, Happening, Telling};

impl World {
    pub(super) fn carry_out(&mut self) -> Holds {
        let Some(life) = &mut self.life else { return Ok(()) };
        self.model.is_unreadable = life.store.has_failed();
        let Some(effect) = life.out.pop_front() else { return Ok(()) };
        match effect {
            Effect::Reply(send) => {
                send();
                for (no, answer) in life.mail.take() {
                    self.recording.note("answer", || format!("{no}: {answer:?}"));
                    self.hear(no, &answer)?;
                }
                Ok(())
            }
            Effect::Attempt(order) => self.order(order),
            Effect::Parked { id, reason } => {
                self.recording.note("parked", || format!("{id}: {reason}"));
                if let (ParkReason::Damaged { .. }, Some((table, _))) = (&reason, &self.model.damaged) {
                    let told = names::damage(table);
                    self.model.see(told);
                }
                let parked = self.model.run_of(&id).is_some_and(|(_, run)| {
                    let mut outcomes = run.log.iter().map(|entry| &entry.outcome);
                    outcomes.any(|outcome| *outcome == Outcome::Parked(reason.clone()))
                });
                holds("G9", parked, || format!("run `{id}` is said to be parked: {reason}"))
            }
            Effect::Damaged(damage) => {
                self.recording.note("damaged", || damage.to_string());
                let is_there = self.model.is_damaged(&damage);
                holds("G10", is_there, || format!("there is no damage, but: {damage}"))
            }
        }
    }

    fn hear(&mut self, no: AskNo, answer: &Answer) -> Holds {
        let run = self.model.hear(no, answer)?;
        if let Some((id, run)) = run {
            self.known.insert(id, run);
        }
        self.heard.push(no);
        Ok(())
    }

    fn order(&mut self, order: Order) -> Holds {
        self.model.see(names::order(&order));
        match order {
            Order::Start { task, activity, run_id, attempt, input, heartbeat, deadline, .. } => {
                self.recording.note("begin", || format!("{task:?} attempt {attempt} of {activity}"));
                let now = self.life.as_ref().map_or(self.clock, |life| life.driver.now());
                let started = Started { task, attempt, activity, run_id: &run_id, input: &input, now };
                self.model.begin(&started)?;
                let (running, of_it) = (self.outside.running(), self.outside.running_of(activity));
                let limit = self.kit.options.get(activity).and_then(|options| options.max_concurrent);
                holds(
                    "G3",
                    running < self.limits.attempts && limit.is_none_or(|limit| of_it < limit),
                    || format!("{running} attempts run, {of_it} at `{activity}`, and one more began"),
                )?;
                let begins = Begins { task, attempt, activity, input, deadline, heartbeat };
                self.outside.begin(&self.kit, now, &begins);
                Ok(())
            }
            Order::Stop { task, attempt, how } => {
                self.recording.note("stop", || format!("{task:?} attempt {attempt}: {how:?}"));
                self.model.has_begun(task, attempt)?;
                if how != Stop::Tell {
                    self.model.end(task, attempt);
                }
                let now = self.life.as_ref().map_or(self.clock, |life| life.driver.now());
                self.outside.stop(now, task, attempt, how);
                Ok(())
            }
        }
    }

    pub(super) fn happen(&mut self, n: usize) {
        let Some(happening) = self.outside.happen(n) else { return };
        self.recording.note("outside", || format!("{happening:?}"));
        let Some(life) = &mut self.life else { return };
        self.model.see(names::happening(&happening));
        match &happening {
            Happening::Ends { task, attempt, end, .. } => {
                self.model.see(names::attempt(&end.to_attempt_end()));
                self.model.end(*task, *attempt);
                self.model.tell(*task, end.clone());
            }
            Happening::Beats { .. } | Happening::HandsOut { .. } => {}
            Happening::Outside { token, activity, telling, has_token } => {
                if life.finishing {
                    return;
                }
                let no = self.next_ask;
                self.next_ask += 1;
                let (token, told) = (token.clone(), telling.to_told(activity));
                let end = match telling {
                    Telling::Ended(end) => Some(end.clone()),
                    Telling::Heartbeat(_) => None,
                };
                if let (Some(end), true) = (&end, *has_token) {
                    self.model.tell(token.task, end.clone());
                }
                let telling = Told { token: token.clone(), activity, end, has_token: *has_token };
                self.model.tellings.insert(no, telling);
                let reply = life.mail.reply(no, Answer::Outside);
                return life.work.push(Work::Input(Input::Outside { token, told, reply }));
            }
        }
        life.work.extend(happening.to_input().map(Work::Input));
    }
}
