//! Statements.

use super::control::operand_in_chain;
use super::expr::operand;
use super::{Access, Hold, Place, Ret, Ty, Writer};

impl Writer {
    pub(crate) fn statements(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for left in (1..=count).rev() {
            if self.room() && self.pure == 0 {
                // Each has its part of the fuel, so that the first does not take all.
                let part = (self.fuel / i32::try_from(left).expect("they are few")).max(3);
                let others = self.fuel - part;
                self.fuel = part;
                let line = self.deeper(Self::statement);
                lines.push(line);
                self.fuel += others;
            }
        }
        lines
    }

    fn statement(&mut self) -> String {
        match self.below(50) {
            0 => self.told(),
            1..=4 => self.let_value(),
            5 => self.let_parts(),
            6 => self.let_borrow(),
            7 => self.let_else(),
            8 => self.let_later(),
            9..=11 => self.assignment(),
            12 => self.changed(),
            13 | 14 => self.if_statement(),
            15 => self.matching(|this| this.body(None)),
            16 | 17 => self.for_statement(),
            18 => self.while_statement(),
            19 => self.while_let(),
            20 | 21 => self.leave(),
            22 | 23 if self.can_await() => self.construct_statement(),
            24 => format!(
                "{{\n{}\n}}",
                super::indented(&{
                    let mark = self.vars.len();
                    let count = 1 + self.below(3);
                    let lines = self.statements(count);
                    self.unscope(mark);
                    lines.join("\n")
                })
            ),
            25 => {
                let value = self.expr(Ty::Int);
                format!("let _ = {value};")
            }
            26 | 27 if self.can_spawn() => self.task_statement(),
            28 if self.can_spawn() => self.block_statement(),
            29 if self.can_spawn() => self.trigger_statement(),
            32 if self.can_await() => self.until_cancelled(),
            33 if self.method == Place::Run && self.level == 0 && self.handlers > 0 && self.can_await() => {
                "ctx.all_handlers_finished().await;".to_owned()
            }
            34 if self.can_spawn() => self.list_of_tasks(),
            35 | 36 if self.can_spawn() => self.kept_handles(),
            37 if self.can_spawn() => {
                let ty = self.ty();
                let step = self.step(ty, true);
                let (name, value) = (self.name(), self.awaited(&step, ty));
                self.bind(&name, ty, false);
                format!("let {name} = {value};")
            }
            38 | 39 => self.pattern_statement(),
            40 => self.while_queue(),
            41 => self.constant(),
            46 | 47 if self.can_spawn() => self.handle_function_statement(),
            43..=45 if self.can_await() => self.function_statement(),
            48 | 49 => self.let_moved_part(),
            42 => format!("assert!({} || true);", self.op(Ty::Bool)),
            30 | 31 => self.mention().unwrap_or_else(|| self.told()),
            _ => self.told(),
        }
    }

    /// An effect that can be seen.
    pub(crate) fn told(&mut self) -> String {
        format!("note(&{});", self.formatted())
    }

    fn let_value(&mut self) -> String {
        let ty = self.ty();
        let value = self.expr(ty);
        let (name, mutable) = (self.name(), self.below(3) > 0);
        self.bind(&name, ty, mutable);
        let value = if ty == Ty::Int { format!("m({value})") } else { value };
        let written = if self.once_in(3) { format!(": {}", ty.text()) } else { String::new() };
        format!("let {}{name}{written} = {value};", if mutable { "mut " } else { "" })
    }

    fn let_parts(&mut self) -> String {
        if self.once_in(2) {
            let value = self.expr(Ty::Point);
            let name = self.name();
            self.bind(&name, Ty::Text, true);
            self.bind("x", Ty::Int, false);
            if name == "x" {
                self.vars.pop();
                self.vars.pop();
                return format!("let Point {{ .. }} = {value};");
            }
            return format!("let Point {{ x, name: mut {name}, .. }} = {value};");
        }
        let value = self.expr(Ty::Pair);
        let (first, second) = (self.name(), self.name());
        if first == second {
            self.bind(&first, Ty::Int, true);
            return format!("let (mut {first}, _) = {value};");
        }
        self.bind(&first, Ty::Int, true);
        self.bind(&second, Ty::Text, false);
        format!("let (mut {first}, {second}) = {value};")
    }

