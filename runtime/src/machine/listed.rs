//! A long list in a slot that a loop takes apart from the front, or that only grows: what was taken down of it is in
//! [parts](super::parts), and of its items those are written that have come, or stand beside one that has come or gone.

use std::any::type_name;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::cursor::Remaining;
use super::frame::Change;
use super::parts::Parts;
use super::sheet::{Draft, Sheet};
use super::slots::Visited;
use crate::codec::{Error, Window};

thread_local! {
    /// The loop's list that was asked last.
    static ASKED: Cell<Option<Whose>> = const { Cell::new(None) };
    /// How many loops over lists have begun, or were read back.
    static LOOPS: Cell<u64> = const { Cell::new(0) };
}

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
        let number = LOOPS.get() + 1;
        LOOPS.set(number);
        Whose { number, gone: 0 }
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

/// By how much a list differs from what was taken down of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// Items have come at the end.
    Grew,
    /// Items are gone from the front.
    Shrank,
    /// Of a loop: nothing but the loop changes it.
    Loop,
}

/// How a variable of this type may have changed, if it is a list of which that can be said.
pub(super) fn since(change: Change, name: &str) -> Option<Since> {
    let is = |list: &'static str| list.strip_suffix("()>").is_some_and(|list| name.starts_with(list));
    let is_std = || is(type_name::<Vec<()>>()) || is(type_name::<VecDeque<()>>());
    match change {
        Change::Grew if is_std() => Some(Since::Grew),
        Change::Shrank if is_std() => Some(Since::Shrank),
        _ if is(type_name::<Remaining<()>>()) => Some(Since::Loop),
        _ => None,
    }
}

/// Writes a list of which something large was taken down before; `None` where it is not that list any more, or has few items.
pub(super) fn write(
    draft: &mut Draft,
    before: Shared,
    since: Since,
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
    let asked = ASKED.take().filter(|_| since == Since::Loop);
    let mut list = match before {
        Shared::List(list) => list,
        Shared::Whole(_) => Box::default(),
    };
    if !list.comes_to(len as u64, since, asked) {
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
    fn comes_to(&mut self, len: u64, since: Since, asked: Option<Whose>) -> bool {
        let (first, end) = match since {
            Since::Grew => (self.first, self.first + len),
            Since::Shrank => (self.end.saturating_sub(len), self.end),
            Since::Loop => match asked {
                Some(asked) if self.whose == Some(asked.number) => (asked.gone, asked.gone + len),
                _ => return false,
            },
        };
        if self.sheet.is_empty() || first < self.first || end < self.end || end - first != len {
            return false;
        }
        for gone in self.first..first {
            self.parts.change(gone);
        }
        self.first = first;
        self.grow(end);
        true
    }

    fn grow(&mut self, end: u64) {
        for new in self.end..end {
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
