//! What a random simulation does, as a list of moves: it follows from a seed, can be made smaller, and can be read.

use std::fmt;
use std::time::Duration;

use super::ask::Ask;
use super::dice::Dice;
use super::disk::Fate;
use super::kit::{Binary, Kit, Sort};
use super::world::IN_FLIGHT;
use crate::codec::{self, Payload};
use crate::core::Limits;
use crate::error::StartError;
use crate::sample::Sampler;
use crate::time::{days, hours, seconds};

/// Something that happens in a random simulation. What cannot be done at its moment is not done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Move {
    /// A client asks something.
    Ask(Ask),
    /// So many steps without faults.
    Go(u64),
    /// A turn of the engine.
    Turn,
    /// The oldest batch in flight is written, or is not.
    Commit(Fate),
    /// All batches in flight are written together, or are not.
    Together(Fate),
    /// The engine is told of a batch that was written.
    Land,
    /// Something that is to happen outside happens now: this one, counted round.
    Happen(u64),
    /// The clock goes forward.
    Pass(Duration),
    /// The clock goes back.
    Back(Duration),
    /// The process ends; so many of the batches that are in flight survive, if there are as many.
    Crash(usize),
    /// The process ends while it opens the engine, at this read.
    CrashOpening(u64),
    /// After so many reads one fails.
    FailRead(u64),
    /// The process ends, and this binary takes its place.
    Deploy(Binary),
    /// The process ends, and until the next one does a bit of a stored value is not what it was.
    Damage { nth: u64, bit: u64 },
    /// Who waits for a run that is parked is told so.
    GiveUp,
    /// The engine ends in an orderly way.
    Close,
    /// The engine begins no attempt and takes up nothing new; after so many steps it ends.
    Finish(u64),
}

/// What a random simulation does.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) limits: Limits,
    pub(super) moves: Vec<Move>,
}

/// How many ids of updates there are.
const UPDATES: u64 = 6;

/// How many moves a plan has at most.
const MOST_MOVES: u64 = 120;

/// What the clocks of machines are seen to do.
const PASSES: [Duration; 7] = [
    Duration::from_micros(1),
    Duration::from_millis(5),
    Duration::from_millis(60),
    Duration::from_millis(500),
    seconds(5),
    hours(3),
    days(40),
];

impl Plan {
    /// The plan of a seed.
    pub(super) fn of(kit: &Kit, seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let mut limits = super::LIMITS;
        limits.hot_runs = dice.one_of(&[0, 1, 2, 10_000]);
        limits.near_timers = dice.one_of(&[1, 2, 10_000]);
        limits.small_states = dice.one_of(&[0, 4_096]);
        limits.tail = dice.one_of(&[0, 250, 512]);
        limits.attempts = dice.one_of(&[1, 2, 100]);
        limits.inbox = dice.one_of(&[0, 2, 1_000]);
        let mut writer = Writer { kit, seed, runs: 1 + dice.below(4), dice, moves: Vec::new() };
        for _ in 0..=writer.dice.below(MOST_MOVES) {
            writer.add();
        }
        Plan { seed, limits, moves: writer.moves }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "with {:?}:", self.limits)?;
        self.moves.iter().try_for_each(|one| writeln!(f, "    {one:?}"))
    }
}

struct Writer<'a> {
    kit: &'a Kit,
    seed: u64,
    /// How many ids there are.
    runs: u64,
    dice: Dice,
    moves: Vec<Move>,
}

