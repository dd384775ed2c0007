//! What is generated grows with the source, however its steps may follow each other.
#![allow(missing_docs)]

use proc_macro2::{TokenStream, TokenTree};

/// A body of one kind of step, so many times.
fn source(kind: &str, steps: usize) -> TokenStream {
    let step = |at: usize| match kind {
        "await" => "total += step(total).await;".to_owned(),
        "if" => format!("if total > {at} {{ total += step(total).await; }}"),
        "while" => format!("while total < {at} {{ total += step(total).await; }}"),
        "for" => "for x in &items { total += step(*x).await; }".to_owned(),
        "match" => format!("match total {{ {at} => step(1).await, 7 => step(2).await, _ => {{}} }}"),
        "join" => "if total > 1 { join!(step(1), async { step(2).await; step(3).await }); }".to_owned(),
        "select" => "select! { a = step(1) => total += a, b = step(2) => total += b.f().await }".to_owned(),
        "return" => "if step(total).await > 3 { return total; }".to_owned(),
        _ => unreachable!("{kind}"),
    };
    let body: String = (0..steps).map(step).collect();
    let item = format!(
        "impl Flow {{ #[run] async fn run(&mut self, ctx: &Context, items: Vec<u32>) -> u32 {{ let mut total = 0; {body} total }} }}"
    );
    item.parse().expect("tokens")
}

/// How many tokens, and how long the texts in them.
fn size(tokens: TokenStream) -> usize {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 1 + size(group.stream()),
            TokenTree::Literal(text) => 1 + text.to_string().len() / 8,
            _ => 1,
        })
        .sum()
}

#[test]
fn four_times_the_steps_are_four_times_the_code() {
    for kind in ["await", "if", "while", "for", "match", "join", "select", "return"] {
        let sizes = [30, 120].map(|steps| {
            let expanded = longhaul_codegen::workflow(TokenStream::new(), source(kind, steps));
            assert!(!expanded.to_string().contains("compile_error"), "{kind}");
            size(expanded)
        });
        println!("{kind}: {sizes:?}");
        assert!(sizes[1] <= sizes[0] * 9 / 2, "{kind}: {sizes:?}");
    }
}

/// Of many statements, too, which a body of generated code may well have.
#[test]
fn four_hundred_matches_are_four_times_a_hundred() {
    let sizes = [100, 400].map(|steps| {
        let expanded = longhaul_codegen::workflow(TokenStream::new(), source("match", steps));
        assert!(!expanded.to_string().contains("compile_error"));
        size(expanded)
    });
    println!("{sizes:?}");
    assert!(sizes[1] <= sizes[0] * 17 / 4, "{sizes:?}");
}
