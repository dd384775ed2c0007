//! Fields of a variable: which of them some code names, and which it moves away.
use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Ident, Pat, Stmt};

use crate::cfg::{Code, CodeTokens};
use crate::lower::{is_compound_assignment, macro_values, peel};
use crate::names::{bindings, captures};

/// A way into a variable: `["address", "0"]` of `order.address.0`; nothing for all of it.
pub(crate) type Way = Vec<String>;

/// Whether one of two ways leads through the other.
pub(super) fn overlap(one: &Way, other: &Way) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// The fields of `name` that some code names; `None` when it names all of it.
pub(super) fn fields_in(code: &Code, name: &Ident) -> Option<BTreeSet<Way>> {
    let tokens = match &code.tokens {
        // What the pattern binds may have the same name.
        CodeTokens::Stmt(stmt) => match &**stmt {
            Stmt::Local(local) => {
                let init = local.init.as_ref();
                let otherwise = init.and_then(|init| init.diverge.as_ref()).map(|(_, otherwise)| otherwise);
                let value = init.map(|init| &init.expr);
                quote::quote!((#value) #otherwise)
            }
            stmt => stmt.to_token_stream(),
        },
        CodeTokens::Expr(expr) => expr.to_token_stream(),
    };
    fields_of(tokens, &name.to_string())
}

/// The fields of `name` that some tokens name; `None` when they name all of it.
pub(super) fn fields_of(tokens: TokenStream, name: &str) -> Option<BTreeSet<Way>> {
    let (mut found, mut whole) = (BTreeSet::new(), false);
    each_place(tokens, &mut |named, way| {
        if named == name {
            whole |= way.is_empty();
            found.insert(way);
        }
    });
    (!whole).then_some(found)
}

/// Calls `found` with each name in some tokens that is none of a field, and with the way behind it.
fn each_place(tokens: TokenStream, found: &mut impl FnMut(&str, Way)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => each_place(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    for name in captures(&text.value()) {
                        found(&name, Way::new());
                    }
                }
            }
            TokenTree::Ident(ident) if !is_other(&tokens, at) => {
                found(&ident.to_string(), way_behind(&tokens[at + 1..]));
            }
            _ => {}
        }
    }
}

/// The fields that follow a name: those of `.address.0.len()` are `address` and `0`.
fn way_behind(tokens: &[TokenTree]) -> Way {
    let mut way = Way::new();
    let mut rest = tokens;
    while let [TokenTree::Punct(dot), field, behind @ ..] = rest
        && dot.as_char() == '.'
    {
        let is_call = match behind.first() {
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            Some(TokenTree::Punct(punct)) => {
                punct.as_char() == ':' && punct.spacing() == proc_macro2::Spacing::Joint
            }
            _ => false,
        };
        match field {
            TokenTree::Ident(field) if !is_call && field != "await" => way.push(field.to_string()),
            // `pair.0.1` has a number in it.
            TokenTree::Literal(number) => {
                way.extend(number.to_string().split('.').filter(|part| !part.is_empty()).map(str::to_owned));
            }
            _ => break,
        }
        rest = behind;
    }
    way
}

/// Whether an identifier is no variable: a field (`.name`, or `{ name: ..` and `, name: ..` of a literal), or a part of a path.
fn is_other(tokens: &[TokenTree], at: usize) -> bool {
    let punct = |at: Option<usize>, is: char| {
        at.is_some_and(|at| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == is))
    };
    let before = |by: usize| at.checked_sub(by);
    // `..order` is a range, or what the rest of a literal is of.
    if punct(before(1), '.') && !punct(before(2), '.') {
        return true;
    }
    // `orders::order` is a path.
    if punct(before(1), ':') && punct(before(2), ':') || punct(Some(at + 1), ':') && punct(Some(at + 2), ':')
    {
        return true;
    }
    let first = at == 0 || punct(before(1), ',');
    // A closure's parameter looks the same behind a comma.
    let in_closure =
        tokens[..at].iter().any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|'));
    first && !in_closure && punct(Some(at + 1), ':') && !punct(Some(at + 2), ':')
}

/// The field of `name` that a statement assigns, and the value that it gets.
pub(super) fn assigned_in(code: &Code, name: &Ident) -> Option<(Way, Expr)> {
    let CodeTokens::Stmt(stmt) = &code.tokens else { return None };
    let Stmt::Expr(Expr::Assign(assign), _) = &**stmt else { return None };
    let (of, way) = place(&assign.left)?;
    (*name == of && !way.is_empty()).then(|| (way, (*assign.right).clone()))
}

