//! Writes programs: the body of a workflow with its helpers, from a list of choices.
//!
//! Each construct of the language is one function that returns source text, in the file of its kind: [`expr`](self),
//! `stmt`, `concurrent`. To add one, write such a function and give it a number in the `match` of `int`, of
//! `statement`, or of `construct`; the rest follows. What a program may do at a place (which variables it may name,
//! change, borrow or move; whether it may await or leave) is in `Writer`.

mod calls;
mod concurrent;
mod control;
// A number that a construct is not allowed under gives what the others of its kind give.
#[allow(clippy::match_same_arms)]
mod expr;
mod function_handles;
mod functions;
mod handles;
mod loops;
mod methods;
mod own;
#[allow(clippy::match_same_arms)]
mod parts;
mod patterns;
#[allow(clippy::match_same_arms)]
mod stmt;
mod tasks;
#[allow(clippy::match_same_arms)]
mod text;
mod vars;

pub(crate) use self::vars::{Access, Hold, Var};
use crate::choices::Choices;

/// A program.
#[derive(Debug, Clone)]
pub struct Written {
    /// The name of the workflow's type.
    pub name: String,
    /// The functions that it awaits and the impl, with their attributes.
    pub source: String,
    /// Whether its branches share what they change, which plain async Rust refuses.
    pub shares: bool,
    /// The choices that it follows from.
    pub choices: Vec<u32>,
}

/// The types of the small language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ty {
    Int,
    Bool,
    Text,
    /// `Vec<i64>`
    Ints,
    /// `Option<i64>`
    Maybe,
    /// `(i64, String)`
    Pair,
    Point,
    /// `Result<i64, String>`
    Outcome,
}

const TYPES: [Ty; 8] = [Ty::Int, Ty::Text, Ty::Ints, Ty::Maybe, Ty::Bool, Ty::Pair, Ty::Point, Ty::Outcome];

impl Ty {
    pub(crate) fn is_copy(self) -> bool {
        matches!(self, Ty::Int | Ty::Bool | Ty::Maybe)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Ty::Int => "i64",
            Ty::Bool => "bool",
            Ty::Text => "String",
            Ty::Ints => "Vec<i64>",
            Ty::Maybe => "Option<i64>",
            Ty::Pair => "(i64, String)",
            Ty::Point => "Point",
            Ty::Outcome => "Result<i64, String>",
        }
    }
}

/// What a `return` or `?` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ret {
    /// `Result<String, Fault>`
    Run,
    /// `Result<T, Fault>`
    Fallible(Ty),
    /// `Option<i64>`
    Maybe,
    Plain(Ty),
    /// `()`
    Unit,
    /// The type of the parameter `value`.
    Value,
}

/// A loop or labelled block around a place.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    pub(crate) label: Option<String>,
    pub(crate) is_loop: bool,
    /// What `break` takes along.
    pub(crate) value: Option<Ty>,
}

/// A helper method.
#[derive(Debug, Clone)]
pub(crate) struct Helper {
    pub(crate) name: String,
    pub(crate) kind: HelperKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HelperKind {
    /// `(&mut self, ctx, a: i64) -> Result<i64, Fault>`
    Fallible,
    /// `(ctx, a: i64, s: String) -> i64`
    Static,
    /// `(&mut self, ctx, a: i64) -> Option<i64>`
    Maybe,
    /// `(&mut self, ctx, n: i64) -> Result<i64, Fault>`, which calls itself
    Recursive,
    /// `<T>(ctx, a: i64, value: T) -> T`
    Generic,
    /// `(&self, ctx, s: &String, v: &Vec<i64>) -> i64`
    Reader,
}

impl HelperKind {
    /// Whether it has nothing to do with `self`.
    pub(crate) fn is_apart(self) -> bool {
        matches!(self, HelperKind::Static | HelperKind::Generic)
    }
}

/// A method that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Run,
    Handler,
    Helper(HelperKind),
    /// A function marked `#[workflow]`.
    Function,
}

