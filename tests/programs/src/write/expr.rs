//! Expressions, by type.

use super::{Access, Hold, Place, Ret, Ty, Writer};

/// Text in parentheses where it would not stay together as an operand.
pub(crate) fn operand(text: String) -> String {
    let mut depth = 0;
    let mut loose = text.starts_with(['-', '!', '&', '*', '{', '|']) || text.starts_with("Point {");
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ' ' if depth == 0 => loose = true,
            _ => {}
        }
    }
    if loose { format!("({text})") } else { text }
}

impl Writer {
    /// An expression of a type.
    pub(crate) fn expr(&mut self, ty: Ty) -> String {
        if !self.room() {
            return self.leaf(ty);
        }
        self.deeper(|this| {
            if this.once_in(5)
                && let Some(value) = this.of_any_type(ty)
            {
                return value;
            }
            match ty {
                Ty::Int => this.int(),
                Ty::Bool => this.bool(),
                Ty::Text => this.text(),
                Ty::Ints => this.ints(),
                Ty::Maybe => this.maybe(),
                Ty::Pair => this.pair(),
                Ty::Point => this.point(),
                Ty::Outcome => this.outcome(),
            }
        })
    }

    /// An expression that stays together as an operand.
    pub(crate) fn op(&mut self, ty: Ty) -> String {
        operand(self.expr(ty))
    }

    pub(crate) fn leaf(&mut self, ty: Ty) -> String {
        if self.below(3) > 0
            && let Some(var) = self.readable(ty)
        {
            return self.read(var);
        }
        let digit = self.below(10);
        match ty {
            Ty::Int => format!("{digit}i64"),
            Ty::Bool => (digit % 2 == 1).to_string(),
            Ty::Text => format!("\"{}\".to_owned()", ["", "k", "long word"][digit % 3]),
            Ty::Ints => ["Vec::<i64>::new()", "vec![4i64]", "vec![1i64, 2i64, 3i64]"][digit % 3].to_owned(),
            Ty::Maybe => ["None::<i64>", "Some(5i64)"][digit % 2].to_owned(),
            Ty::Pair => format!("({digit}i64, \"r\".to_owned())"),
            Ty::Point => format!("Point {{ x: {digit}i64, y: 2i64, name: \"o\".to_owned() }}"),
            Ty::Outcome => {
                if digit < 8 {
                    format!("Ok::<i64, String>({digit}i64)")
                } else {
                    "Err::<i64, String>(\"no\".to_owned())".to_owned()
                }
            }
        }
    }

    /// What can be of any type: control flow.
    fn of_any_type(&mut self, ty: Ty) -> Option<String> {
        match self.below(9) {
            0 => Some(self.if_else(ty)),
            7 | 8 if self.can_await() => self.function_value(ty),
            1 => Some(self.match_value(ty)),
            2 => Some(self.block_value(ty)),
            3 if self.pure == 0 => Some(self.loop_value(ty)),
            4 if self.pure == 0 => Some(self.labelled(ty)),
            5 if self.can_await() => Some(self.construct_value(ty)),
            6 if self.pure == 0 => {
                // A variable given away.
                let var = self.movable(ty)?;
                self.vars[var].moved = true;
                Some(self.vars[var].name.clone())
            }
            _ => None,
        }
    }

    /// `call.await`, and what makes a value of its result.
    pub(crate) fn awaited(&mut self, call: &str, ty: Ty) -> String {
        let question = matches!(self.ret, Ret::Run | Ret::Fallible(_));
        if question && self.below(3) > 0 {
            return format!("{call}.await?");
        }
        let default = self.purely(|this| this.leaf(ty));
        if self.once_in(3) {
            format!("{call}.await.unwrap_or_else(|_| {default})")
        } else {
            format!("{call}.await.unwrap_or({default})")
        }
    }

    fn int(&mut self) -> String {
        match self.below(26) {
            0 => self.leaf(Ty::Int),
            25 if self.method != Place::Function => "Self::LIMIT".to_owned(),
            1..=4 if self.can_await() => {
                let argument = self.expr(Ty::Int);
                self.awaited(&format!("num({argument})"), Ty::Int)
            }
            5 if self.can_await() => {
                let (first, second) = (self.expr(Ty::Int), self.expr(Ty::Int));
                self.awaited(&format!("add({first}, {second})"), Ty::Int)
            }
            6..=8 => {
                let left = self.op(Ty::Int);
                let op = if self.once_in(3) { "-" } else { "+" };
                format!("{left} {op} {}", self.op(Ty::Int))
            }
            9 => {
                let left = self.expr(Ty::Int);
                format!("m({left}) * m({})", self.expr(Ty::Int))
            }
            10 if self.self_is_free() => {
                format!("self.bump({})", self.with_self_lent(|this| this.expr(Ty::Int)))
            }
            11 => format!("{}.len() as i64", self.op(Ty::Ints)),
            12 => {
                let items: Vec<String> = (0..3).map(|_| self.expr(Ty::Int)).collect();
                format!("[{}][ix({}, 3)]", items.join(", "), self.expr(Ty::Int))
            }
            13 => format!("{}.0", self.op(Ty::Pair)),
            14 => format!("{}.{}", self.op(Ty::Point), if self.once_in(2) { "y" } else { "x" }),
            15 => self.int_method(),
            16 if self.can_await() => self.helper_call(),
            17 => format!("{}.unwrap_or({})", self.op(Ty::Maybe), self.expr(Ty::Int)),
            18 => self.changed_in_a_block(),
            19 => self.closures(),
            20 => {
                let items = self.op(Ty::Ints);
                let with = self.purely(|this| this.op(Ty::Int));
                format!("{items}.iter().map(|q| q + {with}).sum::<i64>()")
            }
            21 => format!("({}) as i64", self.expr(Ty::Bool)),
            22 => self.questioned(),
            23 => format!("-{}", self.op(Ty::Int)),
            24 => self.element(),
            _ => self.leaf(Ty::Int),
        }
    }

