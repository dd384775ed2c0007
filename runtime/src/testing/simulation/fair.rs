//! A world without faults: what happens next when everybody does what there is to do.

use super::ask::{Ask, AskNo};
use super::disk::Fate;
use super::model::{Holds, holds};
use super::world::{Step, World};

/// Those who ask: one question after the other, each again until it is answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Clients {
    asks: Vec<(Ask, Stage)>,
    manner: Manner,
}

/// How clients ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Manner {
    /// They wait for each answer.
    #[default]
    Patient,
    /// They do not wait for answers, so that several batches are in flight.
    #[cfg(test)]
    Eager,
    /// All that can be asked is asked at once, so that the engine has it in one turn.
    Bursting,
}

#[cfg(test)]
impl Manner {
    pub(super) const ALL: [Manner; 3] = [Manner::Patient, Manner::Eager, Manner::Bursting];
}

#[derive(Debug, Clone)]
enum Stage {
    ToAsk,
    Asked(AskNo),
    Answered,
}

/// What is next.
#[derive(Debug)]
pub(super) enum Next {
    Step(Step),
    /// This question is asked.
    Ask(usize),
}

impl Clients {
    pub(super) fn of(asks: impl IntoIterator<Item = Ask>, manner: Manner) -> Self {
        Clients { asks: asks.into_iter().map(|ask| (ask, Stage::ToAsk)).collect(), manner }
    }

    /// Whoever was not answered asks again after the next open.
    pub(super) fn crash(&mut self) {
        for (_, stage) in &mut self.asks {
            if let Stage::Asked(_) = stage {
                *stage = Stage::ToAsk;
            }
        }
    }

    /// Takes note of answers.
    pub(super) fn hear(&mut self, world: &mut World) {
        for no in std::mem::take(&mut world.heard) {
            let asked =
                self.asks.iter_mut().find(|(_, stage)| matches!(stage, Stage::Asked(of) if *of == no));
            if let Some((_, stage)) = asked {
                *stage = Stage::Answered;
            }
        }
    }

    /// Asks question `at`.
    pub(super) fn ask(&mut self, world: &mut World, at: usize) {
        let (ask, stage) = &mut self.asks[at];
        if let Some(no) = world.ask(ask) {
            *stage = Stage::Asked(no);
        }
    }

    /// Whether each question was answered.
    pub(super) fn all_answered(&self) -> Holds {
        let open = self.asks.iter().find(|(_, stage)| !matches!(stage, Stage::Answered));
        holds("liveness", open.is_none(), || format!("{open:?} was never answered"))
    }

    /// The next question that can be asked.
    fn next(&self, world: &World) -> Option<usize> {
        for (at, (ask, stage)) in self.asks.iter().enumerate() {
            match stage {
                Stage::ToAsk => {
                    let known = ask.id().is_none_or(|id| world.known.contains_key(id));
                    return (known || !ask.needs_number()).then_some(at);
                }
                // The end of a run is not waited for before something else is asked.
                Stage::Asked(_) if self.manner == Manner::Patient && !matches!(ask, Ask::Wait { .. }) => {
                    return None;
                }
                Stage::Asked(_) | Stage::Answered => {}
            }
        }
        None
    }
}

/// What happens next; `None` when nothing more does.
pub(super) fn next(world: &World, clients: &Clients) -> Option<Next> {
    let step = |step| Some(Next::Step(step));
    if world.can(Step::Out) {
        return step(Step::Out);
    }
    if world.can(Step::Land) {
        return step(Step::Land);
    }
    let asked = clients.next(world).map(Next::Ask);
    if clients.manner == Manner::Bursting && asked.is_some() {
        return asked;
    }
    // As the engine does: while one batch is written, the next is made.
    if world.has_work() && world.can(Step::Turn) {
        return step(Step::Turn);
    }
    if asked.is_some() {
        return asked;
    }
    if world.can(Step::Commit(Fate::Applied)) {
        return step(Step::Commit(Fate::Applied));
    }
    if world.outside.next().is_some_and(|when| when <= world.clock) {
        return step(Step::Happen(0));
    }
    let next = world.next_moment()?;
    step(Step::Pass(next.max(world.clock)))
}
