//! The oracle can fail: machines that are broken on purpose are found out.

use std::collections::BTreeMap;

use longhaul_programs::choices::{Choices, Random};
use longhaul_programs::run::{Flow, Program};
use longhaul_programs::write;

use super::{Machine, Machines, machines};
use crate::analyse::SlotKind;
use crate::cfg::{BlockId, Instr, Term};

/// A way to break a program's machines; `false` where there is nothing to break.
type Break = fn(&mut BTreeMap<String, Machine>, &mut Random) -> bool;

const BREAKS: &[(&str, Break)] = &[
    ("a variable is not kept for the next arm", |all, random| forget_variable(run(all), random)),
    ("a slot is not stored in a state", |all, random| forget_slot(run(all), random)),
    ("two statements are swapped", |all, random| swap_statements(run(all), random)),
    ("a jump goes to another arm", |all, random| misdirect(run(all), random)),
    ("a branch of an `if` is taken where it is not to be", |all, random| swap_ways(run(all), random)),
    ("a task is dropped before its variable", |all, random| end_task(run(all), random)),
    ("a block mistakes what it captures", swap_captures),
    ("a task has the body of another", swap_bodies),
    ("a block does not keep a variable", |all, random| {
        site(all, random).is_some_and(|site| forget_variable(site, random))
    }),
    ("a block loses a slot when it is stored", |all, random| {
        site(all, random).is_some_and(|site| forget_slot(site, random))
    }),
];

/// How many machines are broken in each way, at most.
const ENOUGH: u32 = 40;

#[test]
fn machines_that_are_broken_on_purpose_are_found_out() {
    let mut random = Random::new(2026);
    for (name, broken) in BREAKS {
        let (mut broken_ones, mut found) = (0, 0);
        for seed in 0..400 {
            if broken_ones == ENOUGH {
                break;
            }
            let written = write::program("Generated", Choices::random(seed));
            let file = syn::parse_file(&written.source).expect("a program is Rust");
            let program = Program::new(&file);
            let Ok(plain) = program.run(3, seed) else { continue };
            if plain.trace.len() <= 8 {
                continue;
            }
            let mut machines = machines(&program, &file).expect("it is taken");
            if broken(&mut machines.machines, &mut random) {
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

fn run(all: &mut BTreeMap<String, Machine>) -> &mut Machine {
    all.get_mut("run").expect("there is one")
}

/// The names of the blocks of `run` that are machines of their own, and of those in them.
fn sites(all: &BTreeMap<String, Machine>) -> Vec<String> {
    all.keys().filter(|name| name.starts_with("run.")).cloned().collect()
}

fn site<'m>(all: &'m mut BTreeMap<String, Machine>, random: &mut Random) -> Option<&'m mut Machine> {
    let sites = sites(all);
    let number = random.below(sites.len());
    all.get_mut(sites.get(number)?)
}

fn end_task(machine: &mut Machine, random: &mut Random) -> bool {
    let kept: Vec<_> = machine.graph.tasks_kept.iter().map(|(var, _)| *var).collect();
    let Some(var) = one(&kept, random) else { return false };
    let slot = machine.analysis.slots.iter().position(|slot| slot.kind == SlotKind::Kept(var));
    let Some(slot) = slot else { return false };
    machine.analysis.states.iter_mut().map(|state| state.live.remove(&slot)).fold(false, |any, one| any | one)
}

fn swap_captures(all: &mut BTreeMap<String, Machine>, random: &mut Random) -> bool {
    let Some(site) = site(all, random) else { return false };
    let instrs = site.graph.blocks.iter_mut().flat_map(|block| &mut block.instrs);
    let arguments = instrs.filter_map(|instr| match instr {
        Instr::Arguments { pats, .. } if pats.len() > 1 => Some(pats),
        _ => None,
    });
    arguments.map(|pats| pats.swap(0, 1)).next().is_some()
}

fn swap_bodies(all: &mut BTreeMap<String, Machine>, random: &mut Random) -> bool {
    let sites = sites(all);
    let Some(first) = sites.get(random.below(sites.len())) else { return false };
    let alike = |name: &&String| *name != first && all[*name].arguments == all[first].arguments;
    let Some(second) = sites.iter().find(alike) else { return false };
    let (Some(one), Some(other)) = (all.remove(first), all.remove(second)) else { return false };
    all.insert(first.clone(), other);
    all.insert(second.clone(), one);
    true
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
