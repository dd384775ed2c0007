//! Tasks, blocks and calls that are values, and triggers: what is bound, what is done with it meanwhile, how it ends.

use super::{HelperKind, Ret, Ty, Writer, indented};

/// A variable that is a handle, or has not begun.
#[derive(Debug, Clone)]
pub(crate) struct Later {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) gives: Gives,
    /// How many loops and blocks were around it where it was bound.
    loops: u32,
    level: u32,
    /// More than 0 where it cannot be named.
    hidden: u32,
    /// Whether its output may be taken already.
    asked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Task,
    /// A list of tasks.
    Tasks,
    /// A block or call that has not begun.
    Block,
    Trigger,
}

/// What it gives when it is awaited, `Cancelled` aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Plain(Ty),
    /// `Result<T, Fault>`
    Fallible(Ty),
    /// An activity's `Result<i64, _>`
    Activity,
    Unit,
}

impl Writer {
    /// `let task = ctx.spawn(..);`, what is done meanwhile, and what becomes of the task.
    pub(crate) fn task_statement(&mut self) -> String {
        let (operation, gives) = self.spawned(None);
        self.task(&operation, gives)
    }

    pub(crate) fn task(&mut self, operation: &str, gives: Gives) -> String {
        let name = self.fresh("k");
        let mut lines = vec![format!("let mut {name} = ctx.spawn({operation});")];
        let (more, later) = self.meanwhile(&name, Kind::Task, gives);
        lines.extend(more);
        lines.extend(self.task_ends(&later));
        lines.join("\n")
    }

    /// Statements while a variable is there.
    pub(crate) fn meanwhile(&mut self, name: &str, kind: Kind, gives: Gives) -> (Vec<String>, Later) {
        let (name, loops, level) = (name.to_owned(), self.loops, self.level);
        self.laters.push(Later { name, kind, gives, loops, level, hidden: 0, asked: false });
        let count = self.below(3);
        let lines = self.statements(count);
        (lines, self.laters.pop().expect("it was pushed"))
    }

    /// What can be spawned, and what it gives. With a trigger, that is resolved in it.
    fn spawned(&mut self, trigger: Option<(&str, Ty)>) -> (String, Gives) {
        match if trigger.is_some() { 0 } else { self.below(9) } {
            5 => {
                let argument = self.expr(Ty::Int);
                (format!("num({argument})"), Gives::Activity)
            }
            6 => (format!("ctx.sleep(seconds({}))", self.below(4)), Gives::Unit),
            8 => self.function_call(None, false).unwrap_or_else(|| self.own_block(trigger)),
            7 => self.call_value().unwrap_or_else(|| self.own_block(trigger)),
            _ => self.own_block(trigger),
        }
    }

    /// A call of an async method, not awaited.
    fn call_value(&mut self) -> Option<(String, Gives)> {
        let usable: Vec<_> = self
            .helpers
            .iter()
            // Calls of generic methods are no tasks, and what is lent has to live as long as they.
            .filter(|helper| !matches!(helper.kind, HelperKind::Generic | HelperKind::Reader))
            .filter(|helper| helper.kind.is_apart() || self.tasks_share && self.self_is_free())
            .cloned()
            .collect();
        if usable.is_empty() {
            return None;
        }
        let helper = self.pick(&usable);
        let name = &helper.name;
        self.shared |= helper.kind != HelperKind::Static;
        let argument = self.purely(|this| this.leaf(Ty::Int));
        Some(match helper.kind {
            HelperKind::Static | HelperKind::Generic | HelperKind::Reader => {
                (format!("Self::{name}(ctx, {argument}, \"w\".to_owned())"), Gives::Plain(Ty::Int))
            }
            HelperKind::Maybe => (format!("self.{name}(ctx, {argument})"), Gives::Plain(Ty::Maybe)),
            HelperKind::Fallible => (format!("self.{name}(ctx, {argument})"), Gives::Fallible(Ty::Int)),
            HelperKind::Recursive => (format!("self.{name}(ctx, 1i64)"), Gives::Fallible(Ty::Int)),
        })
    }

