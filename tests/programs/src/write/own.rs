//! Blocks that own what they name: tasks, values, local steps.

use super::tasks::Gives;
use super::{Access, Ret, Ty, Writer, indented};

impl Writer {
    /// `async move { .. }`, which owns what it names.
    pub(crate) fn own_block(&mut self, trigger: Option<(&str, Ty)>) -> (String, Gives) {
        let ty = self.ty();
        let gives = if self.once_in(3) { Gives::Fallible(ty) } else { Gives::Plain(ty) };
        (self.owning(gives, trigger, true), gives)
    }

    /// A block that owns what it names, `self` aside.
    pub(crate) fn owning(&mut self, gives: Gives, trigger: Option<(&str, Ty)>, may_move: bool) -> String {
        let with_self = may_move && self.tasks_share && self.self_is_free() && self.once_in(2);
        self.shared |= with_self;
        let ret = match gives {
            Gives::Fallible(ty) => Ret::Fallible(ty),
            Gives::Plain(ty) => Ret::Plain(ty),
            Gives::Activity | Gives::Unit => Ret::Plain(Ty::Int),
        };
        let lines = self.with_own(ret, with_self, may_move, |this| {
            let count = this.below(4);
            let mut lines = this.statements(count);
            if let Some((trigger, ty)) = trigger {
                lines.push(format!("{trigger}.resolve({});", this.expr(ty)));
                let count = this.below(2);
                lines.extend(this.statements(count));
            }
            lines.push(this.returned());
            lines
        });
        format!("async move {{\n{}\n}}", indented(&lines.join("\n")))
    }

    /// Within a block that owns what it names: variables that can be copied, and some that are given to it.
    fn with_own<T>(
        &mut self,
        ret: Ret,
        with_self: bool,
        may_move: bool,
        inner: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let (outer, mut held, mut given) = (self.vars.len(), Vec::new(), Vec::new());
        for var in 0..outer {
            let is_own = self.vars[var].access == Access::Own && !self.is_self(var) && !self.is_part(var);
            if self.is_self(var) && with_self || is_own && self.vars[var].ty.is_copy() {
                continue;
            }
            if is_own && may_move && self.can_give(var) && self.once_in(3) {
                given.push(var);
            } else {
                held.push(var);
            }
        }
        for var in &held {
            self.change_hold(*var, super::Hold::Hide, 1);
        }
        let outside = (
            std::mem::replace(&mut self.ret, ret),
            std::mem::take(&mut self.around),
            (self.move_floor, self.task_floor),
            (self.later_floor, self.shares),
        );
        (self.move_floor, self.task_floor) = (outer, outer);
        (self.later_floor, self.shares) = (self.laters.len(), with_self);
        self.level += 1;
        let value = inner(self);
        self.level -= 1;
        self.unscope(outer);
        (self.ret, self.around, (self.move_floor, self.task_floor), (self.later_floor, self.shares)) =
            outside;
        for var in held {
            self.change_hold(var, super::Hold::Hide, -1);
        }
        for var in given {
            self.vars[var].moved = true;
        }
        value
    }

    /// `ctx.run("s7", async move { .. })`, which gives a value of a type in an activity's result.
    pub(crate) fn step(&mut self, ty: Ty, may_move: bool) -> String {
        let name = self.fresh("s");
        let block = self.step_block(ty, may_move);
        format!("ctx.run(\"{name}\", {block})")
    }

    fn step_block(&mut self, ty: Ty, may_move: bool) -> String {
        self.no_context += 1;
        let lines = self.with_own(Ret::Plain(ty), false, may_move, |this| {
            this.purely(|this| {
                let mut lines = Vec::new();
                if this.once_in(4) {
                    let condition = this.leaf(Ty::Bool);
                    lines.push(format!("if {condition} {{\n    return Err(Failure::msg(\"no\"));\n}}"));
                }
                lines.push(format!("Ok::<{}, Failure>({})", ty.text(), this.expr(ty)));
                lines
            })
        });
        self.no_context -= 1;
        format!("async move {{\n{}\n}}", indented(&lines.join("\n")))
    }

    /// `|q7| async move { .. }` for a list.
    pub(crate) fn block_of_list(&mut self, gives_result: bool) -> String {
        let ret = if gives_result { Gives::Fallible(Ty::Int) } else { Gives::Plain(Ty::Int) };
        // Closures over lists call what they are given `q`.
        let name = self.fresh("q");
        let block = self.scoped(|this| {
            this.bind(&name, Ty::Int, false);
            this.owning(ret, None, false)
        });
        format!("|{name}| {block}")
    }
}
