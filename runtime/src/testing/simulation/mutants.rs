//! Engines that are broken on purpose: each must be found out.

use std::sync::Arc;

use crate::core::{Asker, Input, Reply};
use crate::engine::{Driver, Work};
use crate::store::{Batch, Table, Write};

/// What is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sabotage {
    /// What a turn lets out is let out before its batch is durable.
    LetsOutEarly,
    /// Nothing new is written to a table.
    ForgetsToWrite(Table),
    /// Nothing is deleted from a table.
    ForgetsToDelete(Table),
    /// Each signal is handed over twice.
    SignalsTwice,
    /// What comes in one turn is taken up the other way round.
    TurnsAround,
}

struct Nobody;

impl<A> Asker<A> for Nobody {
    fn send(self: Box<Self>, _: A) {}

    fn is_gone(&self) -> bool {
        true
    }
}

pub(super) fn on_work(sabotage: Option<&Sabotage>, work: &mut Vec<Work>) {
    match sabotage {
        Some(Sabotage::SignalsTwice) => {
            let mut twice = Vec::new();
            for one in work.drain(..) {
                if let Work::Input(Input::Signal { run, name, args, .. }) = &one {
                    let (run, name, args) = (*run, name.clone(), args.clone());
                    twice.push(Work::Input(Input::Signal { run, name, args, reply: Reply::new(Nobody) }));
                }
                twice.push(one);
            }
            *work = twice;
        }
        Some(Sabotage::TurnsAround) => work.reverse(),
        _ => {}
    }
}

pub(super) fn on_batch(
    sabotage: Option<&Sabotage>,
    driver: &mut Driver,
    batch: Option<Arc<Batch>>,
) -> Option<Arc<Batch>> {
    let batch = batch?;
    if let Some(Sabotage::LetsOutEarly) = sabotage {
        driver.landed();
    }
    let is_written = |write: &Write<'_>| match sabotage {
        Some(Sabotage::ForgetsToWrite(table)) => write.table != *table || write.value.is_none(),
        Some(Sabotage::ForgetsToDelete(table)) => write.table != *table || write.value.is_some(),
        _ => true,
    };
    Some(Arc::new(batch.writes().filter(is_written).collect()))
}
