//! What the generator says when it refuses: the catalogue of its errors, and the store that collects them.
//!
//! An error is put on the user's own tokens. Its text is made of a catalogue entry and of nothing else, so that each
//! has a code, and says what is wrong, why, and what to write instead:
//!
//! ```text
//! error: an `.await` in a closure [LH0101]
//!        why: ..
//!        instead: ..
//! ```

mod catalogue;

use std::fmt;

use proc_macro2::{Group, Span, TokenStream};
use quote::ToTokens;

pub(crate) use self::catalogue::*;

/// One kind of error of the generator: an entry of its catalogue.
///
/// ```
/// let entry = longhaul_codegen::diagnostics().iter().find(|entry| entry.code == "LH0101").unwrap();
/// assert!(entry.cause.contains("closure") && entry.instead.contains("for x in"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diagnostic {
    /// `LH` and four digits. A code is never used again for something else.
    pub code: &'static str,
    /// What is wrong. `{0}` stands for what is known only at the place.
    pub cause: &'static str,
    /// Why it cannot be.
    pub why: &'static str,
    /// What to write instead.
    pub instead: &'static str,
}

/// All errors of the generator, by code; `docs/DIAGNOSTICS.md` has an example of each.
pub fn diagnostics() -> &'static [Diagnostic] {
    catalogue::ALL
}

impl Diagnostic {
    /// The text, with `values` for `{0}`, `{1}`, and so on.
    pub(crate) fn with(self, values: &[&str]) -> Message {
        let mut text =
            format!("{} [{}]\nwhy: {}\ninstead: {}", self.cause, self.code, self.why, self.instead);
        for (number, value) in values.iter().enumerate() {
            text = text.replace(&format!("{{{number}}}"), value);
        }
        Message(text)
    }

    /// As an error at one place, for parsers.
    pub(crate) fn at(self, span: Span) -> syn::Error {
        self.with(&[]).at(span)
    }
}

/// A text that was made from the catalogue; there is no other way to make one.
#[derive(Debug, Clone)]
pub(crate) struct Message(String);

impl Message {
    pub(crate) fn at(self, span: Span) -> syn::Error {
        syn::Error::new(span, self)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Diagnostic> for Message {
    fn from(entry: Diagnostic) -> Self {
        entry.with(&[])
    }
}

/// Whether an attribute is `#[name]`, by whatever path: `#[longhaul::run]`, too.
pub(crate) fn is_attr(attr: &syn::Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == name)
}

/// Collects errors, so that one build shows all that are independent of each other.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    /// Bodies that do not parse, and why.
    unparsed: Vec<(Group, String)>,
}

impl Errors {
    /// Notes an error on all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Into<Message>) {
        self.found.push(syn::Error::new_spanned(tokens, message.into()));
    }

    /// Notes an error of a parser: one of ours as it is, one of syn's as what does not parse.
    pub(crate) fn push(&mut self, error: syn::Error) {
        for error in error {
            let text = error.to_string();
            let ours = catalogue::ALL.iter().any(|entry| text.contains(&format!("[{}]\n", entry.code)));
            if ours {
                self.found.push(error);
            } else {
                // Its tokens carry the place from its first to its last one.
                let place = error.to_compile_error();
                self.on(place, NOT_RUST.with(&[&text]));
            }
        }
    }

    /// Notes a body that does not parse.
    pub(crate) fn unparsed(&mut self, body: Group, error: &syn::Error) {
        self.unparsed.push((body, NOT_RUST.with(&[&error.to_string()]).0));
    }

    pub(crate) fn len(&self) -> usize {
        self.found.len() + self.unparsed.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The errors as `compile_error!` calls.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens: TokenStream = self.found.iter().map(syn::Error::to_compile_error).collect();
        tokens.extend(self.unparsed.into_iter().map(unparsed));
        tokens
    }
}

/// A body that does not parse, for rustc to say so: the same error as it has shown, so it shows it once.
///
/// Should it be able to parse what we are not, a lint says that, since lints are shown only where there is no error.
fn unparsed((body, text): (Group, String)) -> TokenStream {
    let span = body.span_open();
    let check = quote::quote_spanned!(span=> #[deny(unused_must_use)] unparsed(););
    quote::quote! {
        #[cfg(any())]
        fn unparsed() #body
        const _: () = {
            #[must_use = #text]
            const fn unparsed() -> bool {
                true
            }
            #check
        };
    }
}

/// The body of what stands in for code with errors: should all else compile, the program is not built.
pub(crate) fn unusable() -> TokenStream {
    // Generic, so that it is evaluated in no build that shows the errors themselves.
    quote::quote! {
        const fn unusable<T>() -> ! {
            const { ::core::panic!("there are errors in this item") }
        }
        unusable::<()>()
    }
}

/// One error of a parser, as a `compile_error!` call.
pub(crate) fn refused(error: syn::Error) -> TokenStream {
    let mut errors = Errors::default();
    errors.push(error);
    errors.into_tokens()
}
