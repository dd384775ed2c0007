//! What generated code is made of: the contract between the generator and the engine.
//!
//! A machine is a *frame* (its position and its slots) and a body that the generator wrote. The body is
//! driven by [`drive`]; it reads and changes the workflow value (`self`), asks the [`Context`] for effects,
//! and ends each step either finished or suspended. Nothing here reads a clock, makes randomness or does
//! I/O: the [`Context`] carries what the engine handed in, and collects what the engine shall do.
//!
//! `docs/GENERATED_CODE.md` walks through one expansion.

mod all;
mod assign;
mod call;
mod cancel;
mod condition;
mod context;
pub mod copied;
mod cursor;
mod describe;
mod drive;
mod endless;
mod frame;
mod functions;
pub mod hashed;
mod held;
mod iterators;
pub mod kept;
mod listed;
mod local;
mod machines;
mod opaque;
mod parts;
mod process;
mod question;
mod sheet;
mod slots;
pub mod spare;
mod spawned;
mod stepping;
mod steps;
#[cfg(feature = "testing")]
pub(crate) mod stored;
mod stored_tasks;
mod task;
mod task_index;
mod tasks;
mod trigger;
mod wait;

pub use all::{BoundedJoinAll, BoundedTryJoinAll, JoinAll, TryJoinAll, join_all, try_join_all};
pub use assign::{RightFirst, right_first};
pub use call::{Call, CallWait, Function, keep_a_copy, unused};
pub use cancel::{Cancelled, CancelledWait, HandlersWait, Scope, Shield, shield};
pub use condition::{Condition, Elapsed, Timeout, timeout};
pub use context::{Context, Fault, Resolution, RunRng, Step};
pub use cursor::{Count, Cursor, From, IntoCursor, cursor, from, nth};
pub use describe::{
    Branch, Cause, Described, DescribedSlots, MachineDescription, SlotDescription, StateDescription,
    TransitionDescription, WaitsFor, described, dot, mermaid, transitions,
};
pub use drive::{Sub, drive, drive_spawned, misplaced, no_such_task, task_to_show};
pub use frame::{Frame, MayDiffer, Op, Slot, State, StateEntry, Stored, StoredOfSelf};
pub use functions::{Awaited, with_functions};
pub(crate) use held::stored_state;
pub use iterators::{Finite, Ordered, Repeatable, repeated};
pub(crate) use local::played;
pub use local::{
    Capture, Captured, Captures, LocalStep, StepBlock, StepWait, hand_step, local_step,
    local_step_of_function,
};
pub(crate) use machines::TASKS;
pub use process::{Ended, Process};
pub use question::{Asked, FromResidual, Question, ask};
#[doc(hidden)]
pub use serde;
pub(crate) use sheet::{Difference, Sheet};
pub use slots::Slots;
pub use spawned::{Spawned, step_method};
pub use steps::Steps;
pub use task::{AsyncBlock, ByReference, Site, Spawn, TakenAlong, Task, TaskReference, by_reference};
pub use trigger::Trigger;
pub use wait::{
    ActivityWait, Awaitable, Command, OpId, Sleep, SleepUntil, TimerWait, Wait, WaitWriter, begin,
    read_value, sleep,
};
