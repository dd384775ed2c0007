//! Functions marked `#[workflow]`, and calls of them.

use super::tasks::Gives;
use super::{Access, Place, Ret, Ty, Writer, indented};

/// A function marked `#[workflow]`.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    name: String,
    takes: Takes,
    gives: Gives,
}

/// What it is called with, the context aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// `a: i64`
    Number,
    /// `mut s: String, a: i64`
    Values,
    /// `s: &String, w: &str, v: &Vec<i64>`
    Borrows,
    /// `depth: i64`: it calls itself.
    Depth,
}

impl Writer {
    /// A function, which those that are written after it may call.
    pub(crate) fn function(&mut self, workflow: &str) -> String {
        let name = format!("{}_f{}", workflow.to_lowercase(), self.functions.len());
        let takes = self.pick(&[Takes::Number, Takes::Values, Takes::Borrows, Takes::Depth, Takes::Number]);
        let ty = self.ty();
        let fallible = takes == Takes::Depth || self.once_in(2);
        let gives = if fallible { Gives::Fallible(ty) } else { Gives::Plain(ty) };
        self.ret = if fallible { Ret::Fallible(ty) } else { Ret::Plain(ty) };
        self.method = Place::Function;
        self.fuel = 4 + i32::try_from(self.below(35)).expect("it is small");
        let body = self.scoped(|this| {
            match takes {
                Takes::Number => drop(this.bind("a", Ty::Int, false)),
                Takes::Values => {
                    this.bind("s", Ty::Text, true);
                    this.bind("a", Ty::Int, false);
                }
                Takes::Borrows => {
                    this.bind_as("s", Ty::Text, Access::Borrow, false);
                    this.bind_as("v", Ty::Ints, Access::Borrow, false);
                }
                Takes::Depth => drop(this.bind("depth", Ty::Int, false)),
            }
            let mut lines = Vec::new();
            if takes == Takes::Depth {
                let first = this.purely(|this| this.leaf(ty));
                lines.push(format!("if depth <= 0 {{\n    return Ok({first});\n}}"));
            }
            let count = 1 + this.below(4);
            lines.extend(this.statements(count));
            if takes == Takes::Depth {
                lines.push(format!("let below = Box::pin({name}(ctx, depth - 1i64)).await?;"));
                this.bind("below", ty, false);
            }
            if takes == Takes::Borrows {
                lines.push("note(w);".to_owned());
            }
            lines.push(this.returned());
            lines.join("\n")
        });
        let inputs = match takes {
            Takes::Number => "a: i64",
            Takes::Values => "mut s: String, a: i64",
            Takes::Borrows => "s: &String, w: &str, v: &Vec<i64>",
            Takes::Depth => "depth: i64",
        };
        let output = if fallible { format!("Result<{}, Fault>", ty.text()) } else { ty.text().to_owned() };
        let head = format!("pub async fn {name}(ctx: &Context, {inputs}) -> {output}");
        self.functions.push(Function { name, takes, gives });
        format!("#[workflow]\n{head} {{\n{}\n}}\n", indented(&body))
    }

    /// A function that gives a value of a type.
    fn function_that_gives(&mut self, ty: Ty) -> Option<Function> {
        let fitting = |function: &&Function| matches!(function.gives, Gives::Plain(given) | Gives::Fallible(given) if given == ty);
        let found: Vec<_> = self.functions.iter().filter(fitting).cloned().collect();
        if found.is_empty() { None } else { Some(self.pick(&found)) }
    }

    /// `let x = function(ctx, ..).await?;`
    pub(crate) fn function_statement(&mut self) -> String {
        let tys: Vec<Ty> = self
            .functions
            .iter()
            .filter_map(|function| match function.gives {
                Gives::Plain(ty) | Gives::Fallible(ty) => Some(ty),
                Gives::Activity | Gives::Unit => None,
            })
            .collect();
        if tys.is_empty() {
            return self.told();
        }
        let ty = self.pick(&tys);
        let Some(value) = self.function_value(ty) else { return self.told() };
        let name = self.name();
        self.bind(&name, ty, true);
        format!("let mut {name} = {value};")
    }

    /// A call, awaited.
    pub(crate) fn function_value(&mut self, ty: Ty) -> Option<String> {
        let function = self.function_that_gives(ty)?;
        let name = &function.name;
        let call = match function.takes {
            Takes::Number => format!("{name}(ctx, {})", self.expr(Ty::Int)),
            Takes::Values => format!("{name}(ctx, {}, {})", self.expr(Ty::Text), self.expr(Ty::Int)),
            Takes::Borrows => {
                let (text, word) = (self.op(Ty::Text), self.op(Ty::Text));
                format!("{name}(ctx, &{text}, &{word}, &{})", self.op(Ty::Ints))
            }
            Takes::Depth => format!("{name}(ctx, ix({}, 3) as i64)", self.expr(Ty::Int)),
        };
        let call = if self.once_in(5) { format!("Box::pin({call})") } else { call };
        Some(match function.gives {
            Gives::Fallible(_) => self.awaited(&call, ty),
            _ => format!("{call}.await"),
        })
    }

    /// A call that begins later, beside others: what it is called with is evaluated before, and lives as long.
    pub(crate) fn function_call(&mut self, wanted: Option<Ty>, lends: bool) -> Option<(String, Gives)> {
        let function = match wanted {
            Some(ty) => self.function_that_gives(ty)?,
            None if self.functions.is_empty() => return None,
            None => {
                let all = self.functions.clone();
                self.pick(&all)
            }
        };
        let name = &function.name;
        let leaf = |this: &mut Self, ty: Ty| this.purely(|this| this.leaf(ty));
        let call = match function.takes {
            Takes::Number => format!("{name}(ctx, {})", leaf(self, Ty::Int)),
            Takes::Values => format!("{name}(ctx, {}, {})", leaf(self, Ty::Text), leaf(self, Ty::Int)),
            Takes::Borrows => {
                let (text, list) = (self.lent(Ty::Text, lends)?, self.lent(Ty::Ints, lends)?);
                format!("{name}(ctx, {text}, \"w\", {list})")
            }
            Takes::Depth => format!("{name}(ctx, {}i64)", self.below(3)),
        };
        Some((call, function.gives))
    }

    /// A borrow of a variable.
    fn lent(&mut self, ty: Ty, lends: bool) -> Option<String> {
        let var = self.readable(ty).filter(|_| lends)?;
        let (name, is_own) = (&self.vars[var].name, self.vars[var].access == Access::Own);
        Some(if is_own { format!("&{name}") } else { format!("&*{name}") })
    }

    /// `|q| function(ctx, q)`, and whether it is one that can fail.
    pub(crate) fn function_of_list(&mut self, ty: Ty) -> Option<(String, bool)> {
        let takes = |function: &&Function| {
            function.takes == Takes::Number
                && matches!(function.gives, Gives::Plain(given) | Gives::Fallible(given) if given == ty)
        };
        let found: Vec<_> = self.functions.iter().filter(takes).cloned().collect();
        if found.is_empty() {
            return None;
        }
        let function = self.pick(&found);
        Some((format!("|q| {}(ctx, q)", function.name), matches!(function.gives, Gives::Fallible(_))))
    }
}