    /// `receiver.max(argument)`, the receiver a place or not.
    fn int_method(&mut self) -> String {
        let method = if self.once_in(2) { "min" } else { "max" };
        if self.below(2) == 1
            && let Some(var) = self.readable(Ty::Int)
            && self.vars[var].access == Access::Own
        {
            let argument = self.expr(Ty::Int);
            return format!("{}.{method}({argument})", self.vars[var].name);
        }
        let receiver = self.op(Ty::Int);
        format!("{receiver}.{method}({})", self.expr(Ty::Int))
    }

    /// An element of a kept list, where there is one.
    fn element(&mut self) -> String {
        let Some(var) = self.readable(Ty::Ints) else { return self.leaf(Ty::Int) };
        let name = self.vars[var].name.clone();
        let otherwise = self.expr(Ty::Int);
        let at = self.holding(var, Hold::Freeze, |this| {
            if this.others_change(var) { this.purely(|this| this.expr(Ty::Int)) } else { this.expr(Ty::Int) }
        });
        match self.below(2) {
            0 => format!("{name}.get(ix({at}, 4)).copied().unwrap_or({otherwise})"),
            _ => format!("if {name}.is_empty() {{ {otherwise} }} else {{ {name}[ix({at}, {name}.len())] }}"),
        }
    }

    /// `{ x += 1; x }`
    fn changed_in_a_block(&mut self) -> String {
        let Some(var) = self.writable(Ty::Int) else { return self.leaf(Ty::Int) };
        let value = self.expr(Ty::Int);
        if !self.can_write(var) {
            return value;
        }
        let (place, read) = (self.place(var), self.read(var));
        if self.once_in(3) {
            format!("{{ {place} = m({value}); {read} }}")
        } else {
            format!("{{ {place} += m({value}); {read} }}")
        }
    }

    fn closures(&mut self) -> String {
        let (parameter, closure) = (self.name(), self.fresh("f"));
        self.scoped(|this| {
            let body = this.purely(|this| {
                this.scoped(|this| {
                    this.bind(&parameter, Ty::Int, false);
                    this.expr(Ty::Int)
                })
            });
            // The closure borrows what it names: nothing is changed, and nothing is awaited, as long as it is there.
            let argument = this.purely(|this| this.expr(Ty::Int));
            format!(
                "{{ let {closure} = |{parameter}: i64| {body}; {closure}({argument}) + {closure}(2i64) }}"
            )
        })
    }

    /// `value?` of something that is not awaited.
    fn questioned(&mut self) -> String {
        if self.pure > 0 {
            return self.leaf(Ty::Int);
        }
        match self.ret {
            Ret::Run | Ret::Fallible(_) => {
                if self.can_await() && self.once_in(3) {
                    return format!("check({}).await?", self.expr(Ty::Int));
                }
                format!("{}?", self.op(Ty::Outcome))
            }
            Ret::Maybe => format!("{}?", self.op(Ty::Maybe)),
            Ret::Plain(_) | Ret::Unit | Ret::Value => self.leaf(Ty::Int),
        }
    }

    fn bool(&mut self) -> String {
        match self.below(14) {
            0 => self.leaf(Ty::Bool),
            13 if self.no_context == 0 => "ctx.is_cancelled()".to_owned(),
            1 | 2 if self.can_await() => {
                let argument = self.expr(Ty::Int);
                self.awaited(&format!("flag({argument})"), Ty::Bool)
            }
            3 | 4 => self.comparison(),
            5 => format!("!{}", self.op(Ty::Bool)),
            6 | 7 => {
                let left = self.op(Ty::Bool);
                let op = if self.once_in(2) { "||" } else { "&&" };
                format!("{left} {op} {}", self.op(Ty::Bool))
            }
            8 => format!("{}.is_some()", self.op(Ty::Maybe)),
            9 => {
                let value = self.expr(Ty::Maybe);
                let name = self.name();
                let guard = self.purely(|this| {
                    this.scoped(|this| {
                        this.bind(&name, Ty::Int, false);
                        this.op(Ty::Int)
                    })
                });
                format!("matches!({value}, Some({name}) if {name} > {guard})")
            }
            10 => {
                let items = self.op(Ty::Ints);
                format!("{items}.contains(&{})", self.op(Ty::Int))
            }
            11 => format!("{}.is_empty()", self.op(Ty::Ints)),
            12 => {
                let left = self.op(Ty::Bool);
                format!("{left} {} {}", if self.once_in(2) { "|" } else { "&" }, self.op(Ty::Bool))
            }
            _ => self.leaf(Ty::Bool),
        }
    }

    fn comparison(&mut self) -> String {
        if self.once_in(4) {
            let left = self.op(Ty::Text);
            return format!("{left} == {}", self.op(Ty::Text));
        }
        let op = self.pick(&["==", "!=", "<", ">", "<=", ">="]);
        if self.below(2) == 1
            && let Some(var) = self.readable(Ty::Int)
        {
            let right = if self.vars[var].access != Access::Own && self.others_change(var) {
                self.purely(|this| this.op(Ty::Int))
            } else {
                self.op(Ty::Int)
            };
            return format!("{} {op} {right}", operand(self.read(var)));
        }
        let left = self.op(Ty::Int);
        format!("{left} {op} {}", self.op(Ty::Int))
    }
}
