//! Frames: the program counter and the live variables of a machine, as data.
//!
//! A stored frame is one CBOR map: `at` (the state's name), then each slot that is live in that state under
//! its own name. A machine called from a machine is such a map within the caller's.

use std::any::type_name;
use std::panic::RefUnwindSafe;

use serde::{Deserialize, Serialize};

use super::listed::{Change, Since};
use super::slots::Slots;
use super::spawned::Spawned;

/// What can be kept across an await: all that serde can write and read back without borrowing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is kept across an await but cannot be stored",
    label = "this value is still needed after an `.await`",
    note = "derive `Serialize` and `Deserialize` for an own type; clone what is borrowed (`.to_owned()`, `.clone()`); or let the value end before the `.await`, in a block of its own"
)]
pub trait Stored: Serialize + Deserialize<'static> + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + Deserialize<'static> + 'static> Stored for T {}

/// What can be stored of what was found within the workflow's value: no borrow of it, which might not be there any more.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is within the workflow's value, which a signal, an update or a task may change during an `.await`",
    label = "this borrow is still needed after an `.await`",
    note = "take a copy of what is needed (`.clone()`, `.cloned()`, `.to_owned()`); or await first and look afterwards: `let value = f().await?;`, then `if let Some(item) = self.items.get_mut(&key) {{ item.value = value; }}`"
)]
pub trait StoredOfSelf: Stored {}

#[diagnostic::do_not_recommend]
impl<T: Stored> StoredOfSelf for T {}

/// The states of one machine: a plain enum that the generator writes.
pub trait State: Copy + 'static {
    /// The machine, as `Workflow::method`.
    const MACHINE: &'static str;
    /// All states: before the first step, in source order, after the last step.
    const ALL: &'static [Self];
    /// What there is to know of each of them.
    // A table and not a `match` for each fact: so it is data, and not code to compile.
    const TABLE: &'static [StateEntry];
    /// The place in both.
    fn place(self) -> usize;
    /// The name that is stored.
    fn name(self) -> &'static str {
        name_at(Self::TABLE, self.place())
    }
}

/// A state: the name that is stored, and the numbers of the slots that are live in it.
pub type StateEntry = (&'static str, &'static [u16]);

#[inline(never)]
pub(super) fn name_at(table: &'static [StateEntry], place: usize) -> &'static str {
    table.get(place).map_or("", |(name, _)| name)
}

/// A frame, as the generator writes it: a struct of slots.
pub trait Frame: Sized + 'static {
    /// The states of the machine.
    type State: State;
    /// A frame in its first state, with nothing in its slots.
    // A constant, so that it is data: as code it would be a dozen lines of LLVM's for each slot.
    const EMPTY: Self;
}

/// A place for one variable that lives across an await.
#[derive(Debug)]
pub struct Slot<T> {
    pub(super) value: Option<T>,
    pub(super) since: Since,
}

impl<T> Slot<T> {
    /// A slot with nothing in it.
    pub const fn empty() -> Self {
        Slot { value: None, since: Since::NEW }
    }

    /// Moves a value in.
    // Not inlined, as the other slot operations below: a machine has hundreds of these calls, and with the
    // dropping of an old value in each of them rustc's time for a release build doubles.
    #[inline(never)]
    pub fn put(&mut self, value: T) {
        self.value = Some(value);
        self.since.change = Change::Any;
    }

    /// Moves the value out.
    ///
    /// # Panics
    ///
    /// When there is none: the generator and [`Slots`] see to it that a live slot is filled.
    #[inline(never)]
    pub fn take(&mut self) -> T {
        self.since.taken();
        self.value.take().expect("a slot that is live in the current state is filled")
    }

    /// The value, in place.
    ///
    /// # Panics
    ///
    /// As [`Slot::take`].
    pub fn get_mut(&mut self) -> &mut T {
        self.since.change = Change::Any;
        self.value.as_mut().expect("a slot that is live in the current state is filled")
    }
}

impl<T: Clone + RefUnwindSafe> Slot<T> {
    /// What was moved in is what was moved out before, and was only looked at through `&`.
    ///
    /// The bounds are for what changes nevertheless: a cell is not `RefUnwindSafe`, a lock or an atomic not `Clone`.
    pub fn same(&mut self) {
        self.since.same();
    }

    /// The same, if it is a collection: by its methods, which are known then, it was only looked at.
    pub fn same_list(&mut self) {
        self.since.same_list(type_name::<T>());
    }
}

/// The same for other types: nothing is known of them then. Those that cannot be stored are an error elsewhere, and only there.
pub trait MayDiffer {
    /// Does nothing.
    fn grew(&mut self) {}
    /// Does nothing.
    fn shrank(&mut self) {}
    /// Does nothing.
    fn same(&mut self) {}
    /// Does nothing.
    fn same_list(&mut self) {}
}

impl<T> MayDiffer for Slot<T> {}

impl<T: Stored> Slot<T> {
    /// What was moved in is what was moved out before; if it is a list, with more at its end perhaps.
    pub fn grew(&mut self) {
        let Slot { value: Some(value), since } = self else { return };
        since.grew(type_name::<T>(), &mut |out| out.part(value));
    }

    /// What was moved in is what was moved out before; if it is a list, with less at its front perhaps.
    pub fn shrank(&mut self) {
        let Slot { value: Some(value), since } = self else { return };
        since.shrank(type_name::<T>(), &mut |out| out.part(value));
    }
}

impl<T, E> Slot<Result<T, E>> {
    /// Moves the error out, if there is one.
    pub fn take_error(&mut self) -> Option<E> {
        match self.value.take() {
            Some(Err(error)) => Some(error),
            other => {
                self.value = other;
                None
            }
        }
    }

    /// Moves the value out.
    ///
    /// # Panics
    ///
    /// When there is none; see [`Slot::take`].
    pub fn take_value(&mut self) -> T {
        self.take().unwrap_or_else(|_| panic!("an error in the slot was taken before"))
    }
}

/// What a machine's body is asked to do.
pub enum Op<'a, 'b, A> {
    /// Go on; the arguments are there at the first step only.
    Step(&'a mut Option<A>),
    /// Step a task whose body is written within this one.
    Spawned(&'a mut Spawned),
    /// Show each slot to this visitor.
    Slots(&'a mut Slots<'b>),
}
