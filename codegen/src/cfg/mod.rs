//! The control-flow graph of one async method: what lowering makes, what analysis and emission read.
//!
//! A *block* is straight-line code with one terminator. Pieces of the user's source without an await stay as
//! they were written, inside [`Code`]; only constructs with an await in them become blocks. A way out of such a
//! piece (`return`, `?`, `break`, `continue`) is a placeholder call that names an [`Exit`].
//!
//! A *task* is the method itself or one branch of a `join!`, `select!` or `timeout`. Each has its own position.
mod questions;

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Pat, Type};

use crate::names::{VarId, Vars};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) usize);
    )*};
}

ids! {
    /// A block of the graph.
    BlockId
    /// A lexical scope of the source.
    ScopeId
    /// The method (0) or a branch.
    TaskId
    /// A way out of verbatim code.
    ExitId
    /// A `join!`, `try_join!`, `select!` or `timeout`.
    ConstructId
}

/// The task of the method itself.
pub(crate) const MAIN: TaskId = TaskId(0);

/// All of one method.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) vars: Vec<Var>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) blocks: Vec<Block>,
    /// The blocks in the order of the source. rustc infers types in the order of the emitted arms, which is this one.
    pub(crate) order: Vec<BlockId>,
    pub(crate) exits: Vec<Exit>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) constructs: Vec<Construct>,
    /// Items declared within the body and not in a scope; they are visible in all of it.
    pub(crate) items: Vec<syn::Item>,
    /// The `async` blocks that are values.
    pub(crate) sites: Vec<Site>,
    /// The local steps.
    pub(crate) steps: Vec<LocalStep>,
    /// Variables that tasks were put into, each with the blocks that do so: a task that nobody names again lives as
    /// long as its variable.
    pub(crate) tasks_kept: Vec<(VarId, BlockId)>,
    /// Variables that are within the workflow's value, where a handler may take away what they are: no borrows, so.
    pub(crate) may_be_gone: Vars,
    /// The async methods of the impl that are called as values.
    pub(crate) spawned_methods: BTreeSet<String>,
}

/// An `async` block that is a value: a machine of its own, whose body is written within this one's.
#[derive(Debug)]
pub(crate) struct Site {
    /// The name under which its tasks are stored: that of the machine around it, and what it first awaits.
    pub(crate) name: String,
    /// The block that makes the value.
    pub(crate) block: BlockId,
    pub(crate) graph: Graph,
}

/// `ctx.run("name", async move { .. })`: code that is no part of the machine, written within its body.
#[derive(Debug)]
pub(crate) struct LocalStep {
    /// The name under which it is stored: that of the method, and its own.
    pub(crate) name: String,
    /// Its own, as it is written.
    pub(crate) literal: syn::LitStr,
    /// The block that makes the step as a value.
    pub(crate) block: BlockId,
    /// The items of the blocks around it, outermost first.
    pub(crate) items: Vec<Vec<syn::Item>>,
    /// The variables that it captures.
    pub(crate) captures: Vec<Ident>,
    pub(crate) body: syn::Block,
}

/// A local variable.
#[derive(Debug)]
pub(crate) struct Var {
    /// As the user wrote it, or made up for a temporary.
    pub(crate) ident: Ident,
    pub(crate) mutable: bool,
    pub(crate) scope: ScopeId,
    /// Set for what is made again after a resume instead of being stored.
    pub(crate) rebuild: Option<Rebuild>,
    /// The type, where it is written and can be written again.
    pub(crate) ty: Option<Type>,
    /// Set for what is left of another variable.
    pub(crate) parts: Option<Parts>,
}

/// What is left of a variable when fields of it may have been moved away.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) of: VarId,
    pub(crate) part: Part,
}

/// A value that has some fields of another, each under the name that it has there.
#[derive(Debug)]
pub(crate) enum Part {
    Whole,
    /// All of it, with something else in the place of these fields.
    WithSpares(BTreeSet<crate::analyse::Way>),
    /// Those that have numbers.
    Tuple(Vec<Option<Part>>),
    /// Those that have names, and the type that is made for them.
    Struct(Ident, Vec<(Ident, Part)>),
}