/// Whether some code assigns something within `name`.
pub(super) fn changes_within(code: &Code, name: &str) -> bool {
    struct Changes<'n>(&'n str, bool);
    impl Changes<'_> {
        fn within(&mut self, place: &Expr) {
            match peel(place) {
                Expr::Path(path) => self.1 |= path.path.is_ident(self.0),
                Expr::Field(field) => self.within(&field.base),
                Expr::Index(index) => self.within(&index.expr),
                _ => {}
            }
        }
    }
    impl<'ast> Visit<'ast> for Changes<'_> {
        fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
            self.within(&assign.left);
            visit::visit_expr_assign(self, assign);
        }
        fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
            if is_compound_assignment(&binary.op) {
                self.within(&binary.left);
            }
            visit::visit_expr_binary(self, binary);
        }
    }
    let mut changes = Changes(name, false);
    match &code.tokens {
        CodeTokens::Stmt(stmt) => changes.visit_stmt(stmt),
        CodeTokens::Expr(expr) => changes.visit_expr(expr),
    }
    changes.1
}

/// What some code moves away: the names of variables, and what of each.
pub(super) fn moved_by(code: &Code) -> BTreeSet<(String, Way)> {
    let mut moves = Moves::default();
    match &code.tokens {
        CodeTokens::Stmt(stmt) => moves.visit_stmt(stmt),
        CodeTokens::Expr(expr) => {
            // The test of an `if` moves nothing itself.
            if !matches!(&**expr, Expr::Let(_)) {
                moves.by_value(expr);
            }
            moves.visit_expr(expr);
        }
    }
    moves.0.retain(|(_, way)| !way.is_empty());
    moves.0
}

/// What a pattern moves away of the value that it matches, if that is a place.
pub(super) fn moved_into(pat: &Pat, value: &Expr) -> BTreeSet<(String, Way)> {
    let mut moves = Moves::default();
    moves.pattern(pat, value);
    moves.0
}

/// The place that an expression is: a variable, and the way into it.
pub(super) fn place(expr: &Expr) -> Option<(String, Way)> {
    match peel(expr) {
        Expr::Path(path) => Some((path.path.get_ident()?.to_string(), Way::new())),
        Expr::Field(field) => {
            let (name, mut way) = place(&field.base)?;
            way.push(field.member.to_token_stream().to_string());
            Some((name, way))
        }
        _ => None,
    }
}

/// Methods that take what they are called on, as a rule: those of `Option` and `Result`, and what begins with `into_`.
const TAKING: &[&str] = &[
    "map",
    "map_or",
    "map_or_else",
    "map_err",
    "and",
    "and_then",
    "or",
    "or_else",
    "xor",
    "zip",
    "filter",
    "flatten",
    "ok",
    "err",
    "ok_or",
    "ok_or_else",
    "expect",
    "join",
];

/// Finds the fields that are taken by value.
#[derive(Default)]
struct Moves(BTreeSet<(String, Way)>);

impl Moves {
    fn by_value(&mut self, expr: &Expr) {
        match peel(expr) {
            expr @ Expr::Field(_) => self.0.extend(place(expr)),
            Expr::If(expr) => {
                self.tail(&expr.then_branch);
                if let Some((_, otherwise)) = &expr.else_branch {
                    self.by_value(otherwise);
                }
            }
            Expr::Match(expr) => expr.arms.iter().for_each(|arm| self.by_value(&arm.body)),
            Expr::Block(expr) => self.tail(&expr.block),
            Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => self.by_value(expr),
            _ => {}
        }
    }

    fn tail(&mut self, block: &Block) {
        if let Some(Stmt::Expr(expr, None)) = block.stmts.last() {
            self.by_value(expr);
        }
    }

    fn pattern(&mut self, pat: &Pat, value: &Expr) {
        if let Some((name, way)) = place(value) {
            self.parts(pat, &name, &way);
        }
    }

