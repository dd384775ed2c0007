//! Finds the functions marked `#[workflow]`, how they are called, and what is in them.

use std::collections::BTreeSet;

use syn::visit;
use syn::{Expr, FnArg, Pat, Type};

use super::find::Finder;

pub(super) const WORKFLOW_FUNCTIONS: &str = "functions marked `#[workflow]`:";

/// The functions of a program, by name.
pub(super) fn names(file: &syn::File) -> BTreeSet<String> {
    let functions = file.items.iter().filter_map(|item| match item {
        syn::Item::Fn(function) => Some(function.sig.ident.to_string()),
        _ => None,
    });
    functions.collect()
}

impl Finder {
    /// Looks through a function.
    pub(super) fn function(&mut self, function: &syn::ItemFn) {
        for input in &function.sig.inputs {
            let FnArg::Typed(typed) = input else { continue };
            if matches!(&*typed.pat, Pat::Ident(name) if name.ident == "ctx") {
                continue;
            }
            let text = super::find::text_of(&typed.ty);
            let found = match &*typed.ty {
                Type::Reference(_) => "a reference as a parameter",
                _ if text.starts_with("Task") => "a task as a parameter",
                _ if text.starts_with("Trigger") => "a trigger as a parameter",
                _ => "a value as a parameter",
            };
            self.add(WORKFLOW_FUNCTIONS, found);
        }
        let gives = super::find::text_of(&function.sig.output);
        self.add_if(gives.contains("Task"), WORKFLOW_FUNCTIONS, "a task as the output");
        self.within = Some(function.sig.ident.to_string());
        visit::visit_item_fn(self, function);
        self.within = None;
    }

    /// The name of the function that this is a call of.
    fn called(&self, expr: &Expr) -> Option<String> {
        let Expr::Call(call) = expr else { return None };
        let Expr::Path(path) = &*call.func else { return None };
        let name = path.path.segments.last()?.ident.to_string();
        match call.args.first() {
            Some(boxed) if name == "pin" => self.called(boxed),
            _ => Some(name).filter(|name| self.functions.contains(name)),
        }
    }

    /// A call stands in a place.
    pub(super) fn function_in<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, place: &'static str) {
        let any = exprs.into_iter().any(|expr| self.called(expr).is_some());
        self.add_if(any, WORKFLOW_FUNCTIONS, place);
    }

    /// What an expression has to do with functions.
    pub(super) fn of_functions(&mut self, expr: &Expr) {
        if let Expr::Await(operand) = expr
            && let Some(name) = self.called(&operand.base)
        {
            let found = match &self.within {
                Some(within) if *within == name => "a call of itself",
                Some(_) => "a call of another",
                None => "a call in the impl",
            };
            self.add(WORKFLOW_FUNCTIONS, found);
        }
        if let Expr::Closure(closure) = expr {
            self.function_in([&*closure.body], "a call in a list");
        }
        if self.within.is_none() {
            return;
        }
        let found = match expr {
            Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => "a loop within",
            Expr::Return(_) => "`return` within",
            Expr::Async(block) if block.capture.is_some() => "a block as a value within",
            Expr::MethodCall(call) if call.method == "spawn" => "a task within",
            Expr::MethodCall(call) if call.method == "run" => "a local step within",
            Expr::MethodCall(call) if call.method == "trigger" => "a trigger within",
            Expr::MethodCall(call) if call.method == "scope" => "a scope within",
            Expr::MethodCall(call) if call.method == "wait_until" => "a condition within",
            Expr::Call(call) if super::find::is_named(&call.func, "shield") => "a shield within",
            Expr::Macro(mac) if mac.mac.path.is_ident("join") || mac.mac.path.is_ident("select") => {
                "branches within"
            }
            _ => return,
        };
        self.add(WORKFLOW_FUNCTIONS, found);
    }
}
