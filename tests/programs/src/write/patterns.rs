//! Patterns: of slices, with `@`, `ref` and `&`.

use super::control::operand_in_chain;
use super::{Access, Hold, Ty, Writer, indented};

impl Writer {
    pub(crate) fn pattern_statement(&mut self) -> String {
        match self.below(5) {
            0 | 1 => self.matched_slice(),
            2 => self.matched_at(),
            3 => self.matched_ref(),
            _ => self.let_ref(),
        }
    }

    /// An arm: what it binds, and its body.
    fn arm(&mut self, pat: &str, bound: &[(&str, Access)], held: Option<(usize, Hold)>) -> String {
        let mark = self.vars.len();
        for (name, access) in bound {
            let bound = self.bind_as(name, Ty::Int, *access, false);
            if let Some((var, hold)) = held {
                self.hold(bound, var, hold);
            }
        }
        let body = self.body(None);
        self.unscope(mark);
        indented(&format!("{pat} => {body}"))
    }

    /// `match list.as_slice() { [] => .., [x] => .., [x, .., y] => .. }`
    fn matched_slice(&mut self) -> String {
        let Some(var) = self.borrowable(|ty| ty == Ty::Ints) else { return self.told() };
        let (place, x, y, l) = (self.vars[var].name.clone(), self.name(), self.fresh("x"), self.fresh("l"));
        let held = Some((var, Hold::Freeze));
        let one = [(x.as_str(), Access::Borrow)];
        let two = [(x.as_str(), Access::Borrow), (y.as_str(), Access::Borrow)];
        let arms = match self.below(3) {
            0 => vec![
                self.arm("[]", &[], None),
                self.arm(&format!("[{x}]"), &one, held),
                self.arm(&format!("[{x}, .., {y}]"), &two, held),
            ],
            1 => vec![
                self.arm(&format!("[{x}, {y}]"), &two, held),
                self.arm(&format!("[.., {x}]"), &one, held),
                self.arm("_", &[], None),
            ],
            _ => {
                // The rest of the list, which is told.
                let mark = self.vars.len();
                let bound = self.bind_as(&x, Ty::Int, Access::Borrow, false);
                self.hold(bound, var, Hold::Freeze);
                let first = vec![format!("note(&format!(\"{{:?}}\", {l}));")];
                let statements = self.below(3);
                let body = self.braces(first, None, statements);
                self.unscope(mark);
                let told = format!("note(&format!(\"{{:?}}\", {l}));");
                let with_rest = format!("[{x}, {l} @ ..] => {}{told}\n}}", body.trim_end_matches('}'));
                vec![indented(&with_rest), self.arm("_", &[], None)]
            }
        };
        format!("match {place}.as_slice() {{\n{}\n}}", arms.join("\n"))
    }

    /// `x @ 0..=9`
    fn matched_at(&mut self) -> String {
        let name = self.name();
        let bound = [(name.as_str(), Access::Own)];
        if self.once_in(2) {
            let head = operand_in_chain(self.expr(Ty::Int));
            let arms = [
                self.arm(&format!("{name} @ (0 | 7)"), &bound, None),
                self.arm(&format!("{name} @ 1..=99"), &bound, None),
                self.arm(&name, &bound, None),
            ];
            return format!("match {head} {{\n{}\n}}", arms.join("\n"));
        }
        let head = operand_in_chain(self.expr(Ty::Maybe));
        let arms = [
            self.arm(&format!("Some({name} @ 1..=9)"), &bound, None),
            self.arm("Some(0 | 10) | None", &[], None),
            self.arm(&format!("Some({name})"), &bound, None),
        ];
        format!("match {head} {{\n{}\n}}", arms.join("\n"))
    }

    /// `match place { Some(ref mut x) => .., None => .. }`
    fn matched_ref(&mut self) -> String {
        let mutable = self.once_in(2);
        let wanted = |ty| ty == Ty::Maybe;
        let var = if mutable { self.borrowable_mut(wanted) } else { self.borrowable(wanted) };
        let Some(var) = var else { return self.told() };
        let (place, name) = (self.vars[var].name.clone(), self.name());
        let (keyword, access, hold) = if mutable {
            ("ref mut ", Access::BorrowMut, Hold::Hide)
        } else {
            ("ref ", Access::Borrow, Hold::Freeze)
        };
        let arms = [
            self.arm(&format!("Some({keyword}{name})"), &[(&name, access)], Some((var, hold))),
            self.arm("None", &[], None),
        ];
        format!("match {place} {{\n{}\n}}", arms.join("\n"))
    }

    /// `let Point { x: ref a, name: ref b, .. } = place;`, to the end of the block.
    fn let_ref(&mut self) -> String {
        let mutable = self.once_in(2);
        let wanted = |ty| matches!(ty, Ty::Point | Ty::Pair);
        let var = if mutable { self.borrowable_mut(wanted) } else { self.borrowable(wanted) };
        let Some(var) = var else { return self.told() };
        let (place, ty) = (self.vars[var].name.clone(), self.vars[var].ty);
        let (a, b) = (self.fresh("r"), self.fresh("r"));
        let (keyword, sign, access, hold) = if mutable {
            ("ref mut ", "&mut ", Access::BorrowMut, Hold::Hide)
        } else {
            ("ref ", "&", Access::Borrow, Hold::Freeze)
        };
        for (name, ty) in [(&a, Ty::Int), (&b, Ty::Text)] {
            let bound = self.bind_as(name, ty, access, false);
            self.hold(bound, var, hold);
        }
        match (ty, self.once_in(2)) {
            (Ty::Point, false) => {
                format!("let Point {{ x: {keyword}{a}, name: {keyword}{b}, .. }} = {place};")
            }
            (Ty::Point, true) => format!("let Point {{ y: {a}, name: {b}, .. }} = {sign}{place};"),
            (_, false) => format!("let ({keyword}{a}, {keyword}{b}) = {place};"),
            (_, true) => format!("let ({a}, {b}) = {sign}{place};"),
        }
    }

    /// `let Some(x) = list.first_mut()`, as a condition.
    pub(crate) fn let_looked_up(&mut self) -> String {
        let mutable = self.pure == 0 && self.once_in(2);
        let wanted = |ty| ty == Ty::Ints;
        let var = if mutable { self.borrowable_mut(wanted) } else { self.borrowable(wanted) };
        let Some(var) = var else { return self.let_some() };
        let (place, name) = (self.vars[var].name.clone(), self.name());
        if mutable {
            let look = self.pick(&["first_mut()", "last_mut()", "get_mut(1)"]);
            let bound = self.bind_as(&name, Ty::Int, Access::BorrowMut, false);
            self.hold(bound, var, Hold::Hide);
            return format!("let Some({name}) = {place}.{look}");
        }
        let look = self.pick(&["first()", "last()", "get(1)"]);
        let by_value = self.once_in(3);
        let access = if by_value { Access::Own } else { Access::Borrow };
        let bound = self.bind_as(&name, Ty::Int, access, false);
        if by_value {
            return format!("let Some(&{name}) = {place}.{look}");
        }
        self.hold(bound, var, Hold::Freeze);
        format!("let Some({name}) = {place}.{look}")
    }
}
