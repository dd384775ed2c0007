//! Writes programs: the body of a workflow with its helpers, from a list of choices.
//!
//! Each construct of the language is one function that returns source text, in the file of its kind: [`expr`](self),
//! `stmt`, `concurrent`. To add one, write such a function and give it a number in the `match` of `int`, of
//! `statement`, or of `construct`; the rest follows. What a program may do at a place (which variables it may name,
//! change, borrow or move; whether it may await or leave) is in `Writer`.

mod concurrent;
mod control;
// A number that a construct is not allowed under gives what the others of its kind give.
#[allow(clippy::match_same_arms)]
mod expr;
mod handles;
mod loops;
mod methods;
mod own;
mod patterns;
#[allow(clippy::match_same_arms)]
mod stmt;
mod tasks;
#[allow(clippy::match_same_arms)]
mod text;

use crate::choices::Choices;

/// A program.
#[derive(Debug, Clone)]
pub struct Written {
    /// The name of the workflow's type.
    pub name: String,
    /// The impl, with its attribute.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Own,
    Borrow,
    BorrowMut,
}

/// A variable in scope, or a field of the workflow.
#[derive(Debug, Clone)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) access: Access,
    pub(crate) mutable: bool,
    /// How many things forbid to change or move it.
    pub(crate) frozen: u32,
    /// How many things forbid to name it.
    pub(crate) hidden: u32,
    pub(crate) moved: bool,
    /// The variables that it freezes or hides as long as it is in scope.
    holds: Vec<(usize, Hold)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    Freeze,
    Hide,
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
    /// Whether this is the run's own code.
    pub(crate) in_run: bool,
    /// Whether there is a context.
    pub(crate) has_context: bool,
    /// Whether this is a generic method, which has no local steps.
    pub(crate) generic: bool,
    /// Whether this is a method of `&self`.
    pub(crate) reads: bool,
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
        counter: 0,
        loops: 0,
        level: 0,
        laters: Vec::new(),
        later_floor: 0,
        tasks_share: false,
        handlers: 0,
        in_run: false,
        has_context: true,
        generic: false,
        reads: false,
    };
    writer.shares = writer.below(4) == 3;
    writer.tasks_share = writer.below(4) == 3;
    if writer.once_in(4) {
        writer.handlers = 1 + writer.below(3);
        // They change the workflow's value at any await.
        (writer.tasks_share, writer.shared) = (true, true);
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
    let source = format!("#[workflow]\nimpl {name} {{\n{}\n}}\n", indented(&body));
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

    // Variables.

    pub(crate) fn bind(&mut self, name: &str, ty: Ty, mutable: bool) -> usize {
        self.bind_as(name, ty, Access::Own, mutable)
    }

    pub(crate) fn bind_as(&mut self, name: &str, ty: Ty, access: Access, mutable: bool) -> usize {
        let var = Var {
            name: name.to_owned(),
            ty,
            access,
            mutable,
            frozen: 0,
            hidden: 0,
            moved: false,
            holds: Vec::new(),
        };
        self.vars.push(var);
        self.vars.len() - 1
    }

    fn bind_self(&mut self) {
        for (name, ty) in [
            ("self.count", Ty::Int),
            ("self.items", Ty::Ints),
            ("self.title", Ty::Text),
            ("self.point", Ty::Point),
        ] {
            self.bind(name, ty, true);
        }
    }

    /// As long as `by` is in scope, `var` is held.
    pub(crate) fn hold(&mut self, by: usize, var: usize, hold: Hold) {
        self.change_hold(var, hold, 1);
        self.vars[by].holds.push((var, hold));
    }

    pub(crate) fn change_hold(&mut self, var: usize, hold: Hold, by: i32) {
        let var = &mut self.vars[var];
        let count = if hold == Hold::Freeze { &mut var.frozen } else { &mut var.hidden };
        *count = count.checked_add_signed(by).expect("a hold ends once");
    }

    /// Code in a scope of its own.
    pub(crate) fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.vars.len();
        let value = inner(self);
        self.unscope(mark);
        value
    }

    pub(crate) fn unscope(&mut self, mark: usize) {
        while self.vars.len() > mark {
            let var = self.vars.pop().expect("there are more");
            for (held, hold) in var.holds {
                self.change_hold(held, hold, -1);
            }
        }
    }

    /// With a variable held.
    pub(crate) fn holding<T>(&mut self, var: usize, hold: Hold, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.change_hold(var, hold, 1);
        let value = inner(self);
        self.change_hold(var, hold, -1);
        value
    }

    pub(crate) fn is_self(&self, var: usize) -> bool {
        self.vars[var].name.starts_with("self.")
    }

    fn is_usable(&self, at: usize) -> bool {
        let var = &self.vars[at];
        let shadowed = self.vars[at + 1..].iter().any(|later| later.name == var.name);
        !shadowed && !var.moved && var.hidden == 0
    }

    pub(crate) fn some_var(&mut self, wanted: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let found: Vec<usize> =
            (0..self.vars.len()).rev().filter(|at| self.is_usable(*at) && wanted(self, *at)).collect();
        if found.is_empty() {
            return None;
        }
        Some(self.pick(&found))
    }

    pub(crate) fn readable(&mut self, ty: Ty) -> Option<usize> {
        self.some_var(|this, at| this.vars[at].ty == ty)
    }

    pub(crate) fn can_write(&self, at: usize) -> bool {
        let var = &self.vars[at];
        let changes = match var.access {
            Access::Own => var.mutable,
            Access::Borrow => false,
            Access::BorrowMut => true,
        };
        self.pure == 0 && var.frozen == 0 && changes
    }

    pub(crate) fn writable(&mut self, ty: Ty) -> Option<usize> {
        self.some_var(|this, at| this.vars[at].ty == ty && this.can_write(at))
    }

    /// A variable that can be given away.
    pub(crate) fn movable(&mut self, ty: Ty) -> Option<usize> {
        if self.pure > 0 {
            return None;
        }
        self.some_var(|this, at| {
            let var = &this.vars[at];
            var.ty == ty
                && var.access == Access::Own
                && var.frozen == 0
                && at >= this.move_floor
                && !this.is_self(at)
        })
    }

    /// Whether other branches may change a variable while this one waits.
    pub(crate) fn others_change(&self, at: usize) -> bool {
        self.shares && self.level > 0 && at < self.task_floor || self.tasks_share && self.is_self(at)
    }

    /// Whether a variable can be given to a block that owns it.
    pub(crate) fn can_give(&self, at: usize) -> bool {
        self.vars[at].frozen == 0 && at >= self.move_floor && self.is_usable(at)
    }

    /// A variable of one's own that can be borrowed.
    pub(crate) fn borrowable(&mut self, wanted: impl Fn(Ty) -> bool) -> Option<usize> {
        self.some_var(|this, at| {
            let var = &this.vars[at];
            wanted(var.ty) && var.access == Access::Own && !this.others_change(at)
        })
    }

    /// A variable of one's own that can be borrowed to change it.
    pub(crate) fn borrowable_mut(&mut self, wanted: impl Fn(Ty) -> bool) -> Option<usize> {
        self.some_var(|this, at| {
            let var = &this.vars[at];
            wanted(var.ty) && var.access == Access::Own && this.can_write(at) && !this.others_change(at)
        })
    }

    /// Whether methods of `self` can be called.
    pub(crate) fn self_is_free(&self) -> bool {
        let mut own = (0..self.vars.len()).filter(|at| self.is_self(*at)).peekable();
        self.pure == 0
            && !self.reads
            && own.peek().is_some()
            && own.all(|at| self.vars[at].hidden == 0 && self.vars[at].frozen == 0)
    }

    /// A variable as an expression that gives its value.
    pub(crate) fn read(&self, at: usize) -> String {
        let var = &self.vars[at];
        match (var.access, var.ty.is_copy()) {
            (Access::Own, true) => var.name.clone(),
            (_, true) => format!("*{}", var.name),
            (_, false) => format!("{}.clone()", var.name),
        }
    }

    /// A variable as a place to assign to.
    pub(crate) fn place(&self, at: usize) -> String {
        let var = &self.vars[at];
        if var.access == Access::Own { var.name.clone() } else { format!("*{}", var.name) }
    }

    /// Whether blocks can be values here, which they cannot in a generic method.
    pub(crate) fn can_spawn(&self) -> bool {
        self.can_await() && !self.generic
    }

    pub(crate) fn can_await(&self) -> bool {
        self.pure == 0 && self.no_await == 0
    }
}
