//! Macros.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Macro, Pat, Token};

use super::concurrent::select_arms;
use super::{Env, Eval, Evaluated, Program, bug};
use crate::value::{Place, Value};

impl Program {
    pub(crate) fn macro_value<'a>(&'a self, env: &'a mut Env, mac: &'a Macro) -> Eval<'a> {
        Box::pin(async move {
            let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            match name.as_str() {
                "format" => Ok(Value::Text(self.format(env, mac.tokens.clone()).await?)),
                "vec" => self.vec(env, mac.tokens.clone()).await,
                "matches" => {
                    let parser = |input: ParseStream<'_>| {
                        let value: Expr = input.parse()?;
                        input.parse::<Token![,]>()?;
                        let pat = Pat::parse_multi(input)?;
                        let guard: Option<Expr> = match input.parse::<Option<Token![if]>>()? {
                            Some(_) => Some(input.parse()?),
                            None => None,
                        };
                        Ok((value, pat, guard))
                    };
                    let (value, pat, guard) = parsed(parser, mac.tokens.clone())?;
                    let place = self.place(env, &value).await?;
                    let mark = env.len();
                    let matches = self.guarded(env, &pat, guard.as_ref(), &place);
                    env.truncate(mark);
                    Ok(Value::Bool(matches?))
                }
                "assert" => {
                    let exprs = parsed(expressions, mac.tokens.clone())?;
                    match self.value(env, &exprs[0]).await? {
                        Value::Bool(true) => Ok(Value::unit()),
                        _ => bug("an assertion failed"),
                    }
                }
                "unreachable" => bug("what is not to be reached is reached"),
                "join" | "try_join" => self.join(env, mac.tokens.clone(), name == "try_join").await,
                "select" => self.select(env, mac.tokens.clone()).await,
                "receiver" | "shown" | "compared" | "as_it_was" | "called" | "lent" => {
                    self.lowered_macro(env, &name, mac.tokens.clone()).await
                }
                name => bug(format!("there is no macro {name}")),
            }
        })
    }

    async fn vec(&self, env: &mut Env, tokens: TokenStream) -> Evaluated {
        let has_count = tokens
            .clone()
            .into_iter()
            .any(|token| matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';'));
        if has_count {
            let parser = |input: ParseStream<'_>| {
                let item: Expr = input.parse()?;
                input.parse::<Token![;]>()?;
                Ok((item, input.parse::<Expr>()?))
            };
            let (item, count) = parsed(parser, tokens)?;
            let item = self.value(env, &item).await?;
            let Value::Int(count) = self.value(env, &count).await? else {
                return bug("a count that is none");
            };
            return Ok(Value::List(vec![item; usize::try_from(count).unwrap_or(0)]));
        }
        let exprs = parsed(expressions, tokens)?;
        Ok(Value::List(self.values(env, &exprs).await?))
    }

    async fn format(&self, env: &mut Env, tokens: TokenStream) -> Evaluated<String> {
        let exprs = parsed(expressions, tokens)?;
        let Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = exprs.first() else {
            return bug("a format that is no text");
        };
        let mut arguments: Vec<(String, Value)> = Vec::new();
        for (number, argument) in exprs[1..].iter().enumerate() {
            let (name, argument) = match argument {
                Expr::Assign(assign) => match &*assign.left {
                    Expr::Path(path) => (path.path.segments[0].ident.to_string(), &*assign.right),
                    _ => return bug("a format argument without a name"),
                },
                argument => (number.to_string(), argument),
            };
            arguments.push((name, self.borrowed(env, argument).await?));
        }
        let (mut shown, mut next) = (String::new(), 0);
        let text = text.value();
        let mut pieces = text.split('{');
        shown.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let Some((inside, after)) = piece.split_once('}') else { return bug("a format without an end") };
            let (name, debug) = match inside.split_once(':') {
                Some((name, "?")) => (name, true),
                Some(_) => return bug("a format we do not know"),
                None => (inside, false),
            };
            let name = if name.is_empty() {
                next += 1;
                (next - 1).to_string()
            } else {
                name.to_owned()
            };
            let given = arguments.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            let captured = || env.lookup(&name).map(|cell| Value::Borrow(Place::whole(cell.clone())));
            let Some(value) = given.or_else(captured).and_then(|value| value.target()) else {
                return bug(format!("a format's {name} is not there"));
            };
            shown.push_str(&if debug { value.debug() } else { value.to_string() });
            shown.push_str(after);
        }
        Ok(shown)
    }
}

/// The expressions in a call of a macro, as far as it takes any.
pub(crate) fn macro_arguments(mac: &Macro) -> Vec<Expr> {
    if mac.path.is_ident("select") {
        let Ok((arms, otherwise)) = select_arms.parse2(mac.tokens.clone()) else { return Vec::new() };
        let of_arms =
            arms.into_iter().flat_map(|arm| arm.guard.into_iter().chain([arm.awaitable, arm.handler]));
        return of_arms.chain(otherwise).collect();
    }
    if let Ok(values) = expressions.parse2(mac.tokens.clone()) {
        return values;
    }
    // `value; count` and `value, pattern`
    let first = |input: ParseStream<'_>| {
        let value: Expr = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(value)
    };
    first.parse2(mac.tokens.clone()).into_iter().collect()
}

pub(crate) fn expressions(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let exprs = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated(input)?;
    Ok(exprs.into_iter().collect())
}

pub(crate) fn parsed<T>(parser: impl Parser<Output = T>, tokens: TokenStream) -> Evaluated<T> {
    parser.parse2(tokens).or_else(|error| bug(error.to_string()))
}
