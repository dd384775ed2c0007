//! How deep the tokens of an item are nested, found before they are parsed.
//!
//! The parser and the passes after it call themselves for what is nested, and so does rustc: ten thousand parentheses in each
//! other would end the compiler with an overflow of its stack. Not only groups nest: `!!!x`, `a.b().c()`, `a + b + c`,
//! `if .. else if ..` and `Box<Box<..>>` do. What a token may cost was measured in builds without optimisation, where frames
//! are largest; `tests/depth.rs` holds it against a stack of 2 MiB.
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use quote::quote;

use crate::diag::{self, Errors};

/// The stack that one piece of code may need, in KiB.
const BUDGET: usize = 1_700;

/// What the item around a body needs, in KiB.
const AROUND: usize = 120;

/// Takes out the bodies that are nested too deeply, and gives an error for each. `None` if the depth is elsewhere.
pub(crate) fn cut(item: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    if too_deep(&item).is_none() {
        return Some(item);
    }
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let is_function = tokens.iter().any(|token| is_word(token, "fn"));
    if let Some(TokenTree::Group(last)) = tokens.last_mut() {
        if is_function {
            cut_body(last, errors);
        } else {
            let items = last.stream().into_iter().map(|mut token| {
                if let TokenTree::Group(body) = &mut token {
                    cut_body(body, errors);
                }
                token
            });
            *last = with(last, items.collect());
        }
    }
    let item: TokenStream = tokens.into_iter().collect();
    match too_deep(&item) {
        None => Some(item),
        Some(span) => {
            errors.push(diag::TOO_DEEP.at(span));
            None
        }
    }
}

/// Exchanges a body that is nested too deeply for one that never ends.
fn cut_body(body: &mut Group, errors: &mut Errors) {
    if body.delimiter() != Delimiter::Brace {
        return;
    }
    if let Some(span) = deeper(&body.stream(), BUDGET - AROUND) {
        errors.push(diag::TOO_DEEP.at(span));
        // What it would have used is not unused.
        *body = with(body, quote!(#![allow(unused_variables)] loop {}));
    }
}

fn with(group: &Group, stream: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), stream);
    new.set_span(group.span());
    new
}

/// Where tokens are nested too deeply, if anywhere.
pub(crate) fn too_deep(tokens: &TokenStream) -> Option<Span> {
    deeper(tokens, BUDGET)
}

/// Where tokens are nested so deeply that more than `budget` KiB of stack might be needed, if anywhere.
fn deeper(tokens: &TokenStream, budget: usize) -> Option<Span> {
    // No recursion here, of all places.
    let mut todo = vec![(tokens.clone(), 0)];
    while let Some((tokens, around)) = todo.pop() {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut run = Run::default();
        for (at, token) in tokens.iter().enumerate() {
            run.take(&tokens, at);
            let mut depth = around + run.depth();
            if let TokenTree::Group(group) = token {
                depth += cost(group, at.checked_sub(1).map(|before| &tokens[before]));
                todo.push((group.stream(), depth));
            }
            if depth > budget {
                return Some(token.span());
            }
        }
    }
    None
}

/// What a group may cost by what stands before it: arguments are less than a tuple, which may be one of types.
fn cost(group: &Group, before: Option<&TokenTree>) -> usize {
    let of_arguments = match before {
        Some(TokenTree::Ident(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), '!' | '>'),
        _ => false,
    };
    match group.delimiter() {
        Delimiter::Brace => 34,
        _ if of_arguments => 21,
        _ => 42,
    }
}

/// What the tokens so far of one expression, type or pattern cost: each may be an operator around all that follows, or
/// around all that was before.
#[derive(Default)]
struct Run {
    /// Since the last comma.
    chain: usize,
    /// Of what goes on behind commas, too: closures and types.
    heavy: usize,
    /// How many `<` are open.
    angles: usize,
    /// How many `&` stand side by side.
    references: usize,
}

