//! Plans that have failed once, made smaller; they always run.

use super::shapes::Bit;
use crate::codec::encode;
use crate::core::Limits;
use crate::testing::simulation::LIMITS;
use crate::testing::simulation::ask::Ask;
use crate::testing::simulation::kit::Binary;
use crate::testing::simulation::plan::{Move, Plan};
use crate::time::hours;

fn order(id: &str, number: u64) -> Move {
    let input = encode(&number).expect("a number can be encoded");
    Move::Ask(Ask::Start { workflow: "Order", id: id.to_owned(), input, seed: 1 })
}

fn worker(id: &str, bits: &[Bit]) -> Move {
    let input = encode(bits).expect("bits can be encoded");
    Move::Ask(Ask::Start { workflow: "Worker", id: id.to_owned(), input, seed: 1 })
}

/// What was found, and how.
pub(super) fn plans() -> Vec<(&'static str, Plan)> {
    let plan = |seed, limits, moves| Plan { seed, limits, moves };
    let terminate = |id: &str| Move::Ask(Ask::Terminate { id: id.to_owned(), reason: "enough".to_owned() });
    let close = Ask::Signal { id: "a".to_owned(), name: "close", args: encode(&()).expect("no arguments") };
    let add = |number: u64| {
        let (id, args) = ("a".to_owned(), encode(&(number,)).expect("a number can be encoded"));
        Move::Ask(Ask::Update { id, update: "same".to_owned(), name: "add", args, done: true })
    };
    let pull = |number: u64| {
        let args = encode(&(number,)).expect("a number can be encoded");
        Move::Ask(Ask::Signal { id: "a".to_owned(), name: "pull", args })
    };
    vec![
        ("a parked run refused a signal, since an update that was refused was counted", {
            let moves = vec![
                worker("a", &[Bit::Patient(0)]),
                Move::Go(5),
                Move::Deploy(Binary::First),
                pull(14),
                Move::Turn,
                add(5),
                pull(9),
                Move::Go(6),
            ];
            plan(430, Limits { inbox: 2, ..LIMITS }, moves)
        }),
        ("an attempt began that fell due in the turn in which its run was terminated", {
            let limits = Limits { hot_runs: 0, near_timers: 2, attempts: 2, ..LIMITS };
            // The first attempt fails; the next one is due when the run ends.
            let moves = vec![order("a", 43), Move::Go(9), Move::Pass(hours(1)), terminate("a"), Move::Go(15)];
            plan(93, limits, moves)
        }),
        ("a run that a crash had left behind its log is not brought up by an open and a close", {
            let limits = Limits { hot_runs: 1, small_states: 0, ..LIMITS };
            let bits = [Bit::Many(38), Bit::Many(28), Bit::Closed, Bit::Shield(9)];
            let moves = vec![
                worker("a", &bits),
                Move::Go(40),
                Move::Ask(close),
                Move::Go(30),
                Move::Crash(1),
                Move::Close,
            ];
            plan(380, limits, moves)
        }),
        ("two updates of one id in one turn, the first of which is refused", {
            let moves = vec![worker("a", &[Bit::Closed]), Move::Go(9), add(3), add(5), Move::Go(9)];
            plan(900, LIMITS, moves)
        }),
    ]
}
