//! Branches beside each other: `join!`, `try_join!`, `select!` and `timeout`.

use super::tasks::Gives;
use super::{Around, HelperKind, Hold, Ret, Ty, Writer, indented};

/// A branch: what is awaited, and what its output is.
struct Branch {
    source: String,
    output: Output,
}

#[derive(Clone, Copy)]
enum Output {
    Of(Ty),
    Unit,
    /// An activity's `Result`.
    Activity,
    /// A `Result` of another kind.
    Other,
}

impl Writer {
    /// A construct as a statement.
    pub(crate) fn construct_statement(&mut self) -> String {
        match self.below(6) {
            0 | 1 => self.join_statement(),
            2 | 3 => self.select(None),
            4 => self.timeout_statement(),
            _ => self.try_join_statement(),
        }
    }

    /// A construct that gives a value.
    pub(crate) fn construct_value(&mut self, ty: Ty) -> String {
        match self.below(10) {
            0 | 1 => self.select(Some(ty)),
            8 | 9 if self.can_spawn() => self.block_expr(ty),
            4 => {
                let default = self.purely(|this| this.leaf(ty));
                format!("ctx.scope({}).await.unwrap_or({default})", self.lone(ty))
            }
            5 | 6 => format!("shield({}).await", self.lone(ty)),
            7 => format!("({}).await", self.lone_block(ty)),
            2 => {
                let branches = self.branches(Some(ty));
                let sources: Vec<&str> = branches.iter().map(|branch| branch.source.as_str()).collect();
                format!("join!({}).0", sources.join(", "))
            }
            _ => {
                let limit = self.below(4);
                let default = self.purely(|this| this.leaf(ty));
                let block = self.lone(ty);
                format!("timeout(seconds({limit}), {block}).await.unwrap_or({default})")
            }
        }
    }

    /// The only branch of a construct, which gives a value of a type.
    fn lone(&mut self, ty: Ty) -> String {
        if self.once_in(3)
            && let Some((call, Gives::Plain(_))) = self.function_call(Some(ty), true)
        {
            return call;
        }
        self.lone_block(ty)
    }

    /// A block that is the only branch of its construct.
    pub(crate) fn lone_block(&mut self, ty: Ty) -> String {
        self.with_permission(0, 1, |this| this.async_block(Ret::Plain(ty)))
    }

    /// Calls of an activity over a list, beside each other; gives a list.
    pub(crate) fn joined_list(&mut self) -> String {
        let items = self.op(Ty::Ints);
        let with = self.purely(|this| this.op(Ty::Int));
        let bound = match self.below(4) {
            0 | 1 => String::new(),
            limit => format!(".concurrency({})", limit - 1),
        };
        let of_blocks = self.once_in(3) && self.can_spawn();
        if self.once_in(3)
            && let Some((each, fallible)) = self.function_of_list(Ty::Int)
        {
            let joined = format!("join_all({items}.into_iter().map({each})){bound}.await");
            return match fallible {
                true if self.once_in(2) => format!("try_{joined}.unwrap_or(vec![3i64])"),
                true => format!("{joined}.into_iter().map(|q| q.unwrap_or(1i64)).collect::<Vec<i64>>()"),
                false => joined,
            };
        }
        if self.once_in(2) {
            let question = matches!(self.ret, Ret::Run | Ret::Fallible(_)) && self.once_in(2);
            let each = if of_blocks { self.block_of_list(true) } else { format!("|q| check(m(q + {with}))") };
            let joined = format!("try_join_all({items}.into_iter().map({each})){bound}.await");
            return if question { format!("{joined}?") } else { format!("{joined}.unwrap_or(vec![3i64])") };
        }
        if of_blocks {
            let block = self.block_of_list(false);
            return format!("join_all({items}.into_iter().map({block})){bound}.await");
        }
        let each = "into_iter().map(|q| q.unwrap_or(1i64)).collect::<Vec<i64>>()";
        format!("join_all({items}.into_iter().map(|q| num(m(q + {with})))){bound}.await.{each}")
    }

    fn join_statement(&mut self) -> String {
        let branches = self.branches(None);
        let sources: Vec<&str> = branches.iter().map(|branch| branch.source.as_str()).collect();
        let joined = format!("join!({})", sources.join(", "));
        if self.once_in(4) {
            return format!("{joined};");
        }
        let names: Vec<String> = branches.iter().map(|branch| self.output_name(branch.output)).collect();
        format!("let ({}) = {joined};", names.join(", "))
    }

    /// A name for what a branch gives; one that can be used further is bound.
    fn output_name(&mut self, output: Output) -> String {
        match output {
            Output::Of(ty) => {
                let name = self.fresh("j");
                self.bind(&name, ty, false);
                name
            }
            Output::Unit => "()".to_owned(),
            _ => "_".to_owned(),
        }
    }

