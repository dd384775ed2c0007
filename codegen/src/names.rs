//! Which local variable a name in a body means.
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Expr, Ident, Pat};

/// A local variable of a body, numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VarId(pub(crate) usize);

pub(crate) type Vars = BTreeSet<VarId>;

/// The names in scope, innermost last.
#[derive(Debug, Default, Clone)]
pub(crate) struct Env(Vec<(String, VarId)>);

impl Env {
    pub(crate) fn bind(&mut self, name: &Ident, var: VarId) {
        self.0.push((name.to_string(), var));
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<VarId> {
        self.0.iter().rev().find(|(bound, _)| bound == name).map(|(_, var)| *var)
    }

    /// Where the scope that begins now ends; for [`Env::leave`].
    pub(crate) fn enter(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn leave(&mut self, mark: usize) {
        self.0.truncate(mark);
    }
}

/// The names that a pattern binds, in order.
pub(crate) fn bindings(pat: &Pat) -> Vec<syn::PatIdent> {
    struct Bindings(Vec<syn::PatIdent>);
    impl<'ast> Visit<'ast> for Bindings {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            if is_binding(pat) && !self.0.iter().any(|known| known.ident == pat.ident) {
                self.0.push(pat.clone());
            }
            visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut found = Bindings(Vec::new());
    found.visit_pat(pat);
    found.0
}

/// Whether an identifier pattern binds: `None` and `MAX` name a variant or constant (Rust's own naming lints
/// make the difference one of case).
fn is_binding(pat: &syn::PatIdent) -> bool {
    pat.by_ref.is_some()
        || pat.mutability.is_some()
        || pat.subpat.is_some()
        || !pat.ident.to_string().trim_start_matches("r#").starts_with(|c: char| c.is_uppercase())
}

/// `matches!(value, pat if guard)`, whose pattern binds.
struct Matches {
    value: Expr,
    pat: Pat,
    guard: Option<Expr>,
}

impl Matches {
    fn of(mac: &syn::Macro) -> Option<Self> {
        if mac.path.segments.last()?.ident != "matches" {
            return None;
        }
        let parse = |input: syn::parse::ParseStream<'_>| {
            let value = input.parse()?;
            input.parse::<syn::Token![,]>()?;
            let pat = Pat::parse_multi(input)?;
            let guard =
                if input.parse::<Option<syn::Token![if]>>()?.is_some() { Some(input.parse()?) } else { None };
            input.parse::<Option<syn::Token![,]>>()?;
            Ok(Matches { value, pat, guard })
        };
        syn::parse::Parser::parse2(parse, mac.tokens.clone()).ok()
    }
}

/// A branch of `join!`, `try_join!` or `select!`, or the `else` of the last.
pub(crate) struct BranchOf {
    pub(crate) pat: Option<Pat>,
    pub(crate) awaitable: Option<Expr>,
    pub(crate) guard: Option<Expr>,
    pub(crate) handler: Option<Expr>,
}

/// Finds the variables of `env` that the visited code names.
pub(crate) struct Mentioned<'e> {
    env: &'e Env,
    /// Names that are bound within the visited code itself.
    hidden: Vec<String>,
    pub(crate) vars: Vars,
}

/// Whether a body names something of what is around it.
pub(crate) fn mentions(body: &syn::Block, name: &Ident) -> bool {
    let mut env = Env::default();
    env.bind(name, VarId(0));
    let mut visitor = Mentioned::new(&env);
    visitor.visit_block(body);
    !visitor.vars.is_empty()
}

impl<'e> Mentioned<'e> {
    pub(crate) fn new(env: &'e Env) -> Self {
        Mentioned { env, hidden: Vec::new(), vars: Vars::new() }
    }

    pub(crate) fn in_expr(env: &Env, expr: &Expr) -> Vars {
        let mut visitor = Mentioned::new(env);
        visitor.visit_expr(expr);
        visitor.vars
    }

    fn name(&mut self, name: &str) {
        if self.hidden.iter().any(|hidden| hidden == name) {
            return;
        }
        if let Some(var) = self.env.lookup(name) {
            self.vars.insert(var);
        }
    }

