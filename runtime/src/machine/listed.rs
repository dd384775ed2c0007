//! A long list in a slot that a loop takes apart from the front, or that only grows: what was taken down of it is in
//! [parts](super::parts), and of its items those are written that have come, or stand beside one that has come or gone.

use std::any::type_name;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cursor::Remaining;
use super::parts::Parts;
use super::sheet::{Draft, Sheet};
use super::slots::Visited;
use crate::codec::{Error, Window, Writer};

thread_local! {
    /// The loop's list that was asked last.
    static ASKED: Cell<Option<Whose>> = const { Cell::new(None) };
}

/// How many loops over lists have begun, or were read back; of all threads, since a machine may be stepped by one after the other.
static LOOPS: AtomicU64 = AtomicU64::new(0);

/// Up to so many items are written one behind the other, all of them each time.
const FEW: usize = 16;

/// Which loop a list is of, and how many of its items are gone. It is not stored: nothing but what is taken down twice depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whose {
    number: u64,
    pub(super) gone: u64,
}

impl Whose {
    /// A loop that begins.
    pub(super) fn new() -> Self {
        Whose { number: LOOPS.fetch_add(1, Ordering::Relaxed), gone: 0 }
    }

    /// Its list is about to be written.
    pub(super) fn tell(self) {
        ASKED.set(Some(self));
    }
}

/// What was taken down of a large variable.
pub(super) enum Shared {
    /// In one piece.
    Whole(Arc<Sheet>),
    List(Box<Listed>),
}

impl Shared {
    pub(super) fn sheet(&self) -> &Arc<Sheet> {
        match self {
            Shared::Whole(sheet) => sheet,
            Shared::List(list) => &list.sheet,
        }
    }
}

/// What was taken down of a list.
pub(super) struct Listed {
    /// The loop that it is of, if it is of one.
    whose: Option<u64>,
    /// The numbers of the first item that is there, and behind the last.
    first: u64,
    end: u64,
    parts: Parts,
    /// The length, and what the parts are together.
    sheet: Arc<Sheet>,
}

/// How what is in a slot may differ from what was taken down of it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Not,
    /// It is a list that has come to more at its end, or to less at its front.
    Ends,
    /// It may be anything.
    Any,
}

/// The same of a list, item by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    /// How long it was when it was looked at first, if it was shorter then than what was taken down.
    shorter: Option<NonZeroU32>,
    /// How many have gone from its front after that.
    gone: u32,
    /// How long it was when it was looked at last.
    len: u32,
}

/// What has become of a slot since it was taken down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) change: Change,
    /// As of when the value was moved out.
    before: Change,
    ends: Ends,
}

/// Writes a value.
type Write<'w> = dyn FnMut(&mut Writer) -> Result<(), Error> + 'w;

impl Since {
    /// Nothing was taken down yet.
    pub(super) const NEW: Since =
        Since { change: Change::Any, before: Change::Any, ends: Ends { shorter: None, gone: 0, len: 0 } };

    /// The value was moved out.
    pub(super) fn taken(&mut self) {
        self.before = self.change;
        self.change = Change::Any;
    }

    /// The value was put back as it was.
    #[inline(never)]
    pub(super) fn same(&mut self) {
        self.change = self.before;
    }

    /// The same, if its type is of this name.
    #[inline(never)]
    pub(super) fn same_list(&mut self, name: &str) {
        let is_map = || is::<BTreeMap<u8, u8>>(name) || is::<BTreeSet<()>>(name);
        if is::<Vec<()>>(name) || is::<VecDeque<()>>(name) || is_map() {
            self.same();
        }
    }

    /// A value of the type of this name was put back, with more at its end, or as it was.
    #[inline(never)]
    pub(super) fn grew(&mut self, name: &str, write: &mut Write<'_>) {
        let Some(len) = self.len(name, write) else { return };
        match self.before {
            Change::Not => self.ends = Ends { shorter: None, gone: 0, len },
            _ => self.ends.len = len,
        }
        self.change = Change::Ends;
    }

    /// The same, with less at its front, or as it was.
    #[inline(never)]
    pub(super) fn shrank(&mut self, name: &str, write: &mut Write<'_>) {
        let Some(len) = self.len(name, write) else { return };
        match self.before {
            // What is empty is written anew, whatever became of it.
            Change::Not if len == 0 => return,
            Change::Not => self.ends = Ends { shorter: NonZeroU32::new(len), gone: 0, len },
            _ => {
                self.ends.gone += self.ends.len.saturating_sub(len);
                self.ends.len = len;
            }
        }
        self.change = Change::Ends;
    }