impl Writer<'_> {
    fn add(&mut self) {
        let one = match self.dice.below(75) {
            0..24 => return self.add_ask(),
            24..27 => return self.add_between(),
            27..38 => Move::Go(1 + self.dice.below(16)),
            38..42 => Move::Turn,
            42..45 => Move::Commit(Fate::Applied),
            45..48 => Move::Land,
            48..52 => Move::Happen(self.dice.below(8)),
            52..55 => Move::Pass(self.dice.one_of(&PASSES)),
            55 => Move::Back(self.dice.one_of(&PASSES)),
            56..59 => Move::Crash(self.survive()),
            59 => Move::Commit(self.dice.one_of(&Fate::FAILURES)),
            60 => Move::CrashOpening(self.dice.below(6)),
            61..63 => Move::FailRead(self.dice.below(4)),
            63 => Move::Close,
            64 => return self.add_deploy(),
            65 => Move::Deploy(Binary::Whole),
            66..70 => Move::GiveUp,
            72..75 => return self.add_damage(),
            _ => Move::Finish(self.dice.below(12)),
        };
        self.moves.push(one);
    }

    fn add_ask(&mut self) {
        let ask = self.ask();
        // A storm, or one who asks twice.
        let times = if self.dice.once_in(8) { 2 + self.dice.below(4) } else { 1 };
        for _ in 0..times {
            self.moves.push(Move::Ask(ask.clone()));
        }
        // Some runs end before they are done with what was asked of them.
        if let Ask::Update { id, .. } = ask
            && self.dice.once_in(6)
        {
            let steps = 1 + self.dice.below(8);
            let reason = "before it is done".to_owned();
            self.moves.extend([Move::Go(steps), Move::Ask(Ask::Terminate { id, reason })]);
        }
    }

    /// A binary that lacks something takes over from one that has just done something.
    fn add_deploy(&mut self) {
        let binary = self.dice.one_of(&[Binary::First, Binary::WithoutFirst]);
        let nth = self.dice.below(self.runs);
        let (id, mut own) = (format!("run-{nth}"), Dice::for_one(self.seed, &[nth]));
        let Some(sort) = sort(self.kit, &mut own) else { return };
        let (workflow, input) = (sort.workflow.name, input(sort, &mut own));
        let seed = self.dice.below(u64::MAX);
        let start = Ask::Start { workflow, id: id.clone(), input, seed };
        self.moves.extend([Move::Ask(start), Move::Go(12)]);
        for _ in 0..2 {
            let signal = self.signal(sort, id.clone());
            self.moves.extend([Move::Ask(signal), Move::Go(5)]);
        }
        let after = match self.dice.below(6) {
            0 => Ask::Cancel { id },
            1 => Ask::Terminate { id, reason: "of no use".to_owned() },
            2 => Ask::Redrive { id },
            _ => self.signal(sort, id),
        };
        self.moves.extend([Move::Deploy(binary), Move::Ask(after), Move::Go(6)]);
    }

    /// Something is damaged, and then looked at.
    fn add_damage(&mut self) {
        let damage = Move::Damage { nth: self.dice.below(1 << 32), bit: self.dice.below(1 << 32) };
        self.moves.extend([damage, Move::Go(3), Move::Ask(Ask::List)]);
        for _ in 0..3 {
            let ask = self.ask();
            self.moves.extend([Move::Ask(ask), Move::Go(5)]);
        }
        let nth = self.dice.below(self.runs);
        let id = format!("run-{nth}");
        if let Some(sort) = sort(self.kit, &mut Dice::for_one(self.seed, &[nth])) {
            let updates = (0..UPDATES).map(|nth| Move::Ask(self.update_no(nth, sort, id.clone())));
            let updates: Vec<_> = updates.collect();
            self.moves.extend(updates);
        }
        self.moves.extend([Move::Go(9), Move::Crash(1)]);
    }

    /// The process ends between batches in flight; or they are committed together, and that fails or not.
    fn add_between(&mut self) {
        for _ in 0..=1 + self.dice.below(IN_FLIGHT as u64 - 1) {
            let ask = self.ask();
            self.moves.extend([Move::Ask(ask), Move::Turn]);
        }
        let end = match self.dice.below(4) {
            0 => Move::Together(Fate::Applied),
            1 => Move::Together(self.dice.one_of(&Fate::FAILURES)),
            _ => Move::Crash(self.survive()),
        };
        self.moves.push(end);
    }

    /// How many of the batches in flight survive.
    fn survive(&mut self) -> usize {
        usize::try_from(self.dice.below(IN_FLIGHT as u64 + 1)).unwrap_or(0)
    }

    fn ask(&mut self) -> Ask {
        let nth = self.dice.below(self.runs);
        let id = format!("run-{nth}");
        // Mostly the same workflow and input for an id, so that starts are repeated.
        let mut own = Dice::for_one(self.seed, &[nth]);
        let Some(sort) = sort(self.kit, &mut own) else { return Ask::Now };
        let workflow = sort.workflow.name;
        match self.dice.below(40) {
            0..10 => {
                let dice = if self.dice.once_in(16) { &mut self.dice } else { &mut own };
                let input = input(sort, dice);
                let seed = self.dice.below(u64::MAX);
                match self.dice.below(40) {
                    0 => Ask::Start { workflow, id: String::new(), input, seed },
                    1 => Ask::Start { workflow, id: "x".repeat(StartError::MAX_ID_BYTES + 1), input, seed },
                    2 => Ask::Start { workflow: "Nobody", id: format!("{id}-of-nobody"), input, seed },
                    3 => Ask::Start { workflow, id: format!("{id}-broken"), input: Payload::default(), seed },
                    4 => Ask::Start { workflow: other(self.kit, workflow), id, input, seed },
                    _ => Ask::Start { workflow, id, input, seed },
                }
            }
            10..16 => self.signal(sort, id),
            16..24 => self.update(sort, id),
            24 => Ask::Cancel { id },
            25 => Ask::Terminate { id, reason: format!("reason {}", self.dice.below(3)) },
            26..29 => self.query(sort, id),
            29..31 => Ask::Describe { id },
            31..34 => Ask::Wait { id },
            34..36 => Ask::Redrive { id },
            36 => Ask::Find { workflow, id },
            37 => Ask::Find { workflow: other(self.kit, workflow), id },
            38 => Ask::List,
            _ => Ask::Now,
        }
    }

    fn signal(&mut self, sort: &Sort, id: String) -> Ask {
        signals(sort, &id, &mut self.dice).pop().unwrap_or(Ask::Describe { id })
    }

    fn update(&mut self, sort: &Sort, id: String) -> Ask {
        let nth = self.dice.below(UPDATES);
        self.update_no(nth, sort, id)
    }

    /// The same one, now and then under the name of another.
    fn update_no(&mut self, nth: u64, sort: &Sort, id: String) -> Ask {
        let updates = sort.workflow.updates;
        if updates.is_empty() {
            return Ask::Describe { id };
        }
        let mut own = Dice::for_one(self.seed, &[nth, 9]);
        let dice = if self.dice.once_in(4) { &mut self.dice } else { &mut own };
        let kind = dice.one_of(updates);
        let tape = dice.tape();
        let Ok(args) = (kind.sample)(&mut Sampler::new(&tape)) else { return Ask::Describe { id } };
        let update = if self.dice.once_in(40) { String::new() } else { format!("update-{nth}") };
        Ask::Update { id, update, name: kind.name, args, done: self.dice.once_in(2) }
    }

    fn query(&mut self, sort: &Sort, id: String) -> Ask {
        let args = codec::encode(&()).unwrap_or_default();
        if self.dice.once_in(10) || sort.workflow.queries.is_empty() {
            return Ask::Query { id, name: "nobody", args };
        }
        let name = self.dice.one_of(sort.workflow.queries);
        Ask::Query { id, name, args }
    }
}