impl Run {
    fn depth(&self) -> usize {
        self.chain + self.heavy + self.angles * 70
    }

    fn take(&mut self, tokens: &[TokenTree], at: usize) {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        if ends_with_brace(before) && begins_statement(&tokens[at]) {
            *self = Run::default();
        }
        match &tokens[at] {
            TokenTree::Ident(word) => {
                let after_star = is_punct(before, '*');
                match word.to_string().as_str() {
                    "fn" => self.heavy += 48,
                    "const" | "mut" if after_star => self.heavy += 44,
                    "move" | "static" => self.heavy += 19,
                    "return" | "break" | "let" | "yield" => self.chain += 14,
                    "else" | "as" => self.chain += 5,
                    "await" => self.chain += 3,
                    _ => {}
                }
                if word != "mut" {
                    self.references = 0;
                }
            }
            TokenTree::Punct(punct) => self.punct(punct, tokens, at),
            TokenTree::Group(group) => {
                // `f()()`, `x[0][0]`
                self.chain += if group.delimiter() == Delimiter::Brace { 0 } else { 5 };
                self.references = 0;
            }
            TokenTree::Literal(_) => self.references = 0,
        }
    }

    fn punct(&mut self, punct: &proc_macro2::Punct, tokens: &[TokenTree], at: usize) {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let sign = punct.as_char();
        match sign {
            ';' => *self = Run::default(),
            ',' => self.chain = 0,
            '&' => {
                self.references += 1;
                self.chain += 5;
                if self.references > 3 {
                    self.heavy += 44;
                }
                // `a < b && c < d`, but not `A<&&B>`.
                if is_punct(before, '&') && at > 1 && !is_punct(Some(&tokens[at - 2]), '<') {
                    self.angles = 0;
                }
                return;
            }
            '\'' => return,
            '|' => {
                self.chain += 5;
                // `|a| |b| c`, `|| || c`; but not `a || b`.
                let doubled = is_punct(before, '|');
                if doubled {
                    let joint =
                        matches!(before, Some(TokenTree::Punct(first)) if first.spacing() == Spacing::Joint);
                    let is_or = joint && at > 1 && is_operand(&tokens[at - 2]);
                    if is_or {
                        self.angles = 0;
                    } else {
                        self.heavy += 19;
                    }
                }
            }
            '<' => self.angles += usize::from(opens(tokens, at)),
            '>' if is_punct(before, '=') => {
                if joint(before) {
                    *self = Run::default();
                }
            }
            '>' if is_punct(before, '-') => {}
            '>' => self.angles = self.angles.saturating_sub(1),
            '?' => self.chain += 20,
            '=' if !matches!(before, Some(TokenTree::Punct(_))) => self.chain += 10,
            ':' | '#' => {}
            _ => self.chain += 5,
        }
        self.references = 0;
    }
}

/// Whether this `<` may open a list of types: a `>` follows before the expression ends, or another `<` comes right after.
fn opens(tokens: &[TokenTree], at: usize) -> bool {
    let mut commas = false;
    for (later, token) in tokens.iter().enumerate().skip(at + 1).take(64) {
        match token {
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => return false,
                ',' => commas = true,
                '>' if !matches!(tokens.get(later - 1), Some(TokenTree::Punct(punct)) if "-=".contains(punct.as_char())) =>
                {
                    return true;
                }
                '<' if !commas => return true,
                _ => {}
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return false,
            _ => {}
        }
    }
    tokens.len() > at + 64
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn joint(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint)
}

fn is_operand(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
        TokenTree::Ident(word) => {
            !["move", "return", "break", "in", "static"].iter().any(|other| word == other)
        }
        TokenTree::Punct(punct) => punct.as_char() == '?',
    }
}

fn ends_with_brace(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

/// Whether a token behind a block begins a statement, an arm or an item, and does not go on with the block's value.
fn begins_statement(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(word) => word != "else" && word != "as",
        TokenTree::Punct(punct) => matches!(punct.as_char(), '#' | '\''),
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
    }
}
