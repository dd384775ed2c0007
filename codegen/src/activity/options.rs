//! What stands in `#[activity(..)]`.
use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Pat, Token};

use crate::diag;

pub(super) const OPTIONS: &str = "there are `start_to_close = \"10s\"`, `schedule_to_close`, `schedule_to_start` and `heartbeat` (each a time), `retry(initial = \"200ms\", coefficient = 2.0, max_interval = \"1m\", max_attempts = 5, jitter = 0.2)`, `fatal(PATTERN)`, `cancellation = TryCancel`, `WaitCompleted` or `Abandon`, and `max_concurrent = 10`";

/// A time, and where it stands.
#[derive(Clone, Copy)]
struct Limit {
    time: Duration,
    span: Span,
}

/// What stands in `#[activity(..)]`.
#[derive(Default)]
pub(super) struct Options {
    start_to_close: Option<Limit>,
    schedule_to_close: Option<Limit>,
    schedule_to_start: Option<Limit>,
    heartbeat: Option<Limit>,
    cancellation: Option<Ident>,
    max_concurrent: Option<usize>,
    /// The errors that are not tried again: a pattern, and its guard.
    fatal: Option<(Pat, Option<Expr>)>,
    initial: Option<Duration>,
    coefficient: Option<f64>,
    max_interval: Option<Duration>,
    max_attempts: Option<u32>,
    jitter: Option<f64>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            with_value(&name, input, name == "retry" || name == "fatal")?;
            match name.to_string().as_str() {
                "start_to_close" => options.start_to_close = Some(limit(input)?),
                "schedule_to_close" => options.schedule_to_close = Some(limit(input)?),
                "schedule_to_start" => options.schedule_to_start = Some(limit(input)?),
                "heartbeat" => options.heartbeat = Some(limit(input)?),
                "cancellation" => options.cancellation = Some(cancellation(input)?),
                "max_concurrent" => {
                    input.parse::<Token![=]>()?;
                    let literal: syn::LitInt = input.parse()?;
                    options.max_concurrent = Some(literal.base10_parse::<usize>()?);
                    if options.max_concurrent == Some(0) {
                        return Err(diag::OPTION_CONCURRENT.at(literal.span()));
                    }
                }
                "fatal" => {
                    let inner;
                    syn::parenthesized!(inner in input);
                    let pat = Pat::parse_multi_with_leading_vert(&inner)?;
                    let guard = if inner.parse::<Option<Token![if]>>()?.is_some() {
                        Some(inner.parse()?)
                    } else {
                        None
                    };
                    options.fatal = Some((pat, guard));
                }
                "retry" => {
                    let inner;
                    syn::parenthesized!(inner in input);
                    options.retry(&inner)?;
                }
                other => return Err(diag::unknown_option(other, OPTIONS).at(name.span())),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        options.check()?;
        Ok(options)
    }
}

impl Options {
    /// A timeout within another one is no longer than that.
    fn check(&self) -> syn::Result<()> {
        let within = [
            (("start_to_close", self.start_to_close), ("schedule_to_close", self.schedule_to_close)),
            (("schedule_to_start", self.schedule_to_start), ("schedule_to_close", self.schedule_to_close)),
            (("heartbeat", self.heartbeat), ("start_to_close", self.start_to_close)),
            (("heartbeat", self.heartbeat), ("schedule_to_close", self.schedule_to_close)),
        ];
        for ((inner, short), (outer, long)) in within {
            if let (Some(short), Some(long)) = (short, long)
                && short.time > long.time
            {
                return Err(diag::OPTION_TIMEOUTS.with(&[inner, outer]).at(short.span));
            }
        }
        Ok(())
    }