fn sort<'a>(kit: &'a Kit, dice: &mut Dice) -> Option<&'a Sort> {
    let at = dice.below(kit.sorts.len().max(1) as u64);
    kit.sorts.get(usize::try_from(at).ok()?)
}

/// Another workflow, if there is one.
fn other(kit: &Kit, workflow: &'static str) -> &'static str {
    let names = kit.sorts.iter().map(|sort| sort.workflow.name);
    names.into_iter().find(|name| *name != workflow).unwrap_or("Nobody")
}

fn input(sort: &Sort, dice: &mut Dice) -> Payload {
    // Not each choice gives an input.
    let mut tries = (0..64).filter_map(|_| (sort.input)(&mut Sampler::new(&dice.tape())).ok());
    tries.next().unwrap_or_default()
}

/// A signal of one kind, at random the last; all kinds are among them.
pub(super) fn signals(sort: &Sort, id: &str, dice: &mut Dice) -> Vec<Ask> {
    let mut kinds: Vec<_> = sort.workflow.signals.iter().collect();
    if !kinds.is_empty() {
        let at = usize::try_from(dice.below(kinds.len() as u64)).unwrap_or(0);
        kinds.rotate_left(at);
    }
    let ask = |kind: &crate::workflow::SignalType, dice: &mut Dice| {
        let args = (kind.sample)(&mut Sampler::new(&dice.tape())).ok()?;
        Some(Ask::Signal { id: id.to_owned(), name: kind.name, args })
    };
    kinds.into_iter().filter_map(|kind| ask(kind, dice)).collect()
}