    fn try_join_statement(&mut self) -> String {
        let question = matches!(self.ret, Ret::Run | Ret::Fallible(_));
        let count = 2 + self.below(2);
        let tys: Vec<Ty> = (0..count).map(|_| self.ty()).collect();
        let owner = self.below(count + 1);
        let mut sources = Vec::new();
        for (number, ty) in tys.iter().enumerate() {
            sources.push(self.with_permission(number, owner, |this| this.async_block(Ret::Fallible(*ty))));
        }
        let joined = format!("try_join!({})", sources.join(", "));
        if question && self.once_in(2) {
            let names: Vec<String> = tys.iter().map(|ty| self.output_name(Output::Of(*ty))).collect();
            return format!("let ({}) = {joined}?;", names.join(", "));
        }
        format!("note(&format!(\"{{:?}}\", {joined}));")
    }

    fn timeout_statement(&mut self) -> String {
        let limit = self.below(4);
        let branch = self.with_permission(0, 1, |this| this.branch(None));
        let shown = match branch.output {
            Output::Activity => ".map(|done| done.ok())",
            _ => "",
        };
        format!("note(&format!(\"{{:?}}\", timeout(seconds({limit}), {}).await{shown}));", branch.source)
    }

    /// `ctx.cancelled()`, and something else.
    pub(crate) fn until_cancelled(&mut self) -> String {
        let limit = self.below(4);
        if self.once_in(2) {
            return format!("note(&format!(\"{{:?}}\", timeout(seconds({limit}), ctx.cancelled()).await));");
        }
        let (told, other) = (self.body(None), self.body(None));
        let arms = [
            format!("() = ctx.cancelled() => {told}"),
            format!("() = ctx.sleep(seconds({limit})) => {other}"),
        ];
        format!("select! {{\n{}\n}}", indented(&arms.join("\n")))
    }

    /// `select!`, its handlers giving a value of a type or none.
    fn select(&mut self, ty: Option<Ty>) -> String {
        let branches = self.branches(None);
        let (mut text, mut doors) = ("select! {\n".to_owned(), 0);
        let count = branches.len();
        for branch in branches {
            let mark = self.vars.len();
            let guard = if self.once_in(5) {
                format!(", if {}", self.purely(|this| this.leaf(Ty::Bool)))
            } else {
                String::new()
            };
            let mut may_shut = !guard.is_empty();
            let pat = match branch.output {
                Output::Of(Ty::Maybe) if self.once_in(2) => {
                    may_shut = true;
                    let name = self.name();
                    self.bind(&name, Ty::Int, false);
                    format!("Some({name})")
                }
                Output::Of(ty) => {
                    let name = self.name();
                    self.bind(&name, ty, false);
                    name
                }
                _ => "_".to_owned(),
            };
            doors += usize::from(may_shut);
            let handler = self.handler(ty);
            self.unscope(mark);
            text.push_str(&indented(&format!("{pat} = {}{guard} => {handler}", branch.source)));
            text.push('\n');
        }
        if doors == count || (doors > 0 && self.once_in(2)) {
            let handler = self.handler(ty);
            text.push_str(&indented(&format!("else => {handler}")));
            text.push('\n');
        }
        text.push('}');
        text
    }

    fn handler(&mut self, ty: Option<Ty>) -> String {
        match ty {
            Some(ty) if self.once_in(3) => format!("{},", self.expr(ty)),
            ty => self.body(ty),
        }
    }

    /// Two or three branches, the first one giving a value of a type if one is asked for.
    fn branches(&mut self, first: Option<Ty>) -> Vec<Branch> {
        let count = 2 + self.below(2);
        let owner = self.below(count + 1);
        (0..count)
            .map(|number| {
                let wanted = first.filter(|_| number == 0);
                self.with_permission(number, owner, |this| this.branch(wanted))
            })
            .collect()
    }

    /// Within a branch: in plain async Rust, one branch alone may name what it changes.
    fn with_permission<T>(&mut self, number: usize, owner: usize, inner: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.vars.len();
        let shares = self.shares && self.once_in(2);
        let mut held = Vec::new();
        if shares {
            self.shared = true;
        } else {
            for var in 0..outer {
                // Each variable has one branch that may change it, by chance of its place in scope; `self` as a whole.
                let of = if self.is_self(var) { owner } else { (var + owner) % 4 };
                if of != number && self.can_ever_change(var) && of < 3 {
                    held.push((var, Hold::Hide));
                } else if of != number {
                    held.push((var, Hold::Freeze));
                }
            }
        }
        for (var, hold) in &held {
            self.change_hold(*var, *hold, 1);
        }
        let value = inner(self);
        for (var, hold) in held {
            self.change_hold(var, hold, -1);
        }
        value
    }

