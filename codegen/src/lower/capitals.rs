//! `let N = ..`: in a pattern, a name in capitals may be that of a constant, and by its case it is taken for one. But what
//! a `let`, `for`, closure or parameter has to match always binds: it is written `N @ _`, which nothing else can be.
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Pat};

struct Capitals;

impl VisitMut for Capitals {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        let always = local.init.as_ref().is_some_and(|init| init.diverge.is_none());
        if always {
            local.pat = bound_by(&local.pat);
        }
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        *expr.pat = bound_by(&expr.pat);
        visit_mut::visit_expr_for_loop_mut(self, expr);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        for input in &mut closure.inputs {
            *input = bound_by(input);
        }
        visit_mut::visit_expr_closure_mut(self, closure);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// A body in which each name in capitals that is bound for sure is seen to be.
pub(super) fn bound(body: &Block) -> Block {
    let mut body = body.clone();
    Capitals.visit_block_mut(&mut body);
    body
}

/// The same for one pattern, which always matches.
pub(super) fn bound_by(pat: &Pat) -> Pat {
    struct Names;
    impl VisitMut for Names {
        fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
            let name = pat.ident.to_string();
            let capitals = name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase);
            if capitals && pat.subpat.is_none() && pat.by_ref.is_none() && pat.mutability.is_none() {
                pat.subpat = Some((syn::token::At::default(), Box::new(syn::parse_quote!(_))));
            }
            visit_mut::visit_pat_ident_mut(self, pat);
        }
        fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
            // `Point { X }` cannot be written with an `@`.
            if field.colon_token.is_some() {
                visit_mut::visit_field_pat_mut(self, field);
            }
        }
        fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
    }
    let mut pat = pat.clone();
    Names.visit_pat_mut(&mut pat);
    pat
}
