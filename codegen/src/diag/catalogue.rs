//! The catalogue: every error of the generator. Each has an example in `tests/diagnostics/`, from which, with the
//! texts below, `docs/DIAGNOSTICS.md` is made.
//!
//! A new entry takes a new code at the end of its group. The code of an entry that goes stays free.
use super::Diagnostic;

/// Defines each entry as a constant, and the list of all of them.
macro_rules! catalogue {
    ($($name:ident $code:ident: $cause:literal, why: $why:literal, instead: $instead:literal;)*) => {
        $(pub(crate) const $name: Diagnostic =
            Diagnostic { code: stringify!($code), cause: $cause, why: $why, instead: $instead };)*

        pub(super) const ALL: &[Diagnostic] = &[$($name),*];
    };
}

// LH00: the impl and its signatures. LH01: bodies. LH02: effects. LH03: concurrency. LH04: activities. LH05: names.
catalogue! {
    NOT_RUST LH0001: "this does not parse: {0}",
        why: "the code is read as Rust before rustc sees it",
        instead: "correct it at this place";

    IMPL_ONLY LH0002: "`#[workflow]` does not go on this item",
        why: "a workflow is a type's own impl: its fields are the run's data, its `#[run]` method is what a run does",
        instead: "`#[workflow] impl Checkout { #[run] async fn run(&mut self, ctx: &Context) { .. } }`, or `#[workflow] async fn`";

    NO_RUN LH0003: "this workflow has no method marked `#[run]`",
        why: "a run has to begin somewhere",
        instead: "`#[run] async fn run(&mut self, ctx: &Context, input: Input) -> Result<Output, Error>`";

    TWO_RUNS LH0004: "this workflow has a second `#[run]` method",
        why: "a run begins in one place",
        instead: "a plain `async fn` without `#[run]`, awaited from the first: `self.other(ctx).await`";

    RUN_ASYNC LH0005: "a `#[run]` method has to be `async`",
        why: "what a run does is what it awaits",
        instead: "`#[run] async fn run(&mut self, ctx: &Context)`";

    RUN_SELF LH0006: "a `#[run]` method has to take `self`",
        why: "the workflow's value is what signals change and queries see",
        instead: "`&mut self` (or `&self`) as its first parameter";

    SIGNAL_SHAPE LH0007: "a signal has to be `fn name(&mut self, ..)`, returning nothing",
        why: "a signal answers nothing: the sender goes on as soon as it is stored",
        instead: "`#[signal] fn name(&mut self, value: Value)`, or an `async fn`, which runs beside `run`; what gives an answer is an `#[update]` or a `#[query]`";

    QUERY_SHAPE LH0008: "a query has to be `fn name(&self, ..) -> Answer`, not async",
        why: "a query looks at the run and is not stored, so it can change nothing and wait for nothing",
        instead: "`#[query] fn name(&self) -> Answer`; what changes the run is a `#[signal]`";

    GENERIC_IMPL LH0009: "a generic workflow has to list its instances",
        why: "a run is stored under a name and in a form, and each type has others",
        instead: "the types that runs are started with: `#[workflow(for = [Checkout<Card>, Checkout<Cash>])]`";

    GENERIC_METHOD LH0010: "what a run begins with cannot be generic",
        why: "a run is stored under one name and in one form, and each type would have another",
        instead: "the concrete type here; an `async fn` that it awaits can be generic, `async fn pack<T: Stored>(..)`";

    DYN_OUTPUT LH0011: "a result of a `dyn` type cannot be stored",
        why: "every result is, and what is behind a `dyn` is not known when it is read back",
        instead: "`Result<_, Failure>`, which `?` makes from any error; or an error type that derives `Serialize` and `Deserialize`";

    REF_PARAM LH0012: "this parameter cannot be a reference",
        why: "the call may outlive this process, and what it borrows does not; of an `&T` that an `async fn` takes a copy is kept, of no other",
        instead: "the value itself (`String` for `&str`, `Vec<T>` for `&[T]`); for an `&mut T`, take the value and return it";

    IMPL_PARAM LH0013: "this parameter cannot be `impl Trait`",
        why: "the value is stored, and this type has no name to store it under",
        instead: "the concrete type; an `async fn` that `run` awaits may take `impl Into<T>`, which its caller converts";

    SELF_BY_VALUE LH0014: "an `async fn` of a workflow cannot take `self` by value",
        why: "the value stays with the run: signals and queries reach it at any time",
        instead: "`&mut self`, `&self`, or no `self`";

    CFG_METHOD LH0015: "`#[cfg]` cannot be on `#[run]`",
        why: "a run has to begin somewhere in every build",
        instead: "`#[run]` in every build, and `#[cfg]` on what it calls, or on the whole impl";

    STRAY LH0016: "`#[{0}]` stands outside of `#[{1}]`",
        why: "it marks a method for the `#[{1}]` around it, which is not there",
        instead: "`#[{1}] impl Name { #[{0}] .. }`, with `use longhaul::prelude::*;` for both";

    UNKNOWN_OPTION LH0017: "there is no option `{0}`",
        why: "{1}",
        instead: "one of those, or none";

    FUNCTION_ASYNC LH0018: "a function marked `#[workflow]` has to be `async`",
        why: "what a run does is what it awaits; a plain `fn` can be called in a workflow without a mark",
        instead: "`#[workflow] async fn provision(ctx: &Context, region: Region) -> Result<Site, Failure>`";

    FUNCTION_SELF LH0019: "`#[workflow]` cannot be on a single method",
        why: "it makes a machine of a function that belongs to no type; a type's machines are made together",
        instead: "`#[workflow]` on the whole impl, and `self.method(..).await` in `#[run]`";

    REF_OUTPUT LH0020: "an `async fn` of a workflow cannot return a borrow",
        why: "what it borrows from may be stored and read back before the caller looks at it",
        instead: "the value itself: `String` for `&str`, `Vec<T>` for `&[T]`, a clone or an index for the rest";

    LIFETIME_IMPL LH0021: "a workflow cannot have a lifetime",
        why: "its value is stored, and read back where nothing is that it could borrow",
        instead: "a type that owns what it has: `String` for `&'a str`, `Vec<T>` for `&'a [T]`";

    INSTANCES LH0022: "this is no instance of the workflow",
        why: "`for` lists the types that runs are started with, each the impl's own type with something for each parameter",
        instead: "`#[workflow(for = [Checkout<Card>, Checkout<Cash> as \"cash\"])] impl<P: Payment> Checkout<P>`";

    SAME_INSTANCE LH0023: "two instances have the name `{0}`",
        why: "runs are stored under the name, and have to find their type by it",
        instead: "each once, or another name by hand: `Checkout<Card> as \"card\"`";

    ATTRIBUTE LH0024: "this attribute cannot be on an `async fn` of a workflow",
        why: "it would see the machine's code, and not the function's",
        instead: "it on a plain `fn` or an activity that does that part of the work; lints, `#[cfg]`, `#[deprecated]` and docs can be here";

    OTHER_SIGNATURE LH0025: "another `{0}` of this impl has other parameters",
        why: "its callers are written for both, since what `#[cfg]` leaves out is not known here",
        instead: "the same parameters and result for each; what differs goes into the bodies";

    TOO_DEEP LH0026: "this is nested too deeply",
        why: "code is read by calling the reader again for what is within, and the compiler's stack has an end",
        instead: "an inner part in a `let` before it, or in a function of its own";

    REF_ANSWER LH0027: "{0} cannot be a borrow",
        why: "it leaves the run, and is read back where nothing is that it could borrow",
        instead: "the value itself: `String` for `&str`, `Vec<T>` for `&[T]`, a clone for the rest";

    CALL_IN_PLAIN LH0028: "`{0}` is an `async fn` of the workflow, and the method that calls it is not async",
        why: "it is a part of the machine that awaits it, and a method that is not async has none",
        instead: "`async fn` for the method that calls it, and `.await` on the call; or the call where the method is called";

    UPDATE_SHAPE LH0030: "an update has to be `fn name(&mut self, ..)`",
        why: "it changes the run's own value, and answers once it has",
        instead: "`#[update] fn name(&mut self, value: Value) -> Result<(), Refused>`, or an `async fn`, which runs beside `run`";

    UPDATE_OPTION LH0031: "`#[update]` has one option, `validate`",
        why: "what is asked before an update is accepted is a method of the impl",
        instead: "`#[update(validate = check)]`, with `fn check(&self, value: &Value) -> Result<(), Refused>`";

    UPDATE_RESULT LH0032: "an update with a validator has to return a `Result`",
        why: "what the validator refuses it with is what its caller gets",
        instead: "`fn name(&mut self, value: Value) -> Result<Answer, Refused>`, with the validator's error as its own";

    AWAIT_IN_CLOSURE LH0101: "an `.await` cannot be in a closure",
        why: "what calls the closure is not part of the machine, so it cannot be resumed after a restart",
        instead: "the loop written out: `for x in items { f(x).await; }`";

    ASYNC_BLOCK LH0102: "an `async` block that is a value has to own what it uses",
        why: "it may be awaited later, and borrows cannot be stored",
        instead: "`async move { .. }`, with clones of what is needed elsewhere too; the blocks in `join!`, `try_join!`, `select!`, `timeout`, `shield` and `ctx.scope` share the variables around them";

    ASYNC_CLOSURE LH0103: "a closure cannot be `async`",
        why: "what calls the closure is not part of the machine, so it cannot be resumed after a restart",
        instead: "an `async fn` of the impl, awaited: `self.step(x).await`";

    AWAIT_IN_MACRO LH0104: "an `.await` cannot be where a macro decides whether it is evaluated",
        why: "it is a state of the machine, so it has to be evaluated once and in order: as the arguments of `println!` or `vec!` are",
        instead: "`let value = f().await;` before it, and `value` in the macro";

    EXIT_IN_MACRO LH0105: "a `return`, `break`, `continue` or `?` cannot be in this macro",
        why: "it leaves the machine's body, and what this macro makes of it is not known to the generator, as it is for `println!` or `vec!`",
        instead: "`let value = f()?;` before it, and `value` in the macro";

    AWAIT_IN_GUARD LH0106: "an `.await` cannot be in a match guard",
        why: "the pattern is only half matched while a guard runs, and that cannot be stored",
        instead: "the await before the `match`, or an `if` inside the arm";

    AWAIT_IN_UNSAFE LH0107: "an `.await` cannot be in `unsafe`",
        why: "what makes the code sound need not hold any more in another process",
        instead: "a plain `fn` with the unsafe part, called where it is needed";

    AWAIT_IN_CONST LH0108: "an `.await` cannot be in a `const` block",
        why: "it is evaluated when the program is built",
        instead: "the await before it: `let value = f().await;`";

    AWAIT_UNDER_CFG LH0109: "`#[cfg]` cannot be on code with an `.await`",
        why: "its states would come and go with the build, and stored runs are in them",
        instead: "the same awaits in every build, and `#[cfg]` in an activity or a plain `fn`";

    AWAIT_IN_OTHER LH0110: "an `.await` cannot be in this kind of expression",
        why: "the order in which its parts are evaluated is not known to the generator",
        instead: "`let value = f().await;` before it, and `value` here";

    HELPER_NOT_AWAITED LH0112: "this call does nothing, since nobody awaits it",
        why: "a call of an `async fn` begins when it is awaited or spawned, as in all of Rust",
        instead: "`.await` on the call, or `let task = ctx.spawn(call);` to let it run beside";

    HELPER_ON_OTHER LH0113: "an `async fn` of the workflow can only be called on `self`",
        why: "its state is stored as a part of this run, and with it only this run's own value",
        instead: "`self.method(..).await`, with the other value as an argument";

    CAPTURED_BORROW LH0114: "`{0}` is a borrow, which an `async` block that is a value cannot take along",
        why: "the block is stored with what it captures, and a borrow cannot be",
        instead: "an owned value, made before the block: `let {0} = {0}.clone();`";

    TASK_DROPPED LH0115: "this task is dropped, and so cancelled, before it has begun",
        why: "a task lives as long as its handle",
        instead: "`let task = ctx.spawn(..);` and `task.await`, or `ctx.spawn(..).detach();`";

    GENERIC_TASK LH0116: "a call of a generic `async fn` cannot be a task",
        why: "after a restart a task goes on by its method's name, and each type would have another body",
        instead: "an `async move` block around the call, as a task of its own: `ctx.spawn(async move { self.pack(ctx, item).await })`";

    STEP_SHAPE LH0117: "a step is a name and an `async` block",
        why: "the name is stored, to find the block by after a restart; and of a block it can be seen what it captures, which is stored as well",
        instead: "`ctx.run(\"charge\", async move { client.charge(order).await })`";

    STEP_NAME LH0118: "a step cannot have this name",
        why: "it is stored, and is a part of the name of the state that awaits it",
        instead: "letters, digits, `_`, `-` and spaces, such as \"charge card\"";

    STEP_TWICE LH0119: "there is another step called `{0}` in this method",
        why: "after a restart a step's code is found by its name",
        instead: "another name for one of the two; or an `async fn` with the step, called in both places";

    STEP_CONTEXT LH0120: "`{0}` cannot be used in a step",
        why: "a step runs beside the workflow, as an activity does, and after a restart without it",
        instead: "what the step needs in variables before it: `let limit = self.limit;`; and all that is awaited of the workflow outside of it";

    STEP_GENERIC LH0121: "a step cannot be in a generic `async fn`",
        why: "after a restart a step's code is found by its name, and each type would have another",
        instead: "the step in an `async fn` of its own that is not generic, which this one calls with what the step needs";

    STEP_NOT_AWAITED LH0122: "this step does nothing, since nobody awaits it",
        why: "a step begins when it is awaited or spawned, as any `async` block in Rust",
        instead: "`.await` on it, or `let task = ctx.spawn(ctx.run(..));` to let it run beside";

    BLOCK_GENERIC LH0123: "an `async` block that is a value cannot be in a generic `async fn`",
        why: "after a restart it goes on by its name, and each type would have another body",
        instead: "the block in an `async fn` of its own that is not generic, which this one calls with what the block needs; blocks in `join!`, `select!`, `timeout`, `shield` and `ctx.scope` can be here";

    EFFECT LH0201: "`{0}` is an effect, and cannot be in a workflow",
        why: "after a crash it would be lost, repeated, or different",
        instead: "{1}";

    BRANCHES LH0301: "this needs a branch",
        why: "`join!`, `try_join!` and `select!` are for operations beside each other",
        instead: "what to wait for: `join!(charge(order), ship(order))`";

    SELECT_ARM LH0302: "a branch of `select!` has to be `pattern = awaitable => what to do`",
        why: "each branch says what to wait for, and what to do with its result",
        instead: "`answer = ask(question) => accept(answer),` with commas between branches";

    ACTIVITY_ASYNC LH0401: "an activity has to be an `async fn`",
        why: "an activity is work outside of the run, which waits for it",
        instead: "`#[activity] async fn charge(order: OrderId) -> Result<Charge, PaymentError>`";

    ACTIVITY_ARGUMENT LH0402: "an activity cannot take a reference or `impl Trait`",
        why: "its arguments are stored before it begins, so that it can be tried again after a crash",
        instead: "an owned value: `String` for `&str`, `Vec<T>` for `&[T]`, a concrete type for `impl Trait`";

    ACTIVITY_GENERIC LH0403: "an activity cannot be generic",
        why: "it is stored and looked up by its name, and each type would need another",
        instead: "one concrete type";

    ACTIVITY_SELF LH0404: "an activity of an `#[activities]` impl has to take `&self`",
        why: "the value is what its activities share, such as a client; calls run at the same time",
        instead: "`&self` as its first parameter; or a free function, where it needs no value";

    ACTIVITY_SELF_OUTSIDE LH0405: "an activity with `self` has to be in an `#[activities]` impl",
        why: "`#[activity]` alone goes on a free function: there is no value to call it on",
        instead: "`#[activities] impl Payments { #[activity] async fn charge(&self, ..) .. }`";

    NO_ACTIVITY LH0406: "this `#[activities]` impl has no activity",
        why: "only methods marked `#[activity]` can be called from workflows",
        instead: "`#[activity]` on each of them";

    ACTIVITIES_IMPL LH0407: "`#[activities]` does not go on this item",
        why: "activities are registered by the name of their type: an inherent impl of a type without parameters",
        instead: "`#[activities] impl Payments { .. }`";

    OPTION_VALUE LH0408: "`{0}` needs a value",
        why: "{1}",
        instead: "the name and its value, as shown";

    OPTION_NUMBER LH0409: "a coefficient has to be a number",
        why: "the coefficient is what each wait is multiplied by for the next try, and `jitter` which part of it may be left out",
        instead: "a number such as `2.0`";

    OPTION_COEFFICIENT LH0410: "a coefficient has to be at least 1",
        why: "the waits between tries grow or stay; they do not shrink",
        instead: "`1.0` for equal waits, `2.0` to double them";

    OPTION_ATTEMPTS LH0411: "there has to be at least one attempt",
        why: "a call that is never tried has no result",
        instead: "`1` for a single try; leave the option out for no limit";

    OPTION_DURATION LH0412: "this is not a duration",
        why: "a duration is a whole number above zero and a unit: `ms`, `s`, `m`, `h` or `d`",
        instead: "a text such as \"200ms\", \"10s\", \"5m\", \"2h\" or \"1d\"";

    OPTION_TIMEOUTS LH0413: "`{0}` cannot be longer than `{1}`",
        why: "the one is a part of the other, so it would never pass first",
        instead: "a shorter `{0}`, or a longer `{1}`";

    OPTION_CANCELLATION LH0414: "there is no such way to cancel an activity",
        why: "there are `TryCancel` (tell it and go on), `WaitCompleted` (tell it and wait for it) and `Abandon` (let it run)",
        instead: "one of those: `cancellation = WaitCompleted`";

    OPTION_CONCURRENT LH0415: "at least one attempt has to be able to run",
        why: "`max_concurrent` is how many attempts at the activity run at once, and with none it would never be done",
        instead: "`1` for one after the other; leave the option out for no limit";

    OPTION_JITTER LH0416: "a jitter has to be between 0 and 1",
        why: "it is the part of a wait that may be left out, so that what failed together is not tried again together",
        instead: "`0.2` for up to a fifth; `1.0` for any part of it; leave the option out for none";

    STATE_NAME LH0501: "this is no name for a state",
        why: "it becomes a variant of the machine's enum of states, and is what is stored",
        instead: "a variant's name, without quotes: `#[state(AwaitingApproval)]`";

    STATE_OURS LH0502: "a state cannot be called `{0}`",
        why: "each machine has a state `{0}` already, before its first step or after its last",
        instead: "another name, such as what is waited for";

    STATE_TWICE LH0503: "there is another state called `{0}`",
        why: "a run is stored with the name of its state, which has to tell where it goes on",
        instead: "another name for one of the two";

    STATE_SECOND_NAME LH0504: "this suspension has a name already",
        why: "a run is stored with one name of its state",
        instead: "one `#[state(..)]` of them";

    STATE_OF_SEVERAL LH0505: "`{0}` would be the name of {1} suspensions",
        why: "a run is stored with the name of its state, which has to tell where it goes on",
        instead: "a statement of its own for the one that is meant: `#[state({0})] let value = f().await;`";

    STATE_WITHOUT_AWAIT LH0506: "`#[state(..)]` is on code without an `.await`",
        why: "a state is where a run waits; what is in a block of its own inside is a statement of its own",
        instead: "`#[state(..)]` on the statement that awaits";

    STATE_PLACE LH0507: "`#[state(..)]` cannot be in a macro's arguments",
        why: "it names the suspension of a statement, or of a branch of `join!`, `select!` or `timeout`",
        instead: "`#[state(Asking)] let answer = ask().await;` before it, and `answer` in the macro";

    RESERVED LH0508: "`{0}` is a name that the generated code has for itself",
        why: "the code of an `async fn` stands unchanged among what is generated, where it would be taken for another",
        instead: "another name, such as `{1}`";
}

/// An effect in a workflow, and what to write instead of this one.
pub(crate) fn effect(path: &str, instead: &str) -> super::Message {
    EFFECT.with(&[path, instead])
}

/// An option that is not there; `known` are those that are.
pub(crate) fn unknown_option(name: &str, known: &str) -> super::Message {
    UNKNOWN_OPTION.with(&[name, known])
}
