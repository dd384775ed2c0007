//! Macros whose arguments may await, or leave the body: those of the standard library that evaluate each
//! argument once, in order.
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, Macro, Token};

use super::Lower;
use super::find::{expr_awaits, is_concurrent};
use super::given::name_in_tokens;
use super::operands::Mode;
use crate::diag;

/// Macros that take expressions, with commas between, and only borrow their values.
const BORROWING: &[&str] = &[
    "format",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "todo",
    "unimplemented",
    "unreachable",
    "format_args",
];

/// A macro's arguments, taken apart.
pub(super) struct Arguments {
    values: Vec<Expr>,
    mode: Mode,
    /// `;` for `vec![x; n]`.
    semicolon: bool,
    /// What follows the arguments and is no expression: the pattern of `matches!`.
    rest: TokenStream,
}

impl Arguments {
    /// The arguments of a macro that is known to evaluate each once, in order.
    pub(super) fn parse(mac: &Macro) -> Option<Self> {
        let name = mac.path.segments.last()?.ident.to_string();
        // `dbg!` is none of these: it moves.
        if !["matches", "vec"].contains(&name.as_str()) && !BORROWING.contains(&name.as_str()) {
            return None;
        }
        let parser = |input: ParseStream<'_>| -> syn::Result<Self> {
            let mut arguments = Arguments {
                values: Vec::new(),
                mode: Mode::Place,
                semicolon: false,
                rest: TokenStream::new(),
            };
            match name.as_str() {
                "matches" => {
                    arguments.values.push(input.parse()?);
                    input.parse::<Token![,]>()?;
                    arguments.rest = input.parse()?;
                    return Ok(arguments);
                }
                "vec" => arguments.mode = Mode::Value,
                _ => {}
            }
            while !input.is_empty() {
                arguments.values.push(Expr::parse(input)?);
                if input.peek(Token![;]) {
                    input.parse::<Token![;]>()?;
                    arguments.semicolon = true;
                } else if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(arguments)
        };
        parser.parse2(mac.tokens.clone()).ok()
    }

    /// The expressions; of `name = value` the value.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.values.iter_mut().map(|value| match value {
            Expr::Assign(assign) => &mut *assign.right,
            value => value,
        })
    }

    pub(super) fn to_tokens(&self) -> TokenStream {
        let Arguments { values, rest, .. } = self;
        if self.semicolon {
            return quote!(#(#values);*);
        }
        if !rest.is_empty() {
            return quote!(#(#values,)* #rest);
        }
        quote!(#(#values),*)
    }
}

/// The values that a macro takes, one of those that evaluate each once; none where it is another, or takes more than that.
pub(crate) fn macro_values(mac: &Macro) -> Option<Vec<Expr>> {
    let mut arguments = Arguments::parse(mac).filter(|arguments| arguments.rest.is_empty())?;
    Some(arguments.values_mut().map(|value| value.clone()).collect())
}

/// How many of a macro's arguments are evaluated whatever happens: the message of an assertion is not.
fn always_evaluated(mac: &Macro) -> usize {
    match mac.path.segments.last().map(|last| last.ident.to_string()).as_deref() {
        Some("assert") => 1,
        Some("assert_eq" | "assert_ne") => 2,
        Some("debug_assert" | "debug_assert_eq" | "debug_assert_ne") => 0,
        _ => usize::MAX,
    }
}

impl Lower<'_, '_> {
    /// A macro with an await in it.
    pub(super) fn macro_expr(&mut self, expr: &syn::ExprMacro) -> Expr {
        let mut mac = expr.mac.clone();
        if is_concurrent(&mac) {
            return self.concurrent_macro(&mac);
        }
        let Some(mut arguments) = Arguments::parse(&mac) else {
            self.errors.on(&mac, diag::AWAIT_IN_MACRO);
            return syn::parse_quote!(::core::unreachable!());
        };
        if let Some(value) =
            arguments.values_mut().skip(always_evaluated(&mac)).find(|value| expr_awaits(value))
        {
            self.errors.on(value, diag::AWAIT_IN_MACRO);
            return syn::parse_quote!(::core::unreachable!());
        }
        if let Some(name) = name_in_tokens(mac.tokens.clone()) {
            self.errors.on(name, diag::STATE_PLACE);
        }
        let mode = arguments.mode;
        self.operands(arguments.values_mut().map(|value| (value, mode)).collect());
        mac.tokens = arguments.to_tokens().to_token_stream();
        Expr::Macro(syn::ExprMacro { attrs: expr.attrs.clone(), mac })
    }
}
