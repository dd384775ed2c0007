//! What a machine of Longhaul says of itself, and how it is drawn.
//!
//! The generator knows a machine from its source, a program that contains it from `Workflow::describe`. Both say it in
//! the types of this crate, so that a diagram in the documentation and one from a running program are the same.
//! Programs find all of it in `longhaul::machine`.
//!
//! ```
//! use longhaul_describe::{Cause, Machine, State, Transition, Wait, mermaid};
//!
//! let machine = Machine {
//!     workflow: "Checkout",
//!     method: "run",
//!     file: "src/checkout.rs",
//!     states: &[
//!         State::START,
//!         State { name: "AwaitCharge", waits_for: "charge(order)", wait: Wait::Operation, line: 7, ..State::START },
//!         State::DONE,
//!     ],
//!     transitions: &[
//!         Transition { from: "Start", to: "AwaitCharge", cause: Cause::Started },
//!         Transition { from: "AwaitCharge", to: "Done", cause: Cause::Result },
//!         Transition { from: "AwaitCharge", to: "Done", cause: Cause::Error },
//!     ],
//!     slots: Vec::new(),
//! };
//! assert_eq!(
//!     mermaid(&[machine], &[]),
//!     r#"stateDiagram-v2
//!     state "AwaitCharge: charge(order)" as AwaitCharge
//!     [*] --> AwaitCharge: started
//!     AwaitCharge --> [*]: result or error
//! "#
//! );
//! ```

mod dot;
mod machine;
mod mermaid;
mod picture;
#[cfg(feature = "schema")]
pub mod schema;

pub use dot::dot;
pub use machine::{Branch, Cause, Machine, Slot, State, Transition, Wait, Ways, transitions};
pub use mermaid::mermaid;
