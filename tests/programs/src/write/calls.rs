//! Calls of async methods of the impl.

use super::{HelperKind, Hold, Ret, Ty, Writer};

impl Writer {
    /// A call of an async method of the impl.
    pub(crate) fn helper_call(&mut self) -> String {
        let helpers = self.helpers.clone();
        if helpers.is_empty() {
            return self.leaf(Ty::Int);
        }
        let helper = self.pick(&helpers);
        let name = &helper.name;
        if !helper.kind.is_apart() && !self.self_is_free() {
            return self.leaf(Ty::Int);
        }
        let question = matches!(self.ret, Ret::Run | Ret::Fallible(_));
        let argument = match helper.kind {
            HelperKind::Static | HelperKind::Generic => self.expr(Ty::Int),
            HelperKind::Reader => {
                let (text, list) = self.with_self_lent(|this| (this.op(Ty::Text), this.op(Ty::Ints)));
                return format!("self.{name}(ctx, &{text}, &{list}).await");
            }
            _ => self.with_self_lent(|this| this.expr(Ty::Int)),
        };
        match helper.kind {
            HelperKind::Generic | HelperKind::Reader => {
                if self.once_in(2) {
                    return format!("Self::{name}(ctx, {argument}, {}).await", self.expr(Ty::Int));
                }
                format!("Self::{name}(ctx, {argument}, {}).await.len() as i64", self.expr(Ty::Text))
            }
            HelperKind::Static => {
                let text = self.expr(Ty::Text);
                format!("Self::{name}(ctx, {argument}, {text}).await")
            }
            HelperKind::Maybe if self.ret == Ret::Maybe => format!("self.{name}(ctx, {argument}).await?"),
            HelperKind::Maybe => format!("self.{name}(ctx, {argument}).await.unwrap_or(1i64)"),
            HelperKind::Fallible | HelperKind::Recursive => {
                let argument = if helper.kind == HelperKind::Recursive {
                    format!("ix({argument}, 3) as i64")
                } else {
                    argument
                };
                let pinned = if self.once_in(4) {
                    format!("Box::pin(self.{name}(ctx, {argument}))")
                } else {
                    format!("self.{name}(ctx, {argument})")
                };
                if question && !self.once_in(3) {
                    format!("{pinned}.await?")
                } else {
                    format!("{pinned}.await.unwrap_or(2i64)")
                }
            }
        }
    }

    /// The arguments of a method that takes `&mut self` may look at `self`, but not change it.
    pub(crate) fn with_self_lent<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let own: Vec<usize> = (0..self.vars.len()).filter(|at| self.is_self(*at)).collect();
        for var in &own {
            self.change_hold(*var, Hold::Freeze, 1);
        }
        let value = inner(self);
        for var in own {
            self.change_hold(var, Hold::Freeze, -1);
        }
        value
    }
}
