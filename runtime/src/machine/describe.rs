//! What a machine says of itself: the types of `longhaul-describe`, with facts that are in the program.

use super::context::Context;
use super::drive;

pub use longhaul_describe::{Branch, Cause, Wait as WaitsFor, dot, mermaid, transitions};

/// A machine: its states, the transitions between them, its slots.
///
/// ```
/// use longhaul::Workflow;
/// use longhaul::machine::{Cause, mermaid};
/// use longhaul::prelude::*;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Reminder;
///
/// #[workflow]
/// impl Reminder {
///     #[run]
///     async fn run(&mut self, ctx: &Context) {
///         ctx.sleep(days(1)).await;
///     }
/// }
///
/// let machines = Reminder::describe();
/// let states: Vec<_> = machines[0].states.iter().map(|state| state.name).collect();
/// assert_eq!(states, ["Start", "AwaitSleep", "Done"]);
/// assert_eq!(machines[0].transitions[1].cause, Cause::Timer);
/// assert_eq!(
///     mermaid(&machines, &["AwaitSleep"]),
///     r#"stateDiagram-v2
///     state "AwaitSleep: ctx.sleep(days(1))" as AwaitSleep
///     [*] --> AwaitSleep: started
///     AwaitSleep --> [*]: timer
///     note left of AwaitSleep: cancelled, it can end in any state
///     classDef lit fill:#fd7,stroke:#b60,color:#000
///     class AwaitSleep lit
/// "#
/// );
/// ```
pub type MachineDescription = longhaul_describe::Machine<'static>;

/// One state of a machine.
pub type StateDescription = longhaul_describe::State<'static>;

/// A way from one state to another.
pub type TransitionDescription = longhaul_describe::Transition<'static>;

/// A stored variable or wait.
pub type SlotDescription = longhaul_describe::Slot<'static>;

/// A machine as generated code tells of it: data, and what has its body show the slots, whose types only rustc knows.
#[derive(Debug)]
#[allow(missing_docs)] // The fields are those of [`MachineDescription`].
pub struct Described {
    pub workflow: &'static str,
    pub method: &'static str,
    pub file: &'static str,
    pub states: &'static [StateDescription],
    pub transitions: &'static [TransitionDescription],
    pub slots: DescribedSlots,
}

/// The slots of a machine.
#[derive(Debug)]
pub enum DescribedSlots {
    /// Its body shows them when this steps it.
    Shown(fn(&Context)),
    /// They have these names, and other types at each call.
    Named(&'static [&'static str]),
}

/// The machines that are told of here. Apart from generated code, so that it is compiled once and not in each crate.
pub fn described(machines: &[Described]) -> Vec<MachineDescription> {
    let all = machines.iter().map(|machine| MachineDescription {
        workflow: machine.workflow,
        method: machine.method,
        file: machine.file,
        states: machine.states,
        transitions: machine.transitions,
        slots: match &machine.slots {
            DescribedSlots::Shown(show) => drive::slots(*show),
            DescribedSlots::Named(names) => {
                let slot =
                    |name: &&'static str| SlotDescription { name, type_name: "_", functions: Vec::new() };
                names.iter().map(slot).collect()
            }
        },
    });
    all.collect()
}