    /// How a task ends: awaited in some way, cancelled, dropped, or let go.
    pub(crate) fn task_ends(&mut self, task: &Later) -> Vec<String> {
        let name = &task.name;
        if task.asked {
            let ways = [format!("{name}.cancel();"), format!("drop({name});"), format!("{name}.detach();")];
            return if self.once_in(4) { Vec::new() } else { vec![self.pick(&ways)] };
        }
        match self.below(9) {
            0 | 1 => self.value_bound(task, name),
            2 => vec![Self::told_of(task, name)],
            3 => {
                let mut lines = vec![format!("{name}.cancel();")];
                lines.push(Self::told_of(task, name));
                lines
            }
            4 => vec![format!("drop({name});")],
            5 => vec![format!("{name}.detach();")],
            6 => vec![self.raced(task, name)],
            7 => {
                let limit = self.below(3);
                let shown = shown_within(
                    task.gives,
                    ".ok().and_then(|done| done.ok()).and_then(|done| done.ok())",
                    "",
                );
                vec![format!("note(&format!(\"{{:?}}\", timeout(seconds({limit}), {name}).await{shown}));")]
            }
            // It is there to the end of the scope.
            _ => Vec::new(),
        }
    }

    /// Its output, bound to a name.
    fn value_bound(&mut self, later: &Later, awaited: &str) -> Vec<String> {
        let (value, ty) = self.output_of(later, &format!("{awaited}.await"));
        let name = self.fresh("j");
        self.bind(&name, ty, false);
        vec![format!("let {name} = {value};")]
    }

    /// The output as a value of a type.
    fn output_of(&mut self, later: &Later, output: &str) -> (String, Ty) {
        let question = matches!(self.ret, Ret::Run | Ret::Fallible(_)) && self.once_in(3);
        let is_task = later.kind == Kind::Task;
        match later.gives {
            Gives::Plain(ty) if !is_task => (output.to_owned(), ty),
            Gives::Plain(ty) if question => (format!("{output}?"), ty),
            Gives::Plain(ty) => {
                let default = self.purely(|this| this.leaf(ty));
                (format!("{output}.unwrap_or({default})"), ty)
            }
            Gives::Unit if is_task => (format!("{output}.is_ok()"), Ty::Bool),
            Gives::Unit => (format!("{output} == ()"), Ty::Bool),
            Gives::Fallible(_) | Gives::Activity => {
                let ty = if let Gives::Fallible(ty) = later.gives { ty } else { Ty::Int };
                if question {
                    return (format!("{output}{}", if is_task { "??" } else { "?" }), ty);
                }
                let default = self.purely(|this| this.leaf(ty));
                if !is_task {
                    return (format!("{output}.unwrap_or({default})"), ty);
                }
                let other = self.purely(|this| this.leaf(ty));
                (format!("{output}.map(|done| done.unwrap_or({default})).unwrap_or({other})"), ty)
            }
        }
    }

    fn told_of(later: &Later, awaited: &str) -> String {
        let shown = match later.kind {
            Kind::Task => shown_within(later.gives, ".map(|done| done.ok())", ""),
            _ => shown_within(later.gives, ".ok()", ""),
        };
        format!("note(&format!(\"{{:?}}\", {awaited}.await{shown}));")
    }

    /// A `select!` with it and something else.
    fn raced(&mut self, later: &Later, awaited: &str) -> String {
        let first = self.once_in(2);
        let output = self.fresh("o");
        let mark = self.vars.len();
        let (value, ty) = self.output_of(later, &output);
        let mut own = vec![format!("let {output} = {value};")];
        self.bind(&output, ty, false);
        let count = self.below(2);
        own.extend(self.statements(count));
        self.unscope(mark);
        let own = format!("{output} = {awaited} => {{\n{}\n}}", indented(&own.join("\n")));
        let other = match self.below(3) {
            0 => format!("ctx.sleep(seconds({}))", self.below(4)),
            1 => format!("num({})", self.purely(|this| this.leaf(Ty::Int))),
            _ => format!("text({})", self.purely(|this| this.leaf(Ty::Text))),
        };
        let other = format!("_ = {other} => {}", self.body(None));
        let arms = if first { [own, other] } else { [other, own] };
        format!("select! {{\n{}\n}}", indented(&arms.join("\n")))
    }