/// What is known at the place that is being written.
pub(crate) struct Writer {
    choices: Choices,
    pub(crate) fuel: i32,
    pub(crate) depth: u32,
    pub(crate) vars: Vec<Var>,
    pub(crate) around: Vec<Around>,
    pub(crate) ret: Ret,
    /// More than 0 where nothing may await, change anything or leave.
    pub(crate) pure: u32,
    /// More than 0 where nothing may await, but all else is allowed.
    pub(crate) no_await: u32,
    /// Only what was bound within the innermost loop or branch can be moved: variables from this one on.
    pub(crate) move_floor: usize,
    /// The first variable of the innermost branch.
    pub(crate) task_floor: usize,
    pub(crate) shares: bool,
    pub(crate) shared: bool,
    pub(crate) helpers: Vec<Helper>,
    pub(crate) functions: Vec<functions::Function>,
    pub(crate) handle_functions: Vec<function_handles::HandleFunction>,
    counter: u32,
    /// How many loops are around.
    pub(crate) loops: u32,
    /// How many blocks are around that can run beside others.
    pub(crate) level: u32,
    /// The tasks, triggers, and what has not begun.
    pub(crate) laters: Vec<tasks::Later>,
    /// Of these, the first that the innermost block that owns what it names can see.
    pub(crate) later_floor: usize,
    /// Whether tasks or handlers name `self`, which plain async Rust refuses.
    pub(crate) tasks_share: bool,
    /// How many handlers there are.
    pub(crate) handlers: usize,
    /// The method that is being written.
    pub(crate) method: Place,
    /// More than 0 where there is no context.
    pub(crate) no_context: u32,
}

/// Writes the program that follows from some choices.
pub fn program(name: &str, choices: Choices) -> Written {
    let mut writer = Writer {
        choices,
        fuel: 0,
        depth: 0,
        vars: Vec::new(),
        around: Vec::new(),
        ret: Ret::Run,
        pure: 0,
        no_await: 0,
        move_floor: 0,
        task_floor: 0,
        shares: false,
        shared: false,
        helpers: Vec::new(),
        functions: Vec::new(),
        handle_functions: Vec::new(),
        counter: 0,
        loops: 0,
        level: 0,
        laters: Vec::new(),
        later_floor: 0,
        tasks_share: false,
        handlers: 0,
        method: Place::Run,
        no_context: 0,
    };
    writer.shares = writer.below(4) == 3;
    writer.tasks_share = writer.below(4) == 3;
    if writer.once_in(4) {
        writer.handlers = 1 + writer.below(3);
        // They change the workflow's value at any await.
        (writer.tasks_share, writer.shared) = (true, true);
    }
    let mut functions = Vec::new();
    for _ in 0..writer.below(4) {
        functions.push(if writer.once_in(4) { writer.handle_function(name) } else { writer.function(name) });
    }
    let mut methods = Vec::new();
    for _ in 0..writer.below(4) {
        methods.push(writer.helper());
    }
    for number in 0..writer.handlers {
        methods.push(writer.handler_method(number));
    }
    methods.insert(0, writer.run());
    let body = methods.join("\n\n");
    let functions = functions.join("\n");
    let source = format!("{functions}\n#[workflow]\nimpl {name} {{\n{}\n}}\n", indented(&body));
    Written { name: name.to_owned(), source, shares: writer.shared, choices: writer.choices.made() }
}

pub(crate) fn indented(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
        .collect();
    lines.join("\n")
}

impl Writer {
    // Choices.

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.choices.below(end)
    }

    /// Whether something more than the simplest is done, once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.below(of.len());
        of[at].clone()
    }

    /// Whether there is room for more than a leaf.
    pub(crate) fn room(&mut self) -> bool {
        self.fuel -= 1;
        self.fuel > 0 && self.depth < 6
    }

    pub(crate) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    pub(crate) fn purely<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.pure += 1;
        let value = inner(self);
        self.pure -= 1;
        value
    }

    pub(crate) fn fresh(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}{}", self.counter)
    }

    pub(crate) fn name(&mut self) -> String {
        self.pick(&["a", "b", "c", "x", "y", "s", "t", "v"]).to_owned()
    }

    pub(crate) fn ty(&mut self) -> Ty {
        self.pick(&TYPES)
    }

    /// Whether blocks can be values here, which they cannot in a generic method.
    pub(crate) fn can_spawn(&self) -> bool {
        self.can_await() && self.method != Place::Helper(HelperKind::Generic)
    }

    pub(crate) fn can_await(&self) -> bool {
        self.pure == 0 && self.no_await == 0
    }
}
