//! Programs as plain async Rust, where blocks and calls that are values say so: a machine makes tasks of them, and the
//! oracle that compiles programs plays the same with `block(..)`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, Token};

use crate::run::implementation;

/// The source of a program, for `longhaul_generated::plain`.
///
/// # Panics
///
/// When it is no impl.
pub fn source(source: &str) -> String {
    let mut file = syn::parse_file(source).expect("a program is Rust");
    let item = implementation(&file);
    let methods = item.items.iter().filter_map(|item| match item {
        syn::ImplItem::Fn(function) if function.sig.asyncness.is_some() => {
            Some(function.sig.ident.to_string())
        }
        _ => None,
    });
    let mut plain = Plain { methods: methods.collect() };
    plain.visit_file_mut(&mut file);
    let items = file.items.into_iter().map(|item| match item {
        syn::Item::Fn(function) => self::function(&function),
        item => quote!(#item),
    });
    items.collect::<TokenStream>().to_string()
}

/// A function marked `#[workflow]`: a call of it is a future that keeps its own tasks.
fn function(function: &syn::ItemFn) -> TokenStream {
    let syn::ItemFn { vis, sig, block, .. } = function;
    let (mut outer, mut within, name) = (sig.clone(), sig.clone(), &sig.ident);
    within.ident = syn::parse_quote!(body);
    let mut arguments = Vec::new();
    for input in &mut outer.inputs {
        let syn::FnArg::Typed(input) = input else { unreachable!("it has no `self`") };
        if let syn::Type::Reference(reference) = &mut *input.ty {
            reference.lifetime.get_or_insert(syn::parse_quote!('a));
        }
        if let Pat::Ident(name) = &mut *input.pat {
            name.mutability = None;
            arguments.push(name.ident.clone());
        }
    }
    let inputs = outer.inputs;
    let output = match &sig.output {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, ty) => quote!(#ty),
    };
    quote! {
        #vis fn #name<'a>(#inputs) -> Function<'a, #output> {
            #within #block
            Function::new(body(#(#arguments),*))
        }
    }
}

struct Plain {
    /// The async methods.
    methods: BTreeSet<String>,
}

/// An expression without what does not matter to what it is.
fn peeled(expr: &mut Expr) -> &mut Expr {
    let is_boxed = matches!(&*expr, Expr::Call(call) if is_called(&call.func, "pin"));
    match expr {
        Expr::Paren(inner) => peeled(&mut inner.expr),
        Expr::Call(_) if is_boxed => {
            let Expr::Call(call) = expr else { unreachable!("it is a call") };
            peeled(&mut call.args[0])
        }
        expr => expr,
    }
}

fn moves(expr: &Expr) -> bool {
    matches!(expr, Expr::Async(block) if block.capture.is_some())
}

fn is_called(function: &Expr, name: &str) -> bool {
    matches!(function, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

impl Plain {
    fn is_own_call(&self, expr: &Expr) -> bool {
        match expr {
            Expr::MethodCall(call) => {
                matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self"))
                    && self.methods.contains(&call.method.to_string())
            }
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => {
                    path.path.segments.len() == 2
                        && path.path.segments[0].ident == "Self"
                        && self.methods.contains(&path.path.segments[1].ident.to_string())
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// What is awaited or spawned where it stands.
    fn in_place(&mut self, expr: &mut Expr) {
        let inner = peeled(expr);
        if self.is_own_call(inner) || matches!(inner, Expr::Async(_)) {
            visit_mut::visit_expr_mut(self, inner);
        } else {
            self.visit_expr_mut(inner);
        }
    }

    fn tokens(&mut self, name: &str, tokens: TokenStream) -> TokenStream {
        let (vec, mut in_place) = (name == "vec", matches!(name, "join" | "try_join"));
        if name == "select" {
            let arms = parse_arms.parse2(tokens).expect("a `select!` has arms");
            let arms = arms.into_iter().map(|arm| self.arm(arm));
            return arms.collect();
        }
        if name == "matches" {
            let parser = |input: ParseStream<'_>| {
                Ok((input.parse::<Expr>()?, input.parse::<Token![,]>()?, input.parse::<TokenStream>()?))
            };
            let (mut value, _, rest) = parser.parse2(tokens).expect("`matches!` takes a value");
            self.visit_expr_mut(&mut value);
            return quote!(#value, #rest);
        }
        let parser = |input: ParseStream<'_>| {
            let (mut values, mut semicolon) = (Vec::new(), false);
            while !input.is_empty() {
                values.push(Expr::parse(input)?);
                if input.parse::<Option<Token![;]>>()?.is_some() {
                    semicolon = true;
                } else if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok((values, semicolon))
        };
        let (mut values, semicolon) = parser.parse2(tokens).expect("a macro takes values");
        in_place &= !vec;
        for value in &mut values {
            match value {
                Expr::Assign(assign) => self.visit_expr_mut(&mut assign.right),
                value if in_place => self.in_place(value),
                value => self.visit_expr_mut(value),
            }
        }
        if semicolon { quote!(#(#values);*) } else { quote!(#(#values),*) }
    }

    fn arm(&mut self, arm: Arm) -> TokenStream {
        let Arm { pat, mut awaitable, mut guard, mut handler } = arm;
        if let Some(awaitable) = &mut awaitable {
            self.in_place(awaitable);
        }
        if let Some(guard) = &mut guard {
            self.visit_expr_mut(guard);
        }
        self.visit_expr_mut(&mut handler);
        let guard = guard.map(|guard| quote!(, if #guard));
        if awaitable.is_none() {
            return quote!(else => #handler,);
        }
        quote!(#pat = #awaitable #guard => #handler,)
    }
}

impl VisitMut for Plain {
    fn visit_pat_type_mut(&mut self, argument: &mut syn::PatType) {
        if let syn::Type::Reference(reference) = &mut *argument.ty
            && matches!(&*argument.pat, Pat::Ident(name) if name.ident == "ctx")
        {
            reference.lifetime = Some(syn::parse_quote!('static));
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Await(operand) => self.in_place(&mut operand.base),
            Expr::MethodCall(call) if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("ctx")) =>
            {
                let in_place = call.method == "spawn" || call.method == "scope" || call.method == "run";
                for argument in &mut call.args {
                    if in_place {
                        self.in_place(argument);
                    } else {
                        self.visit_expr_mut(argument);
                    }
                }
            }
            Expr::Call(call) if is_called(&call.func, "timeout") || is_called(&call.func, "shield") => {
                call.args.iter_mut().for_each(|argument| self.in_place(argument));
            }
            expr if self.is_own_call(expr) || moves(expr) => {
                visit_mut::visit_expr_mut(self, expr);
                *expr = syn::parse_quote!(block(#expr));
            }
            expr => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        mac.tokens = self.tokens(&name, std::mem::take(&mut mac.tokens));
    }
}

/// A branch of a `select!`; without an awaitable its `else`.
struct Arm {
    pat: Option<Pat>,
    awaitable: Option<Expr>,
    guard: Option<Expr>,
    handler: Expr,
}

fn parse_arms(input: ParseStream<'_>) -> syn::Result<Vec<Arm>> {
    let mut arms = Vec::new();
    while !input.is_empty() {
        let (mut pat, mut awaitable, mut guard) = (None, None, None);
        if input.parse::<Option<Token![else]>>()?.is_none() {
            pat = Some(Pat::parse_multi(input)?);
            input.parse::<Token![=]>()?;
            awaitable = Some(input.parse()?);
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                guard = Some(input.parse()?);
            }
        }
        input.parse::<Token![=>]>()?;
        let handler = if input.peek(syn::token::Brace) {
            Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: input.parse()? })
        } else {
            input.parse()?
        };
        input.parse::<Option<Token![,]>>()?;
        arms.push(Arm { pat, awaitable, guard, handler });
    }
    Ok(arms)
}
