//! Variables: what is in scope, and what may be done with it.

use super::{HelperKind, Place, Ty, Writer};

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

impl Writer {
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

    pub(crate) fn bind_self(&mut self) {
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

    /// Whether it is what is left of a variable that was taken apart.
    pub(crate) fn is_part(&self, var: usize) -> bool {
        self.vars[var].name.contains('.') && !self.is_self(var)
    }

    pub(crate) fn is_usable(&self, at: usize) -> bool {
        let var = &self.vars[at];
        let own =
            var.name.split_once('.').filter(|(own, _)| *own != "self").map_or(&*var.name, |(own, _)| own);
        let shadowed = self.vars[at + 1..].iter().any(|later| later.name == own);
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
            && self.method != Place::Helper(HelperKind::Reader)
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
}
