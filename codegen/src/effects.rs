//! Effects that stand in a workflow's code: what would be lost, repeated, or different after a crash.
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{ImplItem, ItemImpl};

use crate::diag::{self, Errors};

/// A path that is an effect, and what to write instead.
struct Effect {
    path: &'static [&'static str],
    rewrite: &'static str,
}

const ACTIVITY: &str = "do it in an `#[activity]` and await the call";
const NOW: &str = "use `ctx.now()`, the time of the transition";
const RANDOM: &str = "use `ctx.random()`, which comes from the run's own seed";
const UUID: &str = "use `ctx.uuid()`, which comes from the run's own seed";
const CONCURRENT: &str = "use `ctx.spawn(..)` for a task, or an `#[activity]` for work outside";

const EFFECTS: &[Effect] = &[
    Effect { path: &["std", "fs"], rewrite: ACTIVITY },
    Effect { path: &["std", "net"], rewrite: ACTIVITY },
    Effect { path: &["std", "process"], rewrite: ACTIVITY },
    Effect { path: &["std", "thread"], rewrite: "use `ctx.sleep(..)` to wait, or an `#[activity]` for work" },
    Effect { path: &["thread", "sleep"], rewrite: "use `ctx.sleep(..).await`" },
    Effect { path: &["thread", "spawn"], rewrite: CONCURRENT },
    Effect { path: &["tokio", "spawn"], rewrite: CONCURRENT },
    Effect { path: &["tokio", "task"], rewrite: CONCURRENT },
    Effect {
        path: &["tokio", "time"],
        rewrite: "use `ctx.sleep(..)`, `ctx.sleep_until(..)` or `timeout(..)`",
    },
    Effect { path: &["tokio", "net"], rewrite: ACTIVITY },
    Effect { path: &["tokio", "fs"], rewrite: ACTIVITY },
    Effect { path: &["tokio", "process"], rewrite: ACTIVITY },
    Effect { path: &["reqwest", "get"], rewrite: ACTIVITY },
    Effect { path: &["File", "open"], rewrite: ACTIVITY },
    Effect { path: &["File", "create"], rewrite: ACTIVITY },
    Effect { path: &["fs", "read_to_string"], rewrite: ACTIVITY },
    Effect { path: &["fs", "write"], rewrite: ACTIVITY },
    Effect { path: &["SystemTime", "now"], rewrite: NOW },
    Effect { path: &["Instant", "now"], rewrite: NOW },
    Effect { path: &["Utc", "now"], rewrite: NOW },
    Effect { path: &["Timestamp", "now"], rewrite: NOW },
    Effect { path: &["Zoned", "now"], rewrite: NOW },
    Effect { path: &["Local", "now"], rewrite: NOW },
    Effect { path: &["OffsetDateTime", "now_utc"], rewrite: NOW },
    Effect { path: &["rand", "random"], rewrite: RANDOM },
    Effect { path: &["rand", "rng"], rewrite: RANDOM },
    Effect { path: &["rand", "thread_rng"], rewrite: RANDOM },
    Effect { path: &["Uuid", "new_v4"], rewrite: UUID },
    Effect { path: &["Uuid", "now_v7"], rewrite: UUID },
    Effect { path: &["env", "var"], rewrite: "hand it in as input, or read it in an `#[activity]`" },
];

/// Notes each effect in the async methods, signals and queries of a workflow's impl.
pub(crate) fn check(item: &ItemImpl, errors: &mut Errors) {
    for item in &item.items {
        let ImplItem::Fn(function) = item else { continue };
        let handler =
            function.attrs.iter().any(|attr| diag::is_attr(attr, "signal") || diag::is_attr(attr, "query"));
        if handler || function.sig.asyncness.is_some() {
            check_block(&function.block, errors);
        }
    }
}

/// Notes each effect in a body.
pub(crate) fn check_block(block: &syn::Block, errors: &mut Errors) {
    scan(block.to_token_stream(), errors);
}

fn scan(tokens: TokenStream, errors: &mut Errors) {
    // The path that is being read, and where it began.
    let mut path: Vec<Ident> = Vec::new();
    let mut colons = 0;
    let mut tokens = without_steps(tokens).into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    path.clear();
                }
                colons = 0;
                path.push(ident);
                let more = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                if !more {
                    judge(&path, errors);
                    path.clear();
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                scan(group.stream(), errors);
                path.clear();
                colons = 0;
            }
            _ => {
                // A path may end in `::<T>`.
                if colons == 2 {
                    judge(&path, errors);
                }
                path.clear();
                colons = 0;
            }
        }
    }
}

/// The tokens without the blocks of local steps, `.run("name", async move { .. })`: effects are what these are for.
fn without_steps(tokens: TokenStream) -> Vec<TokenTree> {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 2..tokens.len() {
        let is_run = matches!(&tokens[at - 2], TokenTree::Punct(dot) if dot.as_char() == '.')
            && matches!(&tokens[at - 1], TokenTree::Ident(name) if name == "run");
        if let TokenTree::Group(arguments) = &tokens[at]
            && is_run
        {
            let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
            let is_step = matches!(arguments.first(), Some(TokenTree::Literal(_)))
                && matches!(arguments.get(2), Some(TokenTree::Ident(word)) if word == "async");
            if is_step {
                let left: TokenStream = arguments.into_iter().filter(|token| !is_block(token)).collect();
                tokens[at] = Group::new(Delimiter::Parenthesis, left).into();
            }
        }
    }
    tokens
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn judge(path: &[Ident], errors: &mut Errors) {
    let names: Vec<String> = path.iter().map(ToString::to_string).collect();
    let found = EFFECTS.iter().find(|effect| {
        names.windows(effect.path.len()).enumerate().any(|(at, window)| {
            // A crate's name begins a path; a type or module may end one.
            window == effect.path && (at == 0 || at + effect.path.len() == names.len())
        })
    });
    if let Some(effect) = found {
        errors.on(quote!(#(#path)::*), diag::effect(&names.join("::"), effect.rewrite));
    }
}
