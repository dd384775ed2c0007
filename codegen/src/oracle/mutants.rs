//! The oracle can fail: machines that are broken on purpose are found out.

use longhaul_programs::choices::{Choices, Random};
use longhaul_programs::run::{Flow, Program};
use longhaul_programs::write;

use super::{Machine, Machines, machines};
use crate::cfg::{BlockId, Instr, Term};

/// A way to break a machine; `false` where there is nothing to break.
type Break = fn(&mut Machine, &mut Random) -> bool;

const BREAKS: &[(&str, Break)] = &[
    ("a variable is not kept for the next arm", forget_variable),
    ("a slot is not stored in a state", forget_slot),
    ("two statements are swapped", swap_statements),
    ("a jump goes to another arm", misdirect),
    ("a branch of an `if` is taken where it is not to be", swap_ways),
];

#[test]
fn machines_that_are_broken_on_purpose_are_found_out() {
    let mut random = Random::new(2026);
    for (name, broken) in BREAKS {
        let (mut broken_ones, mut found) = (0, 0);
        for seed in 0..200 {
            let written = write::program("Generated", Choices::random(seed));
            let item: syn::ItemImpl = syn::parse_str(&written.source).expect("a program is Rust");
            let program = Program::new(&item);
            let Ok(plain) = program.run(3, seed) else { continue };
            let mut machines = machines(&program, &item).expect("it is taken");
            let machine = machines.machines.get_mut("run").expect("there is one");
            if plain.trace.len() > 8 && broken(machine, &mut random) {
                broken_ones += 1;
                found += u32::from(differs(&machines, seed, &plain));
            }
        }
        println!("{name}: {found} of {broken_ones} found out");
        // What is broken may be code that this run does not come by, or that makes no difference.
        assert!(found * 20 > broken_ones, "{name}: {found} of {broken_ones} found out");
        assert!(broken_ones > 2, "{name}: only {broken_ones} could be broken");
    }
}

fn differs(machines: &Machines<'_>, seed: u64, plain: &longhaul_programs::run::Outcome) -> bool {
    match machines.run(3, seed) {
        Ok(outcome) => outcome != *plain,
        Err(Flow::TooLong) => false,
        Err(_) => true,
    }
}

fn arms(machine: &Machine) -> Vec<BlockId> {
    machine.graph.block_ids().filter(|block| machine.analysis.arm[block.0] == Some(*block)).collect()
}

/// One of some things, if there are any.
fn one<T: Copy>(of: &[T], random: &mut Random) -> Option<T> {
    of.get(random.below(of.len())).copied()
}

fn forget_variable(machine: &mut Machine, random: &mut Random) -> bool {
    let needing: Vec<_> = arms(machine)
        .into_iter()
        .flat_map(|block| machine.analysis.live_in[block.0].iter().map(move |var| (block, *var)))
        .filter(|(_, var)| machine.graph.var(*var).rebuild.is_none())
        .collect();
    let Some((block, var)) = one(&needing, random) else { return false };
    machine.analysis.live_in[block.0].remove(&var)
}

fn forget_slot(machine: &mut Machine, random: &mut Random) -> bool {
    let states = &mut machine.analysis.states;
    let stored: Vec<(usize, usize)> = states
        .iter()
        .enumerate()
        .flat_map(|(number, state)| state.live.iter().map(move |slot| (number, *slot)))
        .collect();
    let Some((state, slot)) = one(&stored, random) else { return false };
    states[state].live.remove(&slot)
}

fn swap_statements(machine: &mut Machine, random: &mut Random) -> bool {
    let mut pairs = Vec::new();
    for block in arms(machine) {
        let instrs = &machine.graph.block(block).instrs;
        for (at, pair) in instrs.windows(2).enumerate() {
            if let [Instr::Code(_) | Instr::Assign(..), Instr::Code(_) | Instr::Assign(..)] = pair {
                pairs.push((block, at));
            }
        }
    }
    let Some((block, at)) = one(&pairs, random) else { return false };
    machine.graph.blocks[block.0].instrs.swap(at, at + 1);
    true
}

fn misdirect(machine: &mut Machine, random: &mut Random) -> bool {
    let arms = arms(machine);
    let jumps: Vec<BlockId> = (0..machine.graph.blocks.len())
        .map(BlockId)
        .filter(|block| machine.analysis.arm[block.0].is_some())
        .filter(|block| matches!(machine.graph.block(*block).term, Term::Jump(_)))
        .collect();
    let (Some(from), Some(to)) = (one(&jumps, random), one(&arms, random)) else { return false };
    let Term::Jump(before) = machine.graph.block(from).term else { return false };
    machine.graph.blocks[from.0].term = Term::Jump(to);
    before != to
}

fn swap_ways(machine: &mut Machine, random: &mut Random) -> bool {
    let ifs: Vec<BlockId> = (0..machine.graph.blocks.len())
        .map(BlockId)
        .filter(|block| machine.analysis.arm[block.0].is_some())
        .filter(|block| matches!(machine.graph.block(*block).term, Term::If { .. }))
        .collect();
    let Some(block) = one(&ifs, random) else { return false };
    if let Term::If { then, otherwise, .. } = &mut machine.graph.blocks[block.0].term {
        std::mem::swap(then, otherwise);
    }
    true
}