/// How a borrow of a kept place, a literal, a loop's item, or what a pattern borrows is made again: `let PAT = EXPR;`.
#[derive(Debug, Clone)]
pub(crate) struct Rebuild {
    /// What the `let` binds: more than one variable where a pattern does.
    pub(crate) pat: TokenStream,
    /// Whether the pattern is one of several that the place may have matched; this time it is known to.
    pub(crate) refutable: bool,
    /// Whether it may be a value of its own, which rustc finds out: then it is stored.
    pub(crate) looked_up: bool,
    /// Where to go when there is none any more: then the expression gives an `Option`.
    pub(crate) or_leave: Option<BlockId>,
    pub(crate) expr: TokenStream,
    /// The items among which it is found, where it is.
    pub(crate) among: Option<syn::Expr>,
    /// Whether it borrows from the workflow's value.
    pub(crate) of_self: bool,
    /// The variables that the expression needs.
    pub(crate) needs: Vars,
    /// The variables that the pattern binds.
    pub(crate) binds: Vec<VarId>,
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) parent: Option<ScopeId>,
    /// Items that are visible in it alone. They are written anew wherever code of the scope is, so none is a type.
    pub(crate) items: Vec<syn::Item>,
}

/// The method itself or a branch.
#[derive(Debug)]
pub(crate) struct Task {
    /// The construct that it is a branch of, and its place in it.
    pub(crate) branch_of: Option<(ConstructId, usize)>,
    /// Where it begins. For a branch that is only an awaitable: its poll block.
    pub(crate) entry: BlockId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concurrency {
    Join,
    TryJoin,
    Select,
    Timeout,
    /// One branch, whose cancellation ends with it.
    Scope,
    /// One branch, which is not cancelled.
    Shield,
}

impl Concurrency {
    /// Whether each branch leaves its output in a slot of the frame, for the others.
    pub(crate) fn waits_for_all(self) -> bool {
        matches!(self, Concurrency::Join | Concurrency::TryJoin)
    }
}

/// How a branch of a `select!` may be shut: then it does not run any more, and is not the first.
#[derive(Debug)]
pub(crate) struct Door {
    /// By its guard, when the construct is entered.
    pub(crate) guarded: bool,
    /// By its result, when that does not match this pattern, which binds nothing.
    pub(crate) pattern: Option<TokenStream>,
}

impl Door {
    pub(crate) fn may_shut(&self) -> bool {
        self.guarded || self.pattern.is_some()
    }
}

/// Several tasks run beside each other at one suspension.
#[derive(Debug)]
pub(crate) struct Construct {
    pub(crate) kind: Concurrency,
    /// The function that stands in the source: `timeout`, `shield`.
    pub(crate) function: Option<syn::Path>,
    pub(crate) branches: Vec<TaskId>,
    /// The block whose first instruction polls the branches.
    pub(crate) poll: BlockId,
    /// What [`Concurrency::Select`] leaves in each branch's output.
    pub(crate) outputs: Vec<VarId>,
    /// For [`Concurrency::Select`]: how each branch may be shut.
    pub(crate) doors: Vec<Door>,
    /// What a [`Concurrency::Timeout`] gives.
    pub(crate) result: Option<VarId>,
}

/// A piece of the user's code, its exits replaced by placeholders.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) tokens: CodeTokens,
    /// The variables it names.
    pub(crate) uses: Vars,
    /// The variables it assigns whole before anything else.
    pub(crate) kills: Vars,
    /// The variables it declares.
    pub(crate) declares: Vec<VarId>,
    pub(crate) exits: Vec<ExitId>,
}

#[derive(Debug, Clone)]
pub(crate) enum CodeTokens {
    Stmt(Box<syn::Stmt>),
    Expr(Box<Expr>),
}

