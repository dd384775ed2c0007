//! Calls of async methods in methods that are not async: there is no machine there that they could be a part of.
use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Expr, Ident, ImplItem, ReturnType, Type};

use crate::diag::{self, Errors};
use crate::lower::peel;
use crate::model::Workflow;

/// Notes each such call, and leaves out what it stands in.
pub(crate) fn check(workflow: &mut Workflow, errors: &mut Errors) {
    let methods: BTreeSet<String> = workflow.methods.iter().map(|method| method.name.to_string()).collect();
    for item in &mut workflow.plain {
        let ImplItem::Fn(function) = item else { continue };
        let mut calls = Calls { workflow: &workflow.name, methods: &methods, found: Vec::new() };
        calls.visit_block(&function.block);
        if calls.found.is_empty() {
            continue;
        }
        for method in calls.found {
            errors.on(&method, diag::CALL_IN_PLAIN.with(&[&method.to_string()]));
        }
        function.block = match &function.sig.output {
            ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => {
                syn::parse_quote!({ ::core::future::pending() })
            }
            _ => syn::parse_quote!({ loop {} }),
        };
    }
}

struct Calls<'w> {
    workflow: &'w Ident,
    methods: &'w BTreeSet<String>,
    found: Vec<Ident>,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let on_self = matches!(peel(&call.receiver), Expr::Path(path) if path.path.is_ident("self"));
        if on_self && self.methods.contains(&call.method.to_string()) {
            self.found.push(call.method.clone());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let [ty, method] = path.path.segments.iter().collect::<Vec<_>>()[..]
            && (ty.ident == "Self" || ty.ident == *self.workflow)
            && self.methods.contains(&method.ident.to_string())
        {
            self.found.push(method.ident.clone());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