    /// `let block = async move { .. };`, or a call, which begins later.
    pub(crate) fn block_statement(&mut self) -> String {
        let (source, gives) = match self.below(3) {
            2 => self.call_value().unwrap_or_else(|| self.own_block(None)),
            _ => self.own_block(None),
        };
        let name = self.fresh("b");
        let mut lines = vec![format!("let {name} = {source};")];
        let (more, later) = self.meanwhile(&name, Kind::Block, gives);
        lines.extend(more);
        match self.below(7) {
            0 | 1 => lines.extend(self.value_bound(&later, &name)),
            2 => lines.push(Self::told_of(&later, &name)),
            3 => lines.push(self.raced(&later, &name)),
            4 => {
                let other = self.branch_beside();
                let shown = self.fresh("j");
                lines.push(format!("let ({shown}, _) = join!({name}, {other});"));
                let (value, ty) = self.output_of(&later, &shown);
                let bound = self.fresh("j");
                self.bind(&bound, ty, false);
                lines.push(format!("let {bound} = {value};"));
            }
            5 => lines.push(self.task(&name, gives)),
            _ => {
                let around = self.pick(&["ctx.scope", "shield"]);
                let shown = match (around, gives) {
                    (_, Gives::Plain(_) | Gives::Unit) => "",
                    ("shield", _) => ".ok()",
                    _ => ".map(|done| done.ok())",
                };
                lines.push(format!("note(&format!(\"{{:?}}\", {around}({name}).await{shown}));"));
            }
        }
        lines.join("\n")
    }

    pub(crate) fn branch_beside(&mut self) -> String {
        match self.below(2) {
            0 => format!("num({})", self.purely(|this| this.leaf(Ty::Int))),
            _ => self.lone_block(Ty::Int),
        }
    }

    /// A block as a value that is awaited at once, or spawned and awaited.
    pub(crate) fn block_expr(&mut self, ty: Ty) -> String {
        let block = self.owning(Gives::Plain(ty), None, true);
        if self.once_in(2) {
            return format!("{block}.await");
        }
        let default = self.purely(|this| this.leaf(ty));
        format!("ctx.spawn({block}).await.unwrap_or({default})")
    }

    /// A trigger that a task resolves, or this code.
    pub(crate) fn trigger_statement(&mut self) -> String {
        let (name, ty) = (self.fresh("g"), self.ty());
        let mut lines = vec![format!("let {name} = ctx.trigger::<{}>();", ty.text())];
        let clone = self.fresh("g");
        lines.push(format!("let {clone} = {name}.clone();"));
        let (operation, gives) = self.spawned(Some((&clone, ty)));
        let (loops, level, gives_value) = (self.loops, self.level, Gives::Plain(ty));
        let kind = Kind::Trigger;
        let trigger =
            Later { name: name.clone(), kind, gives: gives_value, loops, level, hidden: 0, asked: false };
        self.laters.push(trigger);
        lines.push(self.task(&operation, gives));
        self.laters.pop();
        lines.push(self.waited_for(&name, ty));
        lines.join("\n")
    }

    pub(crate) fn waited_for(&mut self, trigger: &str, ty: Ty) -> String {
        let default = self.purely(|this| this.leaf(ty));
        let operation = self.pick(&[format!("&{trigger}"), format!("{trigger}.clone()")]);
        let limit = self.below(3);
        let name = self.fresh("j");
        self.bind(&name, ty, false);
        format!("let {name} = timeout(seconds({limit}), {operation}).await.unwrap_or({default});")
    }

    /// Something is done with a task or trigger that is there.
    pub(crate) fn mention(&mut self) -> Option<String> {
        let usable: Vec<usize> = (self.later_floor..self.laters.len())
            .filter(|at| self.laters[*at].hidden == 0 && self.laters[*at].kind != Kind::Block)
            .collect();
        if usable.is_empty() {
            return None;
        }
        let at = self.pick(&usable);
        let later = self.laters[at].clone();
        let name = &later.name;
        if later.kind == Kind::Trigger {
            let Gives::Plain(ty) = later.gives else { return None };
            if self.can_await() && self.once_in(2) {
                return Some(self.waited_for(name, ty));
            }
            let value = self.expr(ty);
            return Some(format!("{name}.resolve({value});"));
        }
        if later.kind == Kind::Tasks {
            return Some(self.mention_of_list(&later, later.level == self.level));
        }
        let here = later.loops == self.loops && later.level == self.level;
        if here && !later.asked && self.can_await() && self.below(3) > 0 {
            self.laters[at].hidden += 1;
            let text = self.raced(&later, &format!("&mut {name}"));
            self.laters[at].hidden -= 1;
            self.laters[at].asked = true;
            return Some(text);
        }
        Some(format!("{name}.cancel();"))
    }
}

/// What is put behind an output so that it can be shown: errors of activities cannot.
fn shown_within<'t>(gives: Gives, of_result: &'t str, otherwise: &'t str) -> &'t str {
    match gives {
        Gives::Fallible(_) | Gives::Activity => of_result,
        Gives::Plain(_) | Gives::Unit => otherwise,
    }
}