#[derive(Debug)]
pub(crate) enum Instr {
    /// What a pattern on the way here has bound.
    Bound(Vec<VarId>),
    /// A statement of the user's.
    Code(Code),
    /// `let var;`
    Declare(VarId),
    /// `var = code;`
    Assign(VarId, Code),
    /// The scope begins here.
    Enter(ScopeId),
    /// The scope ends here.
    Leave(ScopeId),
    /// Begins the operation that the poll block waits for.
    Begin { poll: BlockId, operation: Code, call: Option<Ident> },
    /// Evaluated as a `select!` is entered: whether a branch may run.
    Open { branch: TaskId, open: Code },
    /// Polls; the first instruction of a poll block and nowhere else.
    Poll(Poll),
    /// Takes the arguments of the method apart.
    Arguments { pats: Vec<Pat>, declares: Vec<VarId> },
    /// The next item of a `for x in &kept` loop is one further.
    Advance(VarId),
}

/// A suspension.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(crate) what: Polled,
    /// Where the output goes.
    pub(crate) output: VarId,
    /// The state's name without its `Await`.
    pub(crate) name: String,
    /// The state's whole name, where it was given by hand.
    pub(crate) given: Option<Ident>,
    /// The awaited expression as it stands in the source.
    pub(crate) source: String,
    /// What ends the wait, as far as the source shows it: a result, a timer, a request to cancel.
    pub(crate) ends: Ends,
    pub(crate) span: Span,
}

/// What ends a wait for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    Result,
    Timer,
    Cancelled,
}

#[derive(Debug)]
pub(crate) enum Polled {
    /// An operation in a slot of its own.
    Operation,
    /// An async method of the same impl, in a slot of its own; called on `self` or on the type.
    Call { method: Ident, receiver: bool, turbofish: Option<syn::AngleBracketedGenericArguments> },
    /// A condition, evaluated anew each time.
    Condition(Code),
    /// Branches.
    Branches(ConstructId),
}

/// How a block ends. There are few of them, so their size does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub(crate) enum Term {
    /// Falls out of the construct it is in, to what follows.
    Fall(BlockId),
    /// Goes elsewhere: loop heads and loop ends.
    Jump(BlockId),
    /// Waits: goes to a poll block.
    Suspend(BlockId),
    If {
        cond: Code,
        then: BlockId,
        otherwise: BlockId,
        after: BlockId,
    },
    Match {
        head: MatchHead,
        arms: Vec<MatchArm>,
        after: BlockId,
    },
    /// `let PAT = code else { otherwise };`
    LetElse {
        pat: Pat,
        code: Code,
        otherwise: BlockId,
        next: BlockId,
    },
    /// The task ends with this value.
    Return(Code),
    /// Never reached.
    Unreachable,
}

#[derive(Debug)]
pub(crate) enum MatchHead {
    /// `match code`
    Value(Code),
    /// `match cursor.next()`
    Cursor(VarId),
    /// `match nth(items, index)`
    Nth { items: Code, index: VarId },
    /// Which branch of a `select!` was first.
    Winner(VarId),
}

#[derive(Debug)]
pub(crate) struct MatchArm {
    pub(crate) pat: TokenStream,
    pub(crate) guard: Option<Code>,
    pub(crate) block: BlockId,
}

#[derive(Debug)]
pub(crate) struct Block {
    /// The scope that it begins in.
    pub(crate) scope: ScopeId,
    pub(crate) task: TaskId,
    pub(crate) instrs: Vec<Instr>,
    pub(crate) term: Term,
    /// What a reader of the expansion may call it.
    pub(crate) hint: &'static str,
}

/// A way out of verbatim code.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    pub(crate) to: ExitTo,
    /// Names bound around the exit within the verbatim code.
    pub(crate) hidden: Vec<String>,
    /// For a `?`: what it asks.
    pub(crate) asks: Asks,
}

/// What a `?` is a question to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asks {
    /// The temporaries that its operand is made of, such as the output of an await.
    pub(crate) vars: Vars,
    /// Whether its operand has a `?` in it already.
    pub(crate) again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitTo {
    /// The task ends; the placeholder's argument is its value.
    Return,
    /// To a block, with the value of a `break` for a variable.
    Block(BlockId, Option<VarId>),
}
