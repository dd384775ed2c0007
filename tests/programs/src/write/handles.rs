//! Handles in lists and in the workflow's value.

use super::control::operand_in_chain;
use super::tasks::{Gives, Kind, Later};
use super::{Ty, Writer, indented};

impl Writer {
    /// Tasks that a loop spawns into a list, what is done meanwhile, and what becomes of them.
    pub(crate) fn list_of_tasks(&mut self) -> String {
        let name = self.fresh("k");
        let ty = if self.once_in(3) { self.ty() } else { Ty::Int };
        let items = operand_in_chain(self.expr(Ty::Ints));
        let item = self.fresh("q");
        let block = self.scoped(|this| {
            this.bind(&item, Ty::Int, false);
            this.owning(Gives::Plain(ty), None, false)
        });
        let turn = indented(&format!("{name}.push(ctx.spawn({block}));"));
        let mut lines =
            vec![format!("let mut {name} = Vec::new();"), format!("for {item} in {items} {{\n{turn}\n}}")];
        let (more, _) = self.meanwhile(&name, Kind::Tasks, Gives::Plain(ty));
        lines.extend(more);
        lines.extend(self.list_ends(&name, ty));
        lines.join("\n")
    }

    fn list_ends(&mut self, name: &str, ty: Ty) -> Vec<String> {
        let (task, limit) = (self.fresh("k"), self.below(4));
        match self.below(8) {
            0 => vec![format!("for {task} in {name} {{\n{}\n}}", self.turn_of_list(&task))],
            1 => vec![format!("while let Some({task}) = {name}.pop() {{\n{}\n}}", self.turn_of_list(&task))],
            2 | 3 if ty == Ty::Int => {
                let given = self.fresh("j");
                let default = self.purely(|this| this.leaf(Ty::Int));
                self.bind(&given, Ty::Ints, true);
                let each = format!("map(|q| q.unwrap_or({default})).collect::<Vec<i64>>()");
                vec![format!("let mut {given} = join_all({name}).await.into_iter().{each};")]
            }
            4 => vec![format!(
                "note(&format!(\"{{:?}}\", timeout(seconds({limit}), join_all({name})).await));"
            )],
            5 => vec![format!("drop({name});")],
            6 if ty == Ty::Int => {
                // The tasks of the list belong to another task now.
                let sum = self.fresh("i");
                let each = format!("for {task} in {name} {{\n    {sum} += {task}.await.unwrap_or(1i64);\n}}");
                let block = format!("let mut {sum} = 0i64;\n{each}\nm({sum})");
                vec![self.task(&format!("async move {{\n{}\n}}", indented(&block)), Gives::Plain(Ty::Int))]
            }
            // They are there to the end of the scope.
            _ => Vec::new(),
        }
    }

    /// What is done with each task of a list.
    fn turn_of_list(&mut self, task: &str) -> String {
        let first = if self.once_in(4) { format!("{task}.cancel();\n") } else { String::new() };
        let last = match self.below(5) {
            0 => format!("{task}.detach();"),
            1 => format!("note(&format!(\"{{:?}}\", timeout(seconds(1), {task}).await));"),
            _ => format!("note(&format!(\"{{:?}}\", {task}.await));"),
        };
        indented(&format!("{first}{last}"))
    }

    /// Something is done with a list of tasks; it is changed where it is `here`.
    pub(crate) fn mention_of_list(&mut self, list: &Later, here: bool) -> String {
        let (name, task) = (&list.name, self.fresh("k"));
        match self.below(if here { 5 } else { 2 }) {
            0 | 1 => format!("for {task} in &{name} {{\n    {task}.cancel();\n}}"),
            2 => format!("{name}.truncate(1);"),
            3 => format!("drop({name}.pop());"),
            _ if self.can_await() => {
                format!(
                    "if let Some({task}) = {name}.pop() {{\n    note(&format!(\"{{:?}}\", {task}.await));\n}}"
                )
            }
            _ => format!("{name}.clear();"),
        }
    }

    /// Handles in the workflow's value: it has a task, a list of tasks, and a trigger.
    pub(crate) fn kept_handles(&mut self) -> String {
        if !self.self_is_free() {
            return "note(\"not kept\");".to_owned();
        }
        let (handle, limit) = (self.fresh("k"), self.below(3));
        // It may be this task that is waited for, or one that waits for this one: not for ever.
        let told = |awaited: &str| {
            format!("    note(&format!(\"{{:?}}\", timeout(seconds({limit}), {awaited}).await));")
        };
        match self.below(12) {
            0 | 1 => {
                format!("self.kept = Some(ctx.spawn({}));", self.owning(Gives::Plain(Ty::Int), None, true))
            }
            2 | 3 => {
                let block = self.owning(Gives::Plain(Ty::Int), None, true);
                format!("self.tasks.push(ctx.spawn({block}));\nself.tasks.truncate(4);")
            }
            4 => self.pick(&["self.kept = None;", "self.tasks.clear();", "self.asked = None;"]).to_owned(),
            5 => self
                .pick(&[
                    "if let Some(k) = &self.kept {\n    k.cancel();\n}",
                    "for k in &self.tasks {\n    k.cancel();\n}",
                    "if let Some(k) = self.kept.take() {\n    k.detach();\n}",
                ])
                .to_owned(),
            6 => format!("if let Some({handle}) = self.kept.take() {{\n{}\n}}", told(&handle)),
            7 => format!("while let Some({handle}) = self.tasks.pop() {{\n{}\n}}", told(&handle)),
            8 => {
                let all = format!("let {handle} = std::mem::take(&mut self.tasks);");
                format!("{all}\n{}", told(&format!("join_all({handle})")).trim_start())
            }
            9 => "self.asked = Some(ctx.trigger::<i64>());".to_owned(),
            10 => {
                let value = self.purely(|this| this.expr(Ty::Int));
                format!("if let Some({handle}) = &self.asked {{\n    {handle}.resolve({value});\n}}")
            }
            _ => format!("if let Some({handle}) = self.asked.clone() {{\n{}\n}}", told(&handle)),
        }
    }
}