    fn parts(&mut self, pat: &Pat, name: &str, way: &Way) {
        let within = |part: String| way.iter().cloned().chain([part]).collect::<Way>();
        match pat {
            Pat::Struct(pat) => {
                for field in &pat.fields {
                    self.parts(&field.pat, name, &within(field.member.to_token_stream().to_string()));
                }
            }
            Pat::Tuple(pat) if !pat.elems.iter().any(|elem| matches!(elem, Pat::Rest(_))) => {
                for (number, elem) in pat.elems.iter().enumerate() {
                    self.parts(elem, name, &within(number.to_string()));
                }
            }
            Pat::Type(pat) => self.parts(&pat.pat, name, way),
            Pat::Paren(pat) => self.parts(&pat.pat, name, way),
            Pat::Or(pat) => pat.cases.iter().for_each(|case| self.parts(case, name, way)),
            // Behind a `&`, what is bound is a copy.
            Pat::Reference(_) => {}
            pat => {
                if bindings(pat).iter().any(|binding| binding.by_ref.is_none()) && !way.is_empty() {
                    self.0.insert((name.to_owned(), way.clone()));
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Moves {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Call(call) => call.args.iter().for_each(|arg| self.by_value(arg)),
            Expr::MethodCall(call) => {
                call.args.iter().for_each(|arg| self.by_value(arg));
                let method = call.method.to_string();
                if method.starts_with("into_")
                    || method.starts_with("unwrap")
                    || TAKING.contains(&method.as_str())
                {
                    self.by_value(&call.receiver);
                }
            }
            Expr::Struct(literal) => {
                literal.fields.iter().for_each(|field| self.by_value(&field.expr));
                literal.rest.iter().for_each(|rest| self.by_value(rest));
            }
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.by_value(elem)),
            Expr::Array(array) => array.elems.iter().for_each(|elem| self.by_value(elem)),
            Expr::ForLoop(expr) => self.by_value(&expr.expr),
            Expr::Assign(assign) => self.by_value(&assign.right),
            Expr::Try(expr) => self.by_value(&expr.expr),
            // `order.name + "!"`
            Expr::Binary(expr) if matches!(expr.op, syn::BinOp::Add(_)) => self.by_value(&expr.left),
            Expr::Return(expr) => expr.expr.iter().for_each(|value| self.by_value(value)),
            Expr::Break(expr) => expr.expr.iter().for_each(|value| self.by_value(value)),
            Expr::Closure(closure) if closure.capture.is_some() => {
                each_place(closure.body.to_token_stream(), &mut |name, way| {
                    self.0.insert((name.to_owned(), way));
                });
            }
            Expr::Closure(closure) => self.by_value(&closure.body),
            Expr::Let(binding) => self.pattern(&binding.pat, &binding.expr),
            Expr::Match(expr) => expr.arms.iter().for_each(|arm| self.pattern(&arm.pat, &expr.expr)),
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init {
            match &local.pat {
                Pat::Ident(_) => self.by_value(&init.expr),
                Pat::Type(typed) if matches!(*typed.pat, Pat::Ident(_)) => self.by_value(&init.expr),
                pat => self.pattern(pat, &init.expr),
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.tail(block);
        visit::visit_block(self, block);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let is_vec = mac.path.segments.last().is_some_and(|last| last.ident == "vec");
        for value in macro_values(mac).into_iter().flatten() {
            if is_vec {
                self.by_value(&value);
            }
            Moves::visit_expr(self, &value);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Vars;

    fn code(text: &str) -> Code {
        let tokens = match syn::parse_str::<Stmt>(text) {
            Ok(stmt) => CodeTokens::Stmt(Box::new(stmt)),
            Err(_) => CodeTokens::Expr(Box::new(syn::parse_str(text).expect("an expression"))),
        };
        Code { tokens, uses: Vars::new(), kills: Vars::new(), declares: Vec::new(), exits: Vec::new() }
    }

    fn named(text: &str) -> Option<String> {
        let fields = fields_in(&code(text), &Ident::new("o", proc_macro2::Span::call_site()))?;
        Some(fields.iter().map(|way| way.join(".")).collect::<Vec<_>>().join(" "))
    }

    fn moved(text: &str) -> String {
        let moved = moved_by(&code(text));
        moved.iter().map(|(name, way)| format!("{name}.{}", way.join("."))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn fields_are_named_one_by_one_or_all_at_once() {
        assert_eq!(named("f(o.name, &o.at.0.1, x.o);").as_deref(), Some("at.0.1 name"));
        assert_eq!(named("let o = o.items.len();").as_deref(), Some("items"));
        assert_eq!(named("println!(\"{}\", o.id);").as_deref(), Some("id"));
        assert_eq!(named("a::o(o.b, x::<o::O>());").as_deref(), Some("b"));
        assert_eq!(named("P { o: 1, x: o.a::<T>() }"), None);
        for whole in
            ["f(&o);", "o.total();", "println!(\"{o:?}\");", "P { x: 1, ..o }", "let P { a, .. } = o;"]
        {
            assert_eq!(named(whole), None, "{whole}");
        }
    }

    #[test]
    fn what_is_taken_by_value_is_moved() {
        assert_eq!(moved("f(o.name, &o.id);"), "o.name");
        assert_eq!(moved("let x = if c { o.a } else { match d { _ => o.b.0 } };"), "o.a o.b.0");
        assert_eq!(moved("let P { a, b: Some(ref c), d: Q { e, .. }, .. } = o;"), "o.a o.d.e");
        assert_eq!(moved("let (a, _, Some(b)) = o.pair else { return };"), "o.pair.0 o.pair.2");
        assert_eq!(moved("if let Some(x) = o.note { g(x) }"), "o.note");
        assert_eq!(moved("let f = move || format!(\"{}\", o.name);"), "o.name");
        assert_eq!(moved("o.list.iter().map(|x| x.a.len());"), "");
        assert_eq!(moved("let x = (o.id == 3, o.note.is_some(), o.note.map(f), vec![o.v]);"), "o.note o.v");
    }
}