    fn hide(&mut self, pat: &Pat) {
        self.hidden.extend(bindings(pat).iter().map(|binding| binding.ident.to_string()));
    }

    fn scoped(&mut self, inner: impl FnOnce(&mut Self)) {
        let mark = self.hidden.len();
        inner(self);
        self.hidden.truncate(mark);
    }

    /// A branch of `join!` or `select!`: what its pattern binds is there for what is done with its output.
    fn branch(&mut self, branch: &BranchOf) {
        let BranchOf { pat, awaitable, guard, handler } = branch;
        for code in awaitable.iter().chain(guard) {
            self.visit_expr(code);
        }
        if let Some(handler) = handler {
            self.scoped(|this| {
                if let Some(pat) = pat {
                    this.hide(pat);
                }
                this.visit_expr(handler);
            });
        }
    }

    /// Any identifier in a macro's input may be a variable, but not one after a dot; format strings name variables too.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut after_dot = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if !after_dot => self.name(&ident.to_string()),
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        for name in captures(&text.value()) {
                            self.name(&name);
                        }
                    }
                }
                _ => {}
            }
            // `..name` is a range or a struct base, `.name` a field.
            after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.' && !after_dot);
        }
    }
}

/// The names that a format string captures: `{name}`, `{name:?}`, `{0:width$}`.
pub(crate) fn captures(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let unescaped = text.replace("{{", "").replace("}}", "");
    for piece in unescaped.split('{').skip(1) {
        let inner = piece.split('}').next().unwrap_or_default();
        let (argument, spec) = inner.split_once(':').unwrap_or((inner, ""));
        names.push(argument.trim().to_owned());
        for part in spec.split('$').rev().skip(1) {
            let start = part.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
            names.push(part[start..].to_owned());
        }
    }
    names.retain(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    names
}

impl<'ast> Visit<'ast> for Mentioned<'_> {
    fn visit_expr_path(&mut self, expr: &'ast syn::ExprPath) {
        if expr.qself.is_none()
            && let Some(ident) = expr.path.get_ident()
        {
            self.name(&ident.to_string());
        }
        visit::visit_expr_path(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        match Matches::of(mac) {
            Some(Matches { value, pat, guard }) => {
                Mentioned::visit_expr(self, &value);
                self.scoped(|this| {
                    this.hide(&pat);
                    if let Some(guard) = &guard {
                        Mentioned::visit_expr(this, guard);
                    }
                });
            }
            None if crate::lower::is_concurrent(mac) => match crate::lower::branches_of(mac) {
                Some(branches) => branches.iter().for_each(|branch| self.branch(branch)),
                None => self.tokens(mac.tokens.clone()),
            },
            None => match crate::lower::macro_values(mac) {
                Some(values) => {
                    for value in &values {
                        match value {
                            Expr::Lit(literal) => self.tokens(quote::quote!(#literal)),
                            value => Mentioned::visit_expr(self, value),
                        }
                    }
                }
                None => self.tokens(mac.tokens.clone()),
            },
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.scoped(|this| visit::visit_block(this, block));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init {
            self.visit_local_init(init);
        }
        self.visit_pat(&local.pat);
        self.hide(&local.pat);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.scoped(|this| {
            for input in &closure.inputs {
                this.hide(input);
            }
            this.visit_expr(&closure.body);
        });
    }

    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.visit_expr(&expr.expr);
        self.visit_pat(&expr.pat);
        self.hide(&expr.pat);
    }

    fn visit_expr_if(&mut self, expr: &'ast syn::ExprIf) {
        self.scoped(|this| {
            this.visit_expr(&expr.cond);
            this.visit_block(&expr.then_branch);
        });
        if let Some((_, otherwise)) = &expr.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.scoped(|this| {
            this.visit_expr(&expr.cond);
            this.visit_block(&expr.body);
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.scoped(|this| {
            this.hide(&expr.pat);
            this.visit_block(&expr.body);
        });
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.scoped(|this| {
            this.hide(&arm.pat);
            visit::visit_arm(this, arm);
        });
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// A name as an identifier, raw where it is a keyword, in whichever edition.
pub(crate) fn ident(name: &str, span: proc_macro2::Span) -> Ident {
    let plain = name.trim_start_matches("r#");
    if plain != "gen" && syn::parse_str::<Ident>(plain).is_ok() {
        Ident::new(plain, span)
    } else {
        Ident::new_raw(plain, span)
    }
}

/// Names for things of one machine, each used once: `name`, `name_2`, `name_3`.
#[derive(Debug, Default)]
pub(crate) struct Unique(BTreeMap<String, usize>);

impl Unique {
    /// `name`, made unique by a number appended after `separator`.
    pub(crate) fn name(&mut self, name: &str, separator: &str) -> String {
        let count = self.0.entry(name.to_owned()).or_default();
        *count += 1;
        if *count == 1 {
            return name.to_owned();
        }
        let numbered = format!("{name}{separator}{count}");
        // `name_2` may be a name of its own.
        if self.0.contains_key(&numbered) {
            self.name(name, separator)
        } else {
            self.name(&numbered, separator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn mentioned(names: &[&str], expr: &Expr) -> Vec<String> {
        let mut env = Env::default();
        for (number, name) in names.iter().enumerate() {
            env.bind(&Ident::new(name, proc_macro2::Span::call_site()), VarId(number));
        }
        Mentioned::in_expr(&env, expr).into_iter().map(|var| names[var.0].to_owned()).collect()
    }

    #[test]
    fn names_are_found_where_rust_would_resolve_them_to_the_outer_variable() {
        let names = ["a", "b", "c"];
        assert_eq!(mentioned(&names, &parse_quote!(a + self.b)), ["a"]);
        assert_eq!(mentioned(&names, &parse_quote!(|a| a + b)), ["b"]);
        assert_eq!(
            mentioned(
                &names,
                &parse_quote!({
                    let a = a;
                    c(a)
                })
            ),
            ["a", "c"]
        );
        assert_eq!(
            mentioned(
                &names,
                &parse_quote!({
                    let a = 1;
                    a
                })
            ),
            [""; 0]
        );
        assert_eq!(
            mentioned(
                &names,
                &parse_quote!(match x {
                    Some(a) if a > b => a,
                    _ => 1,
                })
            ),
            ["b"]
        );
        assert_eq!(mentioned(&names, &parse_quote!(if let Some(a) = c { a } else { b })), ["b", "c"]);
        assert_eq!(mentioned(&names, &parse_quote!(Point { a, x: b })), ["a", "b"]);
    }

    #[test]
    fn macros_and_format_strings_name_variables() {
        let names = ["a", "b", "c", "width"];
        assert_eq!(mentioned(&names, &parse_quote!(format!("{a:?} {{b}} {:>width$}", x.c))), ["a", "width"]);
        assert_eq!(mentioned(&names, &parse_quote!(vec![b; 3])), ["b"]);
        // What the pattern binds is no variable of the body, nor is what a block among the arguments binds.
        assert_eq!(
            mentioned(&names, &parse_quote!(format!("{}", if let Some(b) = c { b } else { a }))),
            ["a", "c"]
        );
        assert_eq!(mentioned(&names, &parse_quote!(format!("{b} {a}", b = c))), ["a", "b", "c"]);
        assert_eq!(mentioned(&names, &parse_quote!(matches!(a, Some(b) if b > c))), ["a", "c"]);
        // A field's name is no variable, nor is what the pattern of a branch binds.
        assert_eq!(mentioned(&names, &parse_quote!(join!(async { Point { a: 1, y: b } }, c))), ["b", "c"]);
        assert_eq!(mentioned(&names, &parse_quote!(select! { a = b, if c => a, else => 1 })), ["b", "c"]);
    }

    #[test]
    fn unique_names_stay_unique() {
        let mut unique = Unique::default();
        let names: Vec<_> = ["x", "x_2", "x", "x", "y"].iter().map(|name| unique.name(name, "_")).collect();
        let set: BTreeSet<_> = names.iter().collect();
        assert_eq!(set.len(), names.len(), "{names:?}");
        assert_eq!(names[0], "x");
    }
}