    /// `let name = point.name;`, after which there is the rest of it.
    fn let_moved_part(&mut self) -> String {
        let Some(var) = self.movable(Ty::Point) else { return self.let_value() };
        let (whole, mutable) = (self.vars[var].name.clone(), self.vars[var].mutable);
        // See what programs lack: what is left of these is not stored.
        if whole.starts_with(['u', 'j']) {
            return self.let_value();
        }
        self.vars[var].moved = true;
        for part in ["x", "y"] {
            self.bind(&format!("{whole}.{part}"), Ty::Int, mutable);
        }
        let name = self.fresh("p");
        self.bind(&name, Ty::Text, true);
        format!("let mut {name} = {whole}.name;")
    }

    /// `const C7: i64 = 4;`
    fn constant(&mut self) -> String {
        let name = self.fresh("C");
        self.bind(&name, Ty::Int, false);
        format!("const {name}: i64 = {}i64;", self.below(10))
    }

    /// `let r = &*borrow;`
    fn let_reborrow(&mut self) -> Option<String> {
        let mutable = self.once_in(2);
        let wanted = if mutable { Access::BorrowMut } else { Access::Borrow };
        let var = self.some_var(|this, at| {
            let var = &this.vars[at];
            let is_mut = var.access == Access::BorrowMut;
            (var.access == wanted || is_mut) && (!mutable || this.can_write(at))
        })?;
        let (place, ty, name) = (self.vars[var].name.clone(), self.vars[var].ty, self.fresh("r"));
        let bound = self.bind_as(&name, ty, wanted, false);
        self.hold(bound, var, if mutable { Hold::Hide } else { Hold::Freeze });
        Some(format!("let {name} = {}*{place};", if mutable { "&mut " } else { "&" }))
    }

    /// `let r = &place;`, to the end of the block.
    fn let_borrow(&mut self) -> String {
        if self.once_in(4)
            && let Some(reborrow) = self.let_reborrow()
        {
            return reborrow;
        }
        let mutable = self.once_in(2);
        let var = if mutable { self.borrowable_mut(|_| true) } else { self.borrowable(|_| true) };
        let Some(var) = var else { return self.let_value() };
        let (mut place, mut ty) = (self.vars[var].name.clone(), self.vars[var].ty);
        if ty == Ty::Point && self.once_in(2) {
            (place, ty) = if self.once_in(2) {
                (format!("{place}.x"), Ty::Int)
            } else {
                (format!("{place}.name"), Ty::Text)
            };
        } else if ty == Ty::Pair && self.once_in(2) {
            (place, ty) = (format!("{place}.0"), Ty::Int);
        }
        let name = self.fresh("r");
        let access = if mutable { Access::BorrowMut } else { Access::Borrow };
        let bound = self.bind_as(&name, ty, access, false);
        self.hold(bound, var, if mutable { Hold::Hide } else { Hold::Freeze });
        let sign = if mutable { "&mut " } else { "&" };
        let line = format!("let {name} = {sign}{place};");
        if self.once_in(3) {
            let again = self.fresh("r");
            let borrow_again = self.bind_as(&again, ty, access, false);
            self.hold(borrow_again, bound, if mutable { Hold::Hide } else { Hold::Freeze });
            return format!("{line}\nlet {again} = {sign}*{name};");
        }
        line
    }

    fn let_else(&mut self) -> String {
        let value = self.expr(Ty::Maybe);
        let mark = self.vars.len();
        let count = self.below(2);
        let mut lines = self.statements(count);
        lines.push(self.way_out());
        self.unscope(mark);
        let name = self.name();
        self.bind(&name, Ty::Int, true);
        let lines = super::indented(&lines.join("\n"));
        format!("let Some(mut {name}) = {} else {{\n{lines}\n}};", operand_in_chain(value))
    }

    /// A variable that gets its value in branches.
    fn let_later(&mut self) -> String {
        let (name, ty) = (self.fresh("u"), self.ty());
        let mark = self.vars.len();
        let condition = self.condition();
        let then = self.given(&name, ty);
        self.unscope(mark);
        let otherwise = self.given(&name, ty);
        self.bind(&name, ty, false);
        format!("let {name};\nif {condition} {then} else {otherwise}")
    }

    fn given(&mut self, name: &str, ty: Ty) -> String {
        self.scoped(|this| {
            let count = this.below(2);
            let mut lines = this.statements(count);
            lines.push(format!("{name} = {};", this.expr(ty)));
            format!("{{\n{}\n}}", super::indented(&lines.join("\n")))
        })
    }

