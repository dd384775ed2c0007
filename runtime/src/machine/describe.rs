//! What a machine says of itself: the types of `longhaul-describe`, with facts that are in the program.

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
