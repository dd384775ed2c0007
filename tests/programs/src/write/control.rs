//! Control flow that gives a value, or none.

use super::expr::operand;
use super::{Access, Around, Hold, Ty, Writer, indented};

impl Writer {
    /// `{ statements; value }`, `lines` its first.
    pub(crate) fn braces(&mut self, mut lines: Vec<String>, ty: Option<Ty>, statements: usize) -> String {
        let mark = self.vars.len();
        lines.extend(self.statements(statements));
        if let Some(ty) = ty {
            lines.push(self.expr(ty));
        }
        self.unscope(mark);
        if lines.is_empty() { "{}".to_owned() } else { format!("{{\n{}\n}}", indented(&lines.join("\n"))) }
    }

    /// A block that gives a value, with few statements.
    pub(crate) fn body(&mut self, ty: Option<Ty>) -> String {
        let statements = if self.pure > 0 { 0 } else { self.below(3) };
        self.braces(Vec::new(), ty, statements)
    }

    pub(crate) fn if_else(&mut self, ty: Ty) -> String {
        let mark = self.vars.len();
        let condition = self.condition();
        let then = self.body(Some(ty));
        self.unscope(mark);
        let otherwise = if self.once_in(4) { self.if_else(ty) } else { self.body(Some(ty)) };
        format!("if {condition} {then} else {otherwise}")
    }

    /// A condition; what it binds is in scope after it.
    pub(crate) fn condition(&mut self) -> String {
        let mut tests = Vec::new();
        for _ in 0..=self.below(3) {
            let test = match self.below(6) {
                5 => self.let_looked_up(),
                3 => self.let_some(),
                4 => self.let_borrowed(),
                _ => operand_in_chain(self.expr(Ty::Bool)),
            };
            tests.push(test);
        }
        if tests.len() == 1 && !tests[0].starts_with("let ") {
            // On its own it needs no parentheses, unless it begins with a brace.
            let test = tests.remove(0);
            return test;
        }
        tests.join(" && ")
    }

    pub(crate) fn let_some(&mut self) -> String {
        let value = operand_in_chain(self.expr(Ty::Maybe));
        let name = self.name();
        let mutable = self.pure == 0 && self.once_in(3);
        self.bind(&name, Ty::Int, mutable);
        format!("let Some({}{name}) = {value}", if mutable { "mut " } else { "" })
    }

    /// `let Some(x) = &place`
    fn let_borrowed(&mut self) -> String {
        let Some(var) = self.borrowable(|ty| ty == Ty::Maybe) else { return self.let_some() };
        let mutable = self.can_write(var) && self.once_in(2);
        let (place, name) = (self.vars[var].name.clone(), self.name());
        let (access, hold, sign) = if mutable {
            (Access::BorrowMut, Hold::Hide, "&mut ")
        } else {
            (Access::Borrow, Hold::Freeze, "&")
        };
        let bound = self.bind_as(&name, Ty::Int, access, false);
        self.hold(bound, var, hold);
        format!("let Some({name}) = {sign}{place}")
    }

    pub(crate) fn block_value(&mut self, ty: Ty) -> String {
        self.body(Some(ty))
    }

