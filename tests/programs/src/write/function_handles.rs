//! Functions marked `#[workflow]` that are given a handle, or give one.

use super::tasks::{Gives, Kind};
use super::{Place, Ret, Ty, Writer, indented};

/// What such a function has to do with a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// `(ctx, mut k: Task<i64>, a: i64) -> i64`, which awaits, cancels or drops it.
    Waits,
    /// `(ctx, k: Trigger<i64>, a: i64) -> i64`
    Resolves,
    /// `(ctx, a: i64) -> Task<i64>`, whose task ends with it.
    Begins,
}

/// A function with a handle.
#[derive(Debug, Clone)]
pub(crate) struct HandleFunction {
    name: String,
    uses: Use,
}

impl Writer {
    pub(crate) fn handle_function(&mut self, workflow: &str) -> String {
        let name = format!("{}_h{}", workflow.to_lowercase(), self.handle_functions.len());
        let uses = self.pick(&[Use::Waits, Use::Resolves, Use::Begins]);
        self.ret = Ret::Plain(Ty::Int);
        self.method = Place::Function;
        self.fuel = 4 + i32::try_from(self.below(25)).expect("it is small");
        let body = self.scoped(|this| {
            this.bind("a", Ty::Int, false);
            let mut lines = Vec::new();
            match uses {
                Use::Waits => {
                    let (meanwhile, later) = this.meanwhile("k", Kind::Task, Gives::Plain(Ty::Int));
                    lines.extend(meanwhile);
                    lines.extend(this.task_ends(&later));
                    lines.push(this.returned());
                }
                Use::Resolves => {
                    let count = this.below(3);
                    lines.extend(this.statements(count));
                    lines.push(format!("k.resolve({});", this.expr(Ty::Int)));
                    let count = this.below(2);
                    lines.extend(this.statements(count));
                    lines.push(this.returned());
                }
                Use::Begins => {
                    let block = this.owning(Gives::Plain(Ty::Int), None, true);
                    lines.push(format!("let k = ctx.spawn({block});"));
                    if this.once_in(2) {
                        lines.push("note(&format!(\"{:?}\", num(a).await.ok()));".to_owned());
                    }
                    lines.push("k".to_owned());
                }
            }
            lines.join("\n")
        });
        let (inputs, output) = match uses {
            Use::Waits => ("mut k: Task<i64>, a: i64", "i64"),
            Use::Resolves => ("k: Trigger<i64>, a: i64", "i64"),
            Use::Begins => ("a: i64", "Task<i64>"),
        };
        let head = format!("pub async fn {name}(ctx: &Context, {inputs}) -> {output}");
        self.handle_functions.push(HandleFunction { name, uses });
        format!("#[workflow]\n{head} {{\n{}\n}}\n", indented(&body))
    }

    /// A call of such a function, and what it needs.
    pub(crate) fn handle_function_statement(&mut self) -> String {
        let all = self.handle_functions.clone();
        if all.is_empty() {
            return self.told();
        }
        let HandleFunction { name, uses } = self.pick(&all);
        let argument = self.purely(|this| this.leaf(Ty::Int));
        let mut lines = Vec::new();
        match uses {
            Use::Waits => {
                let task = self.fresh("k");
                let block = self.owning(Gives::Plain(Ty::Int), None, true);
                lines.push(format!("let {task} = ctx.spawn({block});"));
                // What is given to the block is there no more.
                let argument = self.purely(|this| this.leaf(Ty::Int));
                lines.extend(self.called(&format!("{name}(ctx, {task}, {argument})")));
            }
            Use::Resolves => {
                let trigger = self.fresh("g");
                lines.push(format!("let {trigger} = ctx.trigger::<i64>();"));
                let call = format!("{name}(ctx, {trigger}.clone(), {argument})");
                if self.once_in(2) {
                    let (given, limit) = (self.fresh("j"), self.below(3));
                    lines.push(format!(
                        "let ({given}, _) = join!({call}, async {{\n    note(&format!(\"{{:?}}\", timeout(seconds({limit}), {trigger}.clone()).await));\n}});"
                    ));
                    self.bind(&given, Ty::Int, false);
                } else {
                    lines.extend(self.called(&call));
                }
                lines.push(self.waited_for(&trigger, Ty::Int));
            }
            Use::Begins => {
                let task = self.fresh("k");
                lines.push(format!("let mut {task} = {name}(ctx, {argument}).await;"));
                let (meanwhile, later) = self.meanwhile(&task, Kind::Task, Gives::Plain(Ty::Int));
                lines.extend(meanwhile);
                lines.extend(self.task_ends(&later));
            }
        }
        lines.join("\n")
    }

    /// A call that gives a number, awaited in some way.
    fn called(&mut self, call: &str) -> Vec<String> {
        let limit = self.below(3);
        match self.below(6) {
            0 => vec![self.task(call, Gives::Plain(Ty::Int))],
            1 => vec![format!("note(&format!(\"{{:?}}\", timeout(seconds({limit}), {call}).await));")],
            2 => {
                let given = self.fresh("j");
                let other = self.branch_beside();
                self.bind(&given, Ty::Int, false);
                vec![format!("let ({given}, _) = join!({call}, {other});")]
            }
            3 => {
                let other = self.body(None);
                let arms = [
                    format!("q = {call} => note(&format!(\"{{q:?}}\")),"),
                    format!("() = ctx.sleep(seconds({limit})) => {other}"),
                ];
                vec![format!("select! {{\n{}\n}}", indented(&arms.join("\n")))]
            }
            _ => {
                let given = self.fresh("j");
                self.bind(&given, Ty::Int, false);
                vec![format!("let {given} = {call}.await;")]
            }
        }
    }
}
