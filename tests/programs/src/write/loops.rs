//! Loops as statements.

use super::control::operand_in_chain;
use super::{Access, Around, Hold, Ty, Writer};

/// What a loop goes over, what it binds, and what its turns begin with.
struct Source {
    over: String,
    pat: String,
    /// Before the loop.
    before: Option<String>,
    first: Vec<String>,
    /// Behind the loop.
    after: Option<String>,
}

impl Source {
    fn new(pat: impl Into<String>, over: impl Into<String>) -> Self {
        Source { over: over.into(), pat: pat.into(), before: None, first: Vec::new(), after: None }
    }
}

impl Writer {
    pub(crate) fn for_statement(&mut self) -> String {
        if self.loops > 2 {
            return self.told();
        }
        let (label, prefix) = self.label();
        let around = Around { label, is_loop: true, value: None };
        let mark = self.vars.len();
        let source = match self.below(4) {
            0 => Some(self.counted()),
            1 => Some(self.owned()),
            2 => self.borrowed(),
            _ => Some(self.collection()),
        };
        let Some(source) = source else { return self.told() };
        let body = self.within(&around, |this| {
            let count = 1 + this.below(3);
            this.braces(source.first, None, count)
        });
        self.unscope(mark);
        let whole = format!("{prefix}for {} in {} {body}", source.pat, source.over);
        let lines = [source.before, Some(whole), source.after];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// A name for an item, and the name bound.
    fn item(&mut self, ty: Ty) -> String {
        let name = self.name();
        self.bind(&name, ty, false);
        name
    }

    /// Ranges.
    fn counted(&mut self) -> Source {
        let over = match self.below(5) {
            0 => format!("0..{}", self.below(4)),
            1 => format!("1..=m({}) % 3", self.expr(Ty::Int)),
            2 => format!("m({}) % 2..{}", self.expr(Ty::Int), self.below(5)),
            3 => format!("(0..m({}) % 4).rev()", self.expr(Ty::Int)),
            _ => format!("(0..m({}) % 5).step_by(2)", self.expr(Ty::Int)),
        };
        Source::new(self.item(Ty::Int), over)
    }

    /// Values that are drained.
    fn owned(&mut self) -> Source {
        let kind = self.below(9);
        if kind == 1 {
            let over = operand_in_chain(self.expr(Ty::Maybe));
            return Source::new(self.item(Ty::Int), over);
        }
        if kind == 2 {
            let items: Vec<String> = (0..=self.below(3)).map(|_| self.expr(Ty::Int)).collect();
            return Source::new(self.item(Ty::Int), format!("[{}]", items.join(", ")));
        }
        let items = operand_in_chain(self.expr(Ty::Ints));
        let over = match kind {
            3 => format!("{items}.into_iter().rev()"),
            4 => format!("{items}.into_iter().skip(1)"),
            5 => format!("{items}.into_iter().take(2)"),
            6 => {
                let name = self.item(Ty::Int);
                return Source::new(format!("(_, {name})"), format!("{items}.into_iter().enumerate()"));
            }
            7 => {
                let others = self.expr(Ty::Ints);
                let (first, second) = (self.fresh("x"), self.item(Ty::Int));
                self.bind(&first, Ty::Int, false);
                return Source::new(
                    format!("({first}, {second})"),
                    format!("{items}.into_iter().zip({others})"),
                );
            }
            8 => format!("VecDeque::from({items})"),
            _ => items,
        };
        Source::new(self.item(Ty::Int), over)
    }

    /// What a variable has, borrowed.
    fn borrowed(&mut self) -> Option<Source> {
        let kind = self.below(12);
        if kind == 11 {
            let var = self.borrowable(|ty| ty == Ty::Text)?;
            let (place, letter) = (self.vars[var].name.clone(), self.fresh("l"));
            // It is bound for what it holds; nothing takes a letter.
            let bound = self.bind_as(&letter, Ty::Outcome, Access::Borrow, false);
            self.vars[bound].moved = true;
            self.hold(bound, var, Hold::Freeze);
            let mut source = Source::new(letter.clone(), format!("{place}.chars()"));
            source.first = vec![format!("note(&{letter}.to_string());")];
            return Some(source);
        }
        let mutable = matches!(kind, 0 | 1);
        let var = if mutable {
            self.borrowable_mut(|ty| ty == Ty::Ints)
        } else {
            self.borrowable(|ty| ty == Ty::Ints)
        }?;
        let (place, name) = (self.vars[var].name.clone(), self.name());
        // What is not bound to a place of the list.
        let own = matches!(kind, 7 | 8);
        let access = match kind {
            _ if own => Access::Own,
            _ if mutable => Access::BorrowMut,
            _ => Access::Borrow,
        };
        let bound = self.bind_as(&name, Ty::Int, access, false);
        self.hold(bound, var, if mutable { Hold::Hide } else { Hold::Freeze });
        let (pat, over) = match kind {
            0 => (name, format!("{place}.iter_mut()")),
            1 => (name, format!("&mut {place}")),
            2 => (name, format!("&{place}")),
            3 => (name, format!("{place}.iter()")),
            4 => (name, format!("{place}.iter().rev()")),
            5 => (format!("(_, {name})"), format!("{place}.iter().enumerate()")),
            6 => (name, format!("{place}.iter().skip(1)")),
            7 => (format!("&{name}"), format!("&{place}")),
            8 => {
                // What a `map` gives may be a borrow, which no block can take along.
                let item = self.fresh("l");
                let mut source = Source::new(item.clone(), format!("{place}.iter().map(|q| m(q + 1i64))"));
                source.first = vec![format!("let {name} = {item}.clone();")];
                return Some(source);
            }
            9 => (name, format!("{place}.iter().filter(|q| **q > 1i64)")),
            _ => {
                // A part of the list, which is told, and of which the first is bound.
                let part = self.fresh("l");
                let mut source = Source::new(part.clone(), format!("{place}.chunks(2)"));
                source.first =
                    vec![format!("let {name} = &{part}[0];"), format!("note(&format!(\"{{:?}}\", {part}));")];
                return Some(source);
            }
        };
        Some(Source::new(pat, over))
    }

    /// A queue or map of its own.
    fn collection(&mut self) -> Source {
        let list = self.fresh("q");
        let kind = self.below(6);
        if kind < 2 {
            let items = self.expr(Ty::Ints);
            let name = self.name();
            let mutable = kind == 0;
            let access = if mutable { Access::BorrowMut } else { Access::Borrow };
            self.bind_as(&name, Ty::Int, access, false);
            let (keyword, over) = if mutable { ("mut ", "iter_mut()") } else { ("", "iter()") };
            let mut source = Source::new(name, format!("{list}.{over}"));
            source.before = Some(format!("let {keyword}{list} = VecDeque::from({items});"));
            source.after = Some(format!("note(&format!(\"{{:?}}\", {list}));"));
            return source;
        }
        let entries: Vec<String> = (0..=self.below(3))
            .map(|_| format!("({}, {})", self.expr(Ty::Int), self.expr(Ty::Int)))
            .collect();
        let map = format!("BTreeMap::from([{}])", entries.join(", "));
        let (key, value) = (self.fresh("x"), self.name());
        let mutable = matches!(kind, 2 | 3);
        let access = match kind {
            5 => Access::Own,
            _ if mutable => Access::BorrowMut,
            _ => Access::Borrow,
        };
        if kind != 3 {
            self.bind_as(&key, Ty::Int, if kind == 5 { Access::Own } else { Access::Borrow }, false);
        }
        self.bind_as(&value, Ty::Int, access, false);
        let pair = format!("({key}, {value})");
        let mut source = match kind {
            2 => Source::new(pair, format!("&mut {list}")),
            3 => Source::new(value, format!("{list}.values_mut()")),
            4 => Source::new(pair, format!("&{list}")),
            _ => return Source::new(pair, map),
        };
        source.before = Some(format!("let {}{list} = {map};", if mutable { "mut " } else { "" }));
        source.after =
            Some(format!("note(&format!(\"{{:?}}\", {list}.into_values().collect::<Vec<i64>>()));"));
        source
    }

    /// `while` with a counter, so that it ends.
    pub(crate) fn while_statement(&mut self) -> String {
        if self.loops > 2 {
            return self.told();
        }
        let (label, prefix) = self.label();
        let counter = self.fresh("i");
        self.bind(&counter, Ty::Int, false);
        let limit = self.below(4);
        let around = Around { label, is_loop: true, value: None };
        let mark = self.vars.len();
        let (condition, body) = self.within(&around, |this| {
            let around = this.around.pop();
            let condition = this.condition();
            this.around.extend(around);
            let count = 1 + this.below(2);
            (condition, this.braces(vec![format!("{counter} += 1;")], None, count))
        });
        self.unscope(mark);
        format!("let mut {counter} = 0i64;\n{prefix}while {counter} < {limit} && {condition} {body}")
    }

    pub(crate) fn while_let(&mut self) -> String {
        if self.loops > 2 {
            return self.told();
        }
        let Some(var) = self.writable(Ty::Ints) else { return self.told() };
        let (place, name) = (self.vars[var].name.clone(), self.name());
        let (label, prefix) = self.label();
        self.holding(var, Hold::Freeze, |this| {
            this.scoped(|this| {
                this.bind(&name, Ty::Int, true);
                let around = Around { label, is_loop: true, value: None };
                let body = this.within(&around, |this| {
                    let count = 1 + this.below(2);
                    this.braces(Vec::new(), None, count)
                });
                format!("{prefix}while let Some(mut {name}) = {place}.pop() {body}")
            })
        })
    }

    /// `while let Some(x) = queue.pop_front()`
    pub(crate) fn while_queue(&mut self) -> String {
        if self.loops > 2 {
            return self.told();
        }
        let (queue, items) = (self.fresh("q"), self.expr(Ty::Ints));
        let (label, prefix) = self.label();
        let around = Around { label, is_loop: true, value: None };
        let name = self.name();
        self.scoped(|this| {
            this.bind(&name, Ty::Int, false);
            // A few times more.
            let again =
                format!("if {name} > 0i64 {{\n    {queue}.push_back({name}.min(3i64) - 1i64);\n}}");
            let first = if this.once_in(2) { vec![again] } else { Vec::new() };
            let body = this.within(&around, |this| {
                let count = 1 + this.below(2);
                this.braces(first, None, count)
            });
            format!(
                "let mut {queue} = VecDeque::from({items});\n{prefix}while let Some({name}) = {queue}.pop_front() {body}"
            )
        })
    }
}
