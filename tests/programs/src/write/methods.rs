//! The methods of a program: `run` and its helpers.

use super::{Access, Helper, HelperKind, Place, Ret, Ty, Writer, indented};

const HELPERS: [HelperKind; 6] = [
    HelperKind::Fallible,
    HelperKind::Static,
    HelperKind::Maybe,
    HelperKind::Recursive,
    HelperKind::Generic,
    HelperKind::Reader,
];

impl Writer {
    pub(crate) fn run(&mut self) -> String {
        self.ret = Ret::Run;
        self.method = Place::Run;
        self.fuel = 8 + i32::try_from(self.below(100)).expect("it is small");
        let body = self.scoped(|this| {
            this.bind_self();
            this.bind("n", Ty::Int, false);
            let count = 1 + this.below(8);
            let mut lines = this.statements(count);
            let shown = this.shown();
            lines.push(format!("Ok({shown})"));
            lines.join("\n")
        });
        let bump = "fn bump(&mut self, by: i64) -> i64 {\n    self.count = m(self.count + by);\n    note(&format!(\"bump {}\", self.count));\n    self.count\n}";
        format!(
            "#[run]\npub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {{\n{}\n}}\n\n{bump}\n\nconst LIMIT: i64 = 7;",
            indented(&body)
        )
    }

    pub(crate) fn helper(&mut self) -> String {
        let kind = self.pick(&HELPERS);
        let name = format!("helper{}", self.helpers.len());
        self.ret = match kind {
            HelperKind::Fallible | HelperKind::Recursive => Ret::Fallible(Ty::Int),
            HelperKind::Static | HelperKind::Reader => Ret::Plain(Ty::Int),
            HelperKind::Generic => Ret::Value,
            HelperKind::Maybe => Ret::Maybe,
        };
        self.method = Place::Helper(kind);
        self.fuel = 3 + i32::try_from(self.below(25)).expect("it is small");
        let body = self.scoped(|this| {
            if !matches!(kind, HelperKind::Static | HelperKind::Generic) {
                this.bind_self();
            }
            if kind == HelperKind::Reader {
                this.vars.iter_mut().for_each(|own| own.mutable = false);
                this.bind_as("s", Ty::Text, Access::Borrow, false);
                this.bind_as("v", Ty::Ints, Access::Borrow, false);
            } else {
                let parameter = if kind == HelperKind::Recursive { "depth" } else { "a" };
                this.bind(parameter, Ty::Int, false);
            }
            if kind == HelperKind::Static {
                this.bind("s", Ty::Text, true);
            }
            let count = this.below(4);
            let mut lines = this.statements(count);
            if kind == HelperKind::Recursive {
                lines.insert(0, "if depth <= 0 {\n    return Ok(1i64);\n}".to_owned());
                let call = format!("Box::pin(self.{name}(ctx, depth - 1i64)).await?");
                lines.push(format!("let below = {};", if this.self_is_free() { &call } else { "1i64" }));
                this.bind("below", Ty::Int, false);
            }
            if kind == HelperKind::Generic {
                lines.push("note(&format!(\"{value:?}\"));".to_owned());
            }
            lines.push(this.returned());
            lines.join("\n")
        });
        let head = match kind {
            HelperKind::Fallible => format!("{name}(&mut self, ctx: &Context, a: i64) -> Result<i64, Fault>"),
            HelperKind::Static => format!("{name}(ctx: &Context, a: i64, mut s: String) -> i64"),
            HelperKind::Maybe => format!("{name}(&mut self, ctx: &Context, a: i64) -> Option<i64>"),
            HelperKind::Generic => {
                format!("{name}<T: Clone + std::fmt::Debug + Stored>(ctx: &Context, a: i64, value: T) -> T")
            }
            HelperKind::Reader => format!("{name}(&self, ctx: &Context, s: &String, v: &Vec<i64>) -> i64"),
            HelperKind::Recursive => {
                format!("{name}(&mut self, ctx: &Context, depth: i64) -> Result<i64, Fault>")
            }
        };
        self.helpers.push(Helper { name, kind });
        format!("pub async fn {head} {{\n{}\n}}", indented(&body))
    }

    /// A signal or update, async or not.
    pub(crate) fn handler_method(&mut self, number: usize) -> String {
        let (answers, is_async) = (self.once_in(2), self.below(3) < 2);
        self.ret = if answers { Ret::Fallible(Ty::Int) } else { Ret::Unit };
        self.fuel = 3 + i32::try_from(self.below(25)).expect("it is small");
        self.no_await += u32::from(!is_async);
        self.no_context += u32::from(!is_async);
        self.method = Place::Handler;
        let body = self.scoped(|this| {
            this.bind_self();
            this.bind("a", Ty::Int, false);
            let count = 1 + this.below(3);
            let mut lines = this.statements(count);
            lines.push(this.returned());
            lines.join("\n")
        });
        self.no_await -= u32::from(!is_async);
        self.no_context -= u32::from(!is_async);
        let attribute = if answers { "update" } else { "signal" };
        let (keyword, context) = if is_async { ("async ", "ctx: &Context, ") } else { ("", "") };
        let output = if answers { " -> Result<i64, Fault>" } else { "" };
        format!(
            "#[{attribute}]\npub {keyword}fn on{number}(&mut self, {context}a: i64){output} {{\n{}\n}}",
            indented(&body)
        )
    }

    /// What the method or branch ends with.
    pub(crate) fn returned(&mut self) -> String {
        match self.ret {
            Ret::Run => {
                let text = self.expr(Ty::Text);
                format!("Ok({text})")
            }
            Ret::Fallible(ty) => {
                let value = self.expr(ty);
                format!("Ok::<{}, Fault>({value})", ty.text())
            }
            Ret::Maybe => self.expr(Ty::Maybe),
            Ret::Plain(ty) => self.expr(ty),
            Ret::Unit => "()".to_owned(),
            Ret::Value => "value.clone()".to_owned(),
        }
    }

    /// All variables in scope as text.
    fn shown(&mut self) -> String {
        let usable: Vec<String> = (0..self.vars.len())
            .filter(|at| self.is_usable(*at) && !self.is_self(*at) && !self.is_part(*at))
            .map(|at| self.vars[at].name.clone())
            .collect();
        let holes: Vec<String> = usable.iter().map(|name| format!("{{{name}:?}}")).collect();
        format!("format!(\"{}\")", holes.join(" "))
    }
}