    fn assignment(&mut self) -> String {
        let ty = self.ty();
        let value = self.expr(ty);
        let Some(var) = self.writable(ty) else { return format!("note(&format!(\"{{:?}}\", {value}));") };
        let place = self.place(var);
        match ty {
            Ty::Int if self.once_in(2) => {
                let op = if self.once_in(2) { "-=" } else { "+=" };
                format!("{place} {op} m({value});")
            }
            Ty::Int => format!("{place} = m({value});"),
            _ => format!("{place} = {value};"),
        }
    }

    /// A change of a part of a variable.
    fn changed(&mut self) -> String {
        match self.below(6) {
            0 | 1 => {
                let Some(var) = self.writable(Ty::Ints) else { return self.let_value() };
                let name = self.vars[var].name.clone();
                let value = self.holding(var, Hold::Freeze, |this| this.expr(Ty::Int));
                format!("{name}.push(m({value}));\n{name}.truncate(9);")
            }
            2 => {
                let Some(var) = self.writable(Ty::Text) else { return self.let_value() };
                // `String`'s `+=` borrows it before the right side is evaluated.
                let value = self.holding(var, Hold::Freeze, |this| this.expr(Ty::Text));
                let (place, name) = (self.place(var), self.vars[var].name.clone());
                format!("{place} += &{};\n{name}.truncate(24);", operand(value))
            }
            3 => {
                let value = self.expr(Ty::Int);
                let Some(var) = self.writable(Ty::Point) else { return format!("let _ = {value};") };
                let name = self.vars[var].name.clone();
                if self.once_in(2) {
                    format!("{name}.x = m({value});")
                } else {
                    format!("{name}.y += m({value});\n{name}.y = m({name}.y);")
                }
            }
            4 => {
                let Some(var) = self.writable(Ty::Ints) else { return self.let_value() };
                let name = self.vars[var].name.clone();
                let value = self.holding(var, Hold::Freeze, |this| this.expr(Ty::Int));
                let at = self.holding(var, Hold::Hide, |this| this.purely(|this| this.expr(Ty::Int)));
                format!("if {name}.len() > 2 {{\n    {name}[ix({at}, 3)] = m({value});\n}}")
            }
            _ => {
                let (first, second) = (self.expr(Ty::Int), self.expr(Ty::Text));
                let (Some(a), Some(b)) = (self.writable(Ty::Int), self.writable(Ty::Text)) else {
                    return format!("let _ = ({first}, {second});");
                };
                format!("({}, {}) = (m({first}), {second});", self.place(a), self.place(b))
            }
        }
    }

    fn if_statement(&mut self) -> String {
        let mark = self.vars.len();
        let condition = self.condition();
        let then = self.body(None);
        self.unscope(mark);
        match self.below(3) {
            0 => format!("if {condition} {then}"),
            1 => format!("if {condition} {then} else {}", self.body(None)),
            _ => {
                let mark = self.vars.len();
                let second = self.condition();
                let otherwise = self.body(None);
                self.unscope(mark);
                format!("if {condition} {then} else if {second} {otherwise}")
            }
        }
    }

    /// A way out, taken or not.
    fn leave(&mut self) -> String {
        let mark = self.vars.len();
        // Not often, or little would come after it.
        let first = if self.once_in(3) { format!("{} && ", self.condition()) } else { String::new() };
        let value = self.expr(Ty::Int);
        let condition = format!("{first}m({value}) % 4 == {}i64", self.below(4));
        let out = self.way_out();
        self.unscope(mark);
        format!("if {condition} {{\n{}\n}}", super::indented(&out))
    }

    /// `return`, `break` or `continue`.
    fn way_out(&mut self) -> String {
        let innermost = self.around.iter().rposition(|around| around.is_loop);
        let targets: Vec<usize> = (0..self.around.len())
            .filter(|at| Some(*at) == innermost || self.around[*at].label.is_some())
            .collect();
        if !targets.is_empty() && self.below(3) > 0 {
            let at = self.pick(&targets);
            let target = self.around[at].clone();
            let label = match &target.label {
                Some(label) if Some(at) != innermost || self.once_in(2) => format!(" {label}"),
                _ => String::new(),
            };
            if target.is_loop && self.once_in(2) {
                return format!("continue{label};");
            }
            return match target.value {
                Some(ty) => format!("break{label} {};", operand(self.expr(ty))),
                None => format!("break{label};"),
            };
        }
        if self.ret == Ret::Plain(Ty::Int) && self.below(2) == 0 {
            return "return 6i64;".to_owned();
        }
        format!("return {};", self.returned())
    }
}