    /// How long the list is, if it is one, and it is known what it was.
    fn len(&self, name: &str, write: &mut Write<'_>) -> Option<u32> {
        if self.before == Change::Any || !(is::<Vec<()>>(name) || is::<VecDeque<()>>(name)) {
            return None;
        }
        let mut out = Writer::default();
        out.show(Window::NONE);
        write(&mut out).ok()?;
        u32::try_from(out.shown()?).ok()
    }

    /// What is known of the list of this type, if that is of use.
    pub(super) fn list(self, name: &str) -> Option<List> {
        match self.change {
            Change::Ends => Some(List::Ends(self.ends)),
            _ => is::<Remaining<()>>(name).then_some(List::OfLoop),
        }
    }
}

/// Whether a type is a list as `L` is, of whatever items.
fn is<L>(name: &str) -> bool {
    let of = type_name::<L>().split_inclusive('<').next();
    of.is_some_and(|list| name.starts_with(list))
}

/// A list of which it is known how it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// So.
    Ends(Ends),
    /// Nothing but a loop takes items from it.
    OfLoop,
}

/// Writes a list of which something large was taken down before; `None` where it is not that list any more, or has few items.
pub(super) fn write(
    draft: &mut Draft,
    before: Shared,
    what: List,
    slot: &mut dyn Visited,
) -> Result<Option<Shared>, Error> {
    ASKED.take();
    let from = draft.out.bytes().len();
    draft.out.show(Window::NONE);
    let is_there = slot.write(draft)?;
    let Some(len) = draft.out.shown().filter(|len| is_there && *len > FEW) else {
        // What did not tell its length has written itself.
        draft.out.take_from(from);
        return Ok(None);
    };
    let asked = ASKED.take().filter(|_| what == List::OfLoop);
    let mut list = match before {
        Shared::List(list) => list,
        Shared::Whole(_) => Box::default(),
    };
    if !list.comes_to(len as u64, what, asked) {
        *list = Listed::of(len as u64, asked);
    }
    list.sheet = list.taken_down(slot)?;
    draft.share(0, Arc::clone(&list.sheet))?;
    Ok(Some(Shared::List(list)))
}

impl Default for Box<Listed> {
    fn default() -> Self {
        Box::new(Listed::of(0, None))
    }
}

impl Listed {
    /// A list of which nothing was taken down yet.
    fn of(len: u64, asked: Option<Whose>) -> Self {
        let first = asked.map_or(0, |asked| asked.gone);
        let whose = asked.map(|asked| asked.number);
        let mut list = Listed { whose, first, end: first, parts: Parts::default(), sheet: Arc::default() };
        list.grow(first + len);
        list
    }

    /// Notes what has changed until it is so long; `false` where it is another list.
    fn comes_to(&mut self, len: u64, what: List, asked: Option<Whose>) -> bool {
        let first = match what {
            List::Ends(ends) if u64::from(ends.len) == len => {
                let before = self.end - self.first;
                let shorter = ends.shorter.map_or(before, |shorter| u64::from(shorter.get()));
                before.checked_sub(shorter).map(|gone| self.first + gone + u64::from(ends.gone))
            }
            List::Ends(_) => None,
            List::OfLoop => asked.filter(|asked| self.whose == Some(asked.number)).map(|asked| asked.gone),
        };
        let Some(first) = first.filter(|first| *first >= self.first && !self.sheet.is_empty()) else {
            return false;
        };
        for gone in self.first..first {
            self.parts.change(gone);
        }
        self.first = first;
        self.grow(first + len);
        true
    }

    fn grow(&mut self, end: u64) {
        for new in self.end.max(self.first)..end {
            self.parts.change(new);
        }
        self.end = end;
    }

    fn taken_down(&mut self, slot: &mut dyn Visited) -> Result<Arc<Sheet>, Error> {
        let Listed { first, end, parts, .. } = self;
        let mut draft = Draft::default();
        let place = |number: u64| usize::try_from(number - *first).unwrap_or(usize::MAX);
        draft.out.begin_list(place(*end))?;
        let whole = parts.whole(&mut |numbers, draft| {
            let (from, to) = ((*numbers.start()).max(*first), numbers.end().saturating_add(1).min(*end));
            if from < to {
                let window = Window { from: place(from), to: place(to) };
                draft.out.show(window);
                slot.write(draft)?;
            }
            Ok(())
        })?;
        whole.into_iter().try_for_each(|whole| draft.share(0, whole))?;
        draft.out.end();
        Ok(Arc::new(draft.finish()))
    }
}
