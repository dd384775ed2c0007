//! Whatever the tokens: there is code or there are errors, never a panic.
#![allow(missing_docs)]

#[path = "../../fuzz/check.rs"]
mod check;
mod support;

use proc_macro2::{Group, TokenStream, TokenTree};
use support::{cases, expand};

/// `SplitMix64` (Steele, Lea and Flood, 2014): a few lines, so that the cases are the same on every machine for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }
}

/// Removes, doubles, swaps or exchanges tokens, about one in `rarity`.
fn mutate(tokens: TokenStream, pool: &[TokenTree], random: &mut Random, rarity: usize) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let token = match token {
            TokenTree::Group(group) => {
                let inner = mutate(group.stream(), pool, random, rarity);
                TokenTree::Group(Group::new(group.delimiter(), inner))
            }
            token => token,
        };
        match random.below(rarity * 5) {
            0 => {}
            1 => out.extend([token.clone(), token]),
            2 => out.push(pool[random.below(pool.len())].clone()),
            3 => out.extend([pool[random.below(pool.len())].clone(), token]),
            4 => {
                let last = out.pop();
                out.push(token);
                out.extend(last);
            }
            _ => out.push(token),
        }
    }
    out.into_iter().collect()
}

fn collect(tokens: TokenStream, pool: &mut Vec<TokenTree>) {
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            collect(group.stream(), pool);
        }
        pool.push(token);
    }
}

#[test]
fn mutated_cases_give_code_or_errors() {
    let cases: Vec<TokenStream> =
        cases().iter().map(|(_, source)| source.parse().expect("a case is made of tokens")).collect();
    let mut pool = Vec::new();
    for case in &cases {
        collect(case.clone(), &mut pool);
    }
    let more = "'a: r#fn _ ref mut & * .. ..= | @ async move loop unsafe const static dyn 'x' \"{x}\" 1.5 <T> ::<u8>";
    collect(more.parse().unwrap(), &mut pool);
    let mut random = Random(2026);
    let (mut code, mut errors) = (0, 0);
    for round in 0..40 {
        for case in &cases {
            let mutated = mutate(case.clone(), &pool, &mut random, 20 + round);
            // As text, since what two tokens make when they stand together is for the lexer to say.
            if let Some(expanded) = expand(&mutated.to_string()) {
                assert!(syn::parse2::<syn::File>(expanded.clone()).is_ok(), "{mutated}\n\n{expanded}");
                let found = support::errors(&expanded);
                for error in &found {
                    assert!(error.message.contains(" [LH"), "from the catalogue: {}", error.message);
                }
                *(if found.is_empty() { &mut code } else { &mut errors }) += 1;
            }
            // And with attribute and item that need not even be Rust.
            let _ = longhaul_codegen::workflow(TokenStream::new(), mutated.clone());
            let _ = longhaul_codegen::activities(mutated.clone(), mutated.clone());
            let _ = longhaul_codegen::activity(mutated.clone(), mutated);
        }
    }
    assert!(code > 100 && errors > 100, "{code} expanded, {errors} had errors");
}

/// What the fuzz targets check, on pieces of real sources put together: a subtree of one in the place of a subtree of
/// another.
#[test]
fn spliced_cases_give_code_or_errors_on_their_own_tokens() {
    let cases = cases();
    let mut random = Random(7);
    let (mut code, mut errors) = (0, 0);
    for _ in 0..400 {
        let (one, other) = (&cases[random.below(cases.len())].1, &cases[random.below(cases.len())].1);
        let mut pool = Vec::new();
        collect(other.parse().expect("a case is made of tokens"), &mut pool);
        let groups: Vec<TokenTree> =
            pool.into_iter().filter(|token| matches!(token, TokenTree::Group(_))).collect();
        let spliced =
            splice(one.parse().expect("a case is made of tokens"), &groups, &mut random).to_string();
        let verdict = match (one.contains("#[activities"), one.contains("#[activity")) {
            (true, _) => check::activities(&spliced),
            (_, true) => check::activity(&spliced),
            _ => check::workflow(&spliced),
        };
        match verdict.expect("tokens are tokens again") {
            check::Verdict::Code => code += 1,
            check::Verdict::Errors => errors += 1,
        }
    }
    assert!(code > 10 && errors > 50, "{code} expanded, {errors} had errors");
}

fn splice(tokens: TokenStream, groups: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut out = TokenStream::new();
    for token in tokens {
        let token = match token {
            TokenTree::Group(_) if random.below(40) == 0 => groups[random.below(groups.len())].clone(),
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), splice(group.stream(), groups, random)))
            }
            token => token,
        };
        out.extend([token]);
    }
    out
}