    fn can_ever_change(&self, var: usize) -> bool {
        self.is_self(var) || self.vars[var].mutable || self.vars[var].access == super::Access::BorrowMut
    }

    fn branch(&mut self, wanted: Option<Ty>) -> Branch {
        if let Some(ty) = wanted {
            let source = self.async_block(Ret::Plain(ty));
            return Branch { source, output: Output::Of(ty) };
        }
        if !self.room() {
            return Branch { source: "num(1i64)".to_owned(), output: Output::Activity };
        }
        match self.below(12) {
            10 | 11 => self.function_branch(),
            0 | 1 => {
                let argument = self.branch_operand(Ty::Int);
                Branch { source: format!("num({argument})"), output: Output::Activity }
            }
            9 if self.can_spawn() => {
                let step = self.step(Ty::Int, false);
                Branch { source: step, output: Output::Activity }
            }
            2 => {
                let argument = self.branch_operand(Ty::Int);
                Branch { source: format!("ctx.sleep(millis(m({argument}) as u64))"), output: Output::Unit }
            }
            3 => self.helper_branch(),
            4 => {
                let limit = self.below(3);
                let ty = self.ty();
                let block = self.async_block(Ret::Plain(ty));
                Branch { source: format!("timeout(seconds({limit}), {block})"), output: Output::Other }
            }
            5 => {
                // A condition, which other branches may come to fulfil.
                let condition = self.purely(|this| this.expr(Ty::Bool));
                let limit = 1 + self.below(3);
                let source = format!("timeout(seconds({limit}), ctx.wait_until(|| {condition}))");
                Branch { source, output: Output::Other }
            }
            6 => {
                let ty = self.ty();
                Branch { source: self.async_block(Ret::Fallible(ty)), output: Output::Other }
            }
            _ => {
                let ty = self.ty();
                Branch { source: self.async_block(Ret::Plain(ty)), output: Output::Of(ty) }
            }
        }
    }

    /// An operand of what a branch waits for; evaluated before any branch begins.
    fn branch_operand(&mut self, ty: Ty) -> String {
        self.no_await += 1;
        let text = self.expr(ty);
        self.no_await -= 1;
        text
    }

    fn function_branch(&mut self) -> Branch {
        match self.function_call(None, true) {
            Some((source, Gives::Plain(ty))) => Branch { source, output: Output::Of(ty) },
            Some((source, _)) => Branch { source, output: Output::Other },
            None => Branch { source: "add(3i64, 4i64)".to_owned(), output: Output::Activity },
        }
    }

    fn helper_branch(&mut self) -> Branch {
        let helpers = self.helpers.clone();
        let usable: Vec<_> = helpers
            .iter()
            // What is lent to a branch has to live as long as it.
            .filter(|helper| helper.kind != HelperKind::Reader)
            .filter(|helper| helper.kind.is_apart() || self.self_is_free())
            .cloned()
            .collect();
        if usable.is_empty() {
            return Branch { source: "add(1i64, 2i64)".to_owned(), output: Output::Activity };
        }
        let helper = self.pick(&usable);
        let name = &helper.name;
        // What plain Rust would lend to the call and to the operand: the operand does without.
        let argument = self.purely(|this| this.leaf(Ty::Int));
        match helper.kind {
            HelperKind::Generic | HelperKind::Reader => {
                Branch { source: format!("Self::{name}(ctx, {argument}, 4i64)"), output: Output::Of(Ty::Int) }
            }
            HelperKind::Static => Branch {
                source: format!("Self::{name}(ctx, {argument}, \"w\".to_owned())"),
                output: Output::Of(Ty::Int),
            },
            HelperKind::Maybe => {
                Branch { source: format!("self.{name}(ctx, {argument})"), output: Output::Of(Ty::Maybe) }
            }
            HelperKind::Fallible => {
                Branch { source: format!("self.{name}(ctx, {argument})"), output: Output::Other }
            }
            HelperKind::Recursive => {
                Branch { source: format!("self.{name}(ctx, 1i64)"), output: Output::Other }
            }
        }
    }

    /// `async { .. }`, which ends with a value of its own.
    fn async_block(&mut self, ret: Ret) -> String {
        let outside = (self.ret, std::mem::take(&mut self.around), self.move_floor, self.task_floor);
        self.ret = ret;
        self.move_floor = self.vars.len();
        self.task_floor = self.vars.len();
        self.level += 1;
        let mark = self.vars.len();
        let count = self.below(4);
        let mut lines = self.statements(count);
        lines.push(self.returned());
        self.unscope(mark);
        self.level -= 1;
        let around: Vec<Around>;
        (self.ret, around, self.move_floor, self.task_floor) = outside;
        self.around = around;
        format!("async {{\n{}\n}}", indented(&lines.join("\n")))
    }
}
