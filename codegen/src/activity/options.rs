//! What stands in `#[activity(..)]`.
use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Token;
use syn::parse::{Parse, ParseStream};

use crate::diag;

pub(super) const OPTIONS: &str = "there are `start_to_close = \"10s\"` and `retry(initial = \"200ms\", coefficient = 2.0, max_interval = \"1m\", max_attempts = 5)`";

/// What stands in `#[activity(..)]`.
#[derive(Default)]
pub(super) struct Options {
    start_to_close: Option<Duration>,
    initial: Option<Duration>,
    coefficient: Option<f64>,
    max_interval: Option<Duration>,
    max_attempts: Option<u32>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            with_value(&name, input, name == "retry")?;
            match name.to_string().as_str() {
                "start_to_close" => options.start_to_close = Some(duration(input)?),
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
        Ok(options)
    }
}

impl Options {
    fn retry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            with_value(&name, input, false)?;
            match name.to_string().as_str() {
                "initial" => self.initial = Some(duration(input)?),
                "max_interval" => self.max_interval = Some(duration(input)?),
                "coefficient" => {
                    input.parse::<Token![=]>()?;
                    let literal: syn::Lit = input.parse()?;
                    let number = match &literal {
                        syn::Lit::Float(float) => float.base10_parse::<f64>()?,
                        syn::Lit::Int(int) => int.base10_parse::<f64>()?,
                        other => return Err(diag::OPTION_NUMBER.at(other.span())),
                    };
                    if number < 1.0 {
                        return Err(diag::OPTION_COEFFICIENT.at(literal.span()));
                    }
                    self.coefficient = Some(number);
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
        if let Some(limit) = self.start_to_close.map(duration) {
            set.extend(quote!(options.start_to_close = #limit;));
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