    /// A `match` on something; each arm's body from `body`.
    pub(crate) fn matching(&mut self, mut body: impl FnMut(&mut Self) -> String) -> String {
        let (head, arms) = match self.below(5) {
            0 => {
                let head = self.expr(Ty::Int);
                let arms = ["0 | 1", "2..=99", "_"];
                let arms = arms.map(|pat| (pat.to_owned(), None)).to_vec();
                (head, arms)
            }
            1 | 2 => {
                let head = self.expr(Ty::Maybe);
                let name = self.name();
                (head, vec![(format!("Some({name})"), Some((name, Ty::Int))), ("None".to_owned(), None)])
            }
            3 => {
                let head = self.expr(Ty::Outcome);
                let (good, bad) = (self.name(), self.name());
                (
                    head,
                    vec![
                        (format!("Ok({good})"), Some((good, Ty::Int))),
                        (format!("Err({bad})"), Some((bad, Ty::Text))),
                    ],
                )
            }
            _ => {
                let head = self.expr(Ty::Point);
                let name = self.name();
                (
                    head,
                    vec![
                        ("Point { x: 0..=3, .. }".to_owned(), None),
                        (format!("Point {{ name: {name}, .. }}"), Some((name, Ty::Text))),
                    ],
                )
            }
        };
        let head = operand_in_chain(head);
        let mut text = format!("match {head} {{\n");
        for (pat, binding) in arms {
            let mark = self.vars.len();
            if let Some((name, ty)) = &binding {
                self.bind(name, *ty, false);
            }
            // The same arm once more, with a guard before it.
            if self.once_in(3) {
                let guard = self.purely(|this| this.expr(Ty::Bool));
                let guarded = body(self);
                text.push_str(&indented(&format!("{pat} if {guard} => {guarded}")));
                text.push('\n');
                self.unscope(mark);
                if let Some((name, ty)) = &binding {
                    self.bind(name, *ty, false);
                }
            }
            let plain = body(self);
            text.push_str(&indented(&format!("{pat} => {plain}")));
            text.push('\n');
            self.unscope(mark);
        }
        text.push('}');
        text
    }

    pub(crate) fn match_value(&mut self, ty: Ty) -> String {
        self.matching(|this| this.body(Some(ty)))
    }

    /// Code in a loop or labelled block.
    pub(crate) fn within<T>(&mut self, around: &Around, inner: impl FnOnce(&mut Self) -> T) -> T {
        let floor = self.move_floor;
        if around.is_loop {
            self.move_floor = self.vars.len();
            self.loops += 1;
        }
        self.around.push(around.clone());
        let value = inner(self);
        self.around.pop();
        if around.is_loop {
            self.loops -= 1;
        }
        self.move_floor = floor;
        value
    }

    pub(crate) fn label(&mut self) -> (Option<String>, String) {
        if self.once_in(2) {
            let label = self.fresh("'l");
            (Some(label.clone()), format!("{label}: "))
        } else {
            (None, String::new())
        }
    }

    /// `loop { .. break value; }`
    pub(crate) fn loop_value(&mut self, ty: Ty) -> String {
        if self.loops > 2 {
            return self.leaf(ty);
        }
        let (label, prefix) = self.label();
        let counter = self.fresh("i");
        self.scoped(|this| {
            this.bind(&counter, Ty::Int, false);
            let count = this.below(4);
            let around = Around { label: label.clone(), is_loop: true, value: Some(ty) };
            let body = this.within(&around, |this| {
                let mut lines = vec![format!("{counter} += 1;")];
                lines.push(format!("if {counter} > {count} {}", {
                    let value = this.expr(ty);
                    let label = label.as_ref().map_or(String::new(), |label| format!(" {label}"));
                    format!("{{\n    break{label} {};\n}}", operand(value))
                }));
                let statements = this.below(3);
                this.braces(lines, None, statements)
            });
            format!("{{\nlet mut {counter} = 0i64;\n{prefix}loop {body}\n}}")
        })
    }

    /// `'label: { .. break 'label value; .. value }`
    pub(crate) fn labelled(&mut self, ty: Ty) -> String {
        let label = self.fresh("'b");
        let around = Around { label: Some(label.clone()), is_loop: false, value: Some(ty) };
        self.within(&around, |this| {
            let mark = this.vars.len();
            let condition = this.condition();
            let value = this.expr(ty);
            this.unscope(mark);
            let first = format!("if {condition} {{\n    break {label} {};\n}}", operand(value));
            let statements = this.below(2);
            format!("{label}: {}", this.braces(vec![first], Some(ty), statements))
        })
    }
}

/// An operand of `&&` in a condition, or a `match`'s head: no struct literals, nothing that ends early.
pub(crate) fn operand_in_chain(text: String) -> String {
    let text = operand(text);
    if text.contains('{') && !text.starts_with('(') { format!("({text})") } else { text }
}
