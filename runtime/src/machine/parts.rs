//! The stored form of a long list, in parts: a tree over its numbers, of which only the branches are made anew in which
//! something has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::sheet::{Draft, Sheet};
use super::task;
use crate::codec::Error;

/// A part has so many items or smaller parts, as a power of two.
const WIDTH: u32 = 3;

/// Writes the items with these numbers, one behind the other.
pub(super) type WriteItems<'w> = dyn FnMut(RangeInclusive<u64>, &mut Draft) -> Result<(), Error> + 'w;

/// A list of numbered items, as it is stored.
#[derive(Default)]
pub(super) struct Parts {
    /// By their level, from 0, and their place in it. None is empty.
    all: BTreeMap<(u32, u64), Arc<Sheet>>,
    /// The parts of level 0 that are to be made anew.
    changed: BTreeSet<u64>,
    /// The level at which one part has all.
    top: u32,
}

impl Parts {
    /// The item with this number has changed, or is new or gone.
    pub(super) fn change(&mut self, number: u64) {
        self.changed.insert(number >> WIDTH);
    }

    /// Brings it up to date; gives the part that has all, if there is anything.
    pub(super) fn whole(&mut self, write: &mut WriteItems<'_>) -> Result<Option<Arc<Sheet>>, Error> {
        let mut changed = std::mem::take(&mut self.changed);
        self.grow(&mut changed);
        for place in &changed {
            self.make(0, *place, |_, draft| {
                let from = place << WIDTH;
                let mut written = Ok(());
                let named = task::naming(&mut || written = write(from..=from | ((1 << WIDTH) - 1), draft));
                draft.name(&named);
                written
            })?;
        }
        for level in 1..=self.top {
            changed = changed.into_iter().map(|place| place >> WIDTH).collect();
            for place in &changed {
                self.make(level, *place, |parts, draft| {
                    let from = place << WIDTH;
                    let within = (level - 1, from)..=(level - 1, from | ((1 << WIDTH) - 1));
                    let mut within = parts.all.range(within);
                    within.try_for_each(|((_, place), part)| draft.share(*place, Arc::clone(part)))
                })?;
            }
        }
        Ok(self.all.get(&(self.top, 0)).cloned())
    }

    /// Adds levels until one part has all that there is.
    fn grow(&mut self, changed: &mut BTreeSet<u64>) {
        let Some(last) = changed.last().copied() else { return };
        let before = self.top;
        while last.checked_shr(self.top * WIDTH).unwrap_or(0) > 0 {
            self.top += 1;
        }
        // What was the whole is below others now, on the way to each of its parts.
        if self.top > before {
            changed.extend(self.all.keys().next().map(|(_, place)| *place));
        }
    }

    fn make(
        &mut self,
        level: u32,
        place: u64,
        write: impl FnOnce(&Self, &mut Draft) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut draft = Draft::default();
        write(self, &mut draft)?;
        let sheet = draft.finish();
        if sheet.is_empty() {
            self.all.remove(&(level, place));
        } else {
            self.all.insert((level, place), Arc::new(sheet));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sheet::Difference;
    use super::super::wait::OpId;
    use super::*;

    /// Items that wait for the operation of their number, and are stored as themselves.
    #[derive(Default)]
    struct List {
        items: BTreeMap<u64, u8>,
        parts: Parts,
        written: usize,
    }

    impl List {
        fn set(&mut self, number: u64, item: Option<u8>) {
            match item {
                Some(item) => drop(self.items.insert(number, item)),
                None => drop(self.items.remove(&number)),
            }
            self.parts.change(number);
        }

        /// As it is stored; and how many items were written for that.
        fn whole(&mut self) -> (Arc<Sheet>, usize) {
            let (items, before) = (&self.items, self.written);
            let written = &mut self.written;
            let whole = self.parts.whole(&mut |range, draft| {
                for (number, item) in items.range(range) {
                    *written += 1;
                    draft.arm(OpId(*number));
                    draft.out.raw(&[*item]);
                }
                Ok(())
            });
            (whole.unwrap().unwrap_or_default(), self.written - before)
        }
    }

    #[test]
    fn it_is_what_all_items_are_one_behind_the_other() {
        let mut list = List::default();
        let mut random = 7u64;
        for _ in 0..2_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (number, item) = (random >> 40 & 0x3ff, (random >> 56) as u8);
            // Numbers that begin far from zero, as those of tasks do.
            let number = if random & 1 == 0 { number } else { number << 20 };
            list.set(number, (item > 60).then_some(item));
            if random & 2 == 0 {
                let all: Vec<u8> = list.items.values().copied().collect();
                let (whole, _) = list.whole();
                assert_eq!(whole.bytes(), all);
                assert_eq!(whole.len(), all.len());
                let armed: Vec<OpId> = list.items.keys().map(|number| OpId(*number)).collect();
                assert_eq!(*whole.armed(), armed);
            }
        }
    }

    #[test]
    fn of_many_items_those_beside_a_changed_one_are_written() {
        let mut list = List::default();
        (0..10_000).for_each(|number| list.set(number, Some(1)));
        let (before, written) = list.whole();
        assert_eq!(written, 10_000);
        list.set(5_000, None);
        let (after, written) = list.whole();
        assert!(written <= 1 << WIDTH, "{written}");
        let difference = Difference::between(&before, &after, Sheet::own_armed);
        assert_eq!(difference, Difference { gone: vec![OpId(5_000)], come: Vec::new() });
    }

    #[test]
    fn a_list_that_grew_beyond_its_whole_has_what_it_had() {
        let mut list = List::default();
        list.set(3, Some(3));
        list.whole();
        list.set(4_000_000, Some(4));
        assert_eq!(list.whole().0.bytes(), [3, 4].as_slice());
        list.set(u64::MAX, Some(5));
        assert_eq!(list.whole().0.bytes(), [3, 4, 5].as_slice());
    }
}
