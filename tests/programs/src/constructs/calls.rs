//! Finds the constructs that are calls, and what loops go over.

use syn::Expr;

use super::CONSTRUCTS;
use super::find::{AWAIT, BORROWS, CONCURRENCY, FUNCTIONS, Finder, LOOPS, is_named, text_of};

impl Finder {
    pub(super) fn call(&mut self, call: &syn::ExprCall) {
        self.awaited_in(&call.args, "an argument");
        for (function, name) in [
            ("timeout", "`timeout`"),
            ("shield", "`shield`"),
            ("join_all", "`join_all`"),
            ("try_join_all", "`try_join_all`"),
        ] {
            self.add_if(is_named(&call.func, function), CONCURRENCY, name);
        }
        if is_named(&call.func, "timeout") || is_named(&call.func, "shield") {
            self.function_in(&call.args, "a call in a timeout, a shield or a scope");
        }
        let of_handle = |argument: &Expr| match argument {
            Expr::Path(path) => path.path.get_ident().is_some_and(|name| name.to_string().starts_with('k')),
            Expr::MethodCall(call) => call.method == "pop",
            _ => false,
        };
        let drops = is_named(&call.func, "drop") && call.args.iter().any(of_handle);
        self.add_if(drops, CONCURRENCY, "`drop` of a handle");
        let recursion = is_named(&call.func, "pin");
        self.add_if(recursion, FUNCTIONS, "recursion");
        let lists = is_named(&call.func, "join_all") || is_named(&call.func, "try_join_all");
        if let (true, Some(Expr::MethodCall(list))) = (lists, call.args.first())
            && let Some(Expr::Closure(closure)) = list.args.first()
        {
            self.add_if(matches!(*closure.body, Expr::Async(_)), CONCURRENCY, "a list of blocks");
        }
    }

    pub(super) fn method_call(&mut self, call: &syn::ExprMethodCall) {
        self.awaited_in(&call.args, "an argument of a method");
        self.awaited(&call.receiver, "a receiver");
        let (of_context, name) = (is_named(&call.receiver, "ctx"), call.method.to_string());
        let found = match name.as_str() {
            "spawn" => match &call.args[0] {
                Expr::Async(_) => "`spawn` of a block",
                Expr::Call(call) if is_own(&call.func) => "`spawn` of a call",
                Expr::MethodCall(call) if is_named(&call.receiver, "self") => "`spawn` of a call",
                _ => "`spawn` of something else",
            },
            "scope" => "`scope`",
            "trigger" => "`trigger`",
            "cancelled" => "`cancelled`",
            "is_cancelled" => "`is_cancelled`",
            "wait_until" => "`wait_until`",
            "sleep" => "`sleep`",
            "all_handlers_finished" => "`all_handlers_finished`",
            "run" => "a local step",
            _ => "",
        };
        self.add_if(of_context && !found.is_empty(), CONCURRENCY, found);
        match name.as_str() {
            "spawn" => self.function_in(&call.args, "a call as a task"),
            "scope" => self.function_in(&call.args, "a call in a timeout, a shield or a scope"),
            _ => {}
        }
        for (method, found) in [
            ("cancel", "`cancel`"),
            ("detach", "`detach`"),
            ("resolve", "`resolve`"),
            ("concurrency", "`concurrency`"),
        ] {
            self.add_if(name == method, CONCURRENCY, found);
        }
        let spawns = |argument: &Expr| matches!(argument, Expr::MethodCall(call) if call.method == "spawn");
        if name == "push" && call.args.iter().any(spawns) {
            let of_self = matches!(*call.receiver, Expr::Field(_));
            let list = if of_self { "handles in a list of the workflow's value" } else { "a list of tasks" };
            self.add(CONCURRENCY, list);
        }
        self.add_if(name.ends_with("t_mut"), BORROWS, "a mutable look into a list");
        self.add_if(matches!(name.as_str(), "first" | "last" | "get"), BORROWS, "a look into a list");
    }

    pub(super) fn loop_over(&mut self, over: &Expr) {
        let mut over = over;
        while let Expr::MethodCall(call) = over {
            let known = [
                "iter",
                "iter_mut",
                "rev",
                "enumerate",
                "zip",
                "skip",
                "take",
                "step_by",
                "chunks",
                "filter",
                "map",
                "chars",
                "values_mut",
            ];
            let method = known.iter().position(|known| call.method == known);
            let names = CONSTRUCTS.iter().find(|(kind, _)| *kind == LOOPS).expect("it is there").1;
            if let Some(name) =
                method.and_then(|at| names.iter().find(|name| **name == format!("`{}`", known[at])))
            {
                self.add(LOOPS, name);
            }
            over = &call.receiver;
            if let Expr::Paren(inner) = over {
                self.add_if(matches!(*inner.expr, Expr::Range(_)), LOOPS, "a range with adapters");
            }
        }
        let name = match over {
            Expr::Range(range) => {
                let awaits = text_of(range).contains(". await");
                self.add_if(awaits, AWAIT, "an end of a range");
                "a range"
            }
            Expr::Reference(reference) if reference.mutability.is_some() => "`&mut` of a place",
            Expr::Reference(_) => "`&` of a place",
            Expr::Array(_) => "an array",
            Expr::Macro(mac) if mac.mac.path.is_ident("vec") => "a list",
            Expr::Call(call) if text_of(&call.func).starts_with("VecDeque") => "a queue",
            Expr::Call(call) if text_of(&call.func).starts_with("BTreeMap") => "a map",
            Expr::Paren(_) | Expr::Path(_) | Expr::Field(_) => return,
            _ => "an option or other value",
        };
        self.add(LOOPS, name);
    }
}

fn is_own(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments[0].ident == "Self")
}