    /// The body of `Activity::retry`, of an error called `error`.
    pub(super) fn retry_tokens(&self) -> TokenStream {
        let fatal = self.fatal.as_ref().map(|(pat, guard)| {
            let guard = guard.as_ref().map(|guard| quote!(if #guard));
            quote! {
                #[allow(unused_variables)]
                if ::core::matches!(error, #pat #guard) {
                    return ::longhaul::activity::Retry::Never;
                }
            }
        });
        quote! {
            #[allow(unused_imports)]
            use ::longhaul::activity::RetryByPolicy as _;
            #fatal
            ::longhaul::activity::AskRetry(error).ask()
        }
    }

    fn retry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            with_value(&name, input, false)?;
            match name.to_string().as_str() {
                "initial" => self.initial = Some(duration(input)?),
                "max_interval" => self.max_interval = Some(duration(input)?),
                "coefficient" => {
                    let (number, span) = number(input)?;
                    if number < 1.0 {
                        return Err(diag::OPTION_COEFFICIENT.at(span));
                    }
                    self.coefficient = Some(number);
                }
                "jitter" => {
                    let (number, span) = number(input)?;
                    if number > 1.0 {
                        return Err(diag::OPTION_JITTER.at(span));
                    }
                    self.jitter = Some(number);
                }
                "max_attempts" => {
                    input.parse::<Token![=]>()?;
                    let literal: syn::LitInt = input.parse()?;
                    let attempts = literal.base10_parse::<u32>()?;
                    if attempts == 0 {
                        return Err(diag::OPTION_ATTEMPTS.at(literal.span()));
                    }
                    self.max_attempts = Some(attempts);
                }
                other => return Err(diag::unknown_option(other, OPTIONS).at(name.span())),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    pub(super) fn tokens(&self) -> TokenStream {
        let duration = |duration: Duration| {
            let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote!(::core::time::Duration::new(#secs, #nanos))
        };
        let mut set = TokenStream::new();
        if let Some(limit) = self.start_to_close {
            let limit = duration(limit.time);
            set.extend(quote!(options.start_to_close = #limit;));
        }
        let limits = [
            ("schedule_to_close", self.schedule_to_close),
            ("schedule_to_start", self.schedule_to_start),
            ("heartbeat", self.heartbeat),
        ];
        for (name, limit) in limits {
            if let Some(limit) = limit {
                let (name, limit) = (Ident::new(name, Span::call_site()), duration(limit.time));
                set.extend(quote!(options.#name = ::core::option::Option::Some(#limit);));
            }
        }
        if let Some(cancellation) = &self.cancellation {
            set.extend(quote!(options.cancellation = ::longhaul::activity::Cancellation::#cancellation;));
        }
        if let Some(max) = self.max_concurrent {
            set.extend(quote!(options.max_concurrent = ::core::option::Option::Some(#max);));
        }
        if let Some(initial) = self.initial.map(duration) {
            set.extend(quote!(options.retry.initial = #initial;));
        }
        if let Some(coefficient) = self.coefficient {
            set.extend(quote!(options.retry.coefficient = #coefficient;));
        }
        if let Some(max) = self.max_interval.map(duration) {
            set.extend(quote!(options.retry.max_interval = ::core::option::Option::Some(#max);));
        }
        if let Some(jitter) = self.jitter {
            set.extend(quote!(options.retry.jitter = #jitter;));
        }
        if let Some(max) = self.max_attempts {
            set.extend(quote!(options.retry.max_attempts = ::core::option::Option::Some(#max);));
        }
        quote! {
            #[allow(unused_mut)]
            let mut options = <::longhaul::ActivityOptions as ::core::default::Default>::default();
            #set
            options
        }
    }
}

/// Sees to it that a value follows, or a list.
pub(super) fn with_value(name: &Ident, input: ParseStream<'_>, list: bool) -> syn::Result<()> {
    let good = if list { input.peek(syn::token::Paren) } else { input.peek(Token![=]) };
    if good { Ok(()) } else { Err(diag::OPTION_VALUE.with(&[&name.to_string(), OPTIONS]).at(name.span())) }
}

/// `= "10s"`: a whole number and a unit.
pub(super) fn duration(input: ParseStream<'_>) -> syn::Result<Duration> {
    input.parse::<Token![=]>()?;
    let literal: syn::LitStr = input.parse()?;
    parse_duration(&literal.value()).ok_or_else(|| diag::OPTION_DURATION.at(literal.span()))
}

fn limit(input: ParseStream<'_>) -> syn::Result<Limit> {
    let ahead = input.fork();
    let span = match ahead.parse::<Token![=]>().and_then(|_| ahead.parse::<syn::LitStr>()) {
        Ok(literal) => literal.span(),
        // What is wrong is said by the parse below.
        Err(_) => input.span(),
    };
    Ok(Limit { time: duration(input)?, span })
}

fn cancellation(input: ParseStream<'_>) -> syn::Result<Ident> {
    input.parse::<Token![=]>()?;
    let name: Ident = input.parse()?;
    let known = ["TryCancel", "WaitCompleted", "Abandon"].iter().any(|known| name == known);
    if known { Ok(name) } else { Err(diag::OPTION_CANCELLATION.at(name.span())) }
}

pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok().filter(|number| *number > 0)?;
    let seconds = match text[digits..].trim() {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => number,
        "m" => number.checked_mul(60)?,
        "h" => number.checked_mul(3_600)?,
        "d" => number.checked_mul(86_400)?,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

/// `= 2.0`, and where the number stands.
fn number(input: ParseStream<'_>) -> syn::Result<(f64, proc_macro2::Span)> {
    input.parse::<Token![=]>()?;
    let literal: syn::Lit = input.parse()?;
    let number = match &literal {
        syn::Lit::Float(float) => float.base10_parse::<f64>()?,
        syn::Lit::Int(int) => int.base10_parse::<f64>()?,
        other => return Err(diag::OPTION_NUMBER.at(other.span())),
    };
    Ok((number, literal.span()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        assert_eq!(parse_duration("200ms"), Some(Duration::from_millis(200)));
        assert_eq!(parse_duration("2 h"), Some(Duration::from_hours(2)));
        for bad in ["", "10", "s", "0s", "-1s", "1.5s", "3 weeks", "99999999999999999999s", "ä"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
