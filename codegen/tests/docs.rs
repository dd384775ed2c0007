//! What `docs/GENERATED_CODE.md` shows of the expansion is in the expansion.

use quote::{ToTokens, quote};

const GUIDE: &str = include_str!("../../docs/GENERATED_CODE.md");

/// The code blocks of one kind.
fn blocks(kind: &str) -> Vec<String> {
    let fence = format!("```{kind}\n");
    GUIDE.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

/// Lines without indentation; comments do not count.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect()
}

/// The pieces of one kind are in an expansion.
fn are_shown(kind: &str, expanded: &str) {
    let (expanded, pieces) = (lines(expanded), blocks(kind));
    assert!(!pieces.is_empty(), "the guide shows {kind}");
    for piece in pieces {
        let piece = lines(&piece);
        assert!(expanded.windows(piece.len()).any(|window| window == piece), "{}", piece.join("\n"));
    }
}

#[test]
fn the_guide_shows_a_real_site_and_real_steps() {
    are_shown("rust,site", include_str!("snapshots/snapshots__tasks.snap"));
    are_shown("rust,step", include_str!("snapshots/snapshots__local_steps.snap"));
}

#[test]
fn the_guide_shows_the_real_expansion() {
    let source = &blocks("rust,source")[0];
    let mut item: syn::ItemImpl = syn::parse_str(source).expect("the guide's source");
    item.attrs.clear();
    let expanded = longhaul_codegen::workflow(quote!(), item.to_token_stream());
    let expanded = prettyplease::unparse(&syn::parse2(expanded).expect("the expansion is a file"));
    let expanded = lines(&expanded);
    let mut pieces = blocks("rust,expansion");
    // It is in a doc comment.
    pieces.extend(blocks("mermaid"));
    assert!(pieces.len() > 8, "the guide shows {} pieces", pieces.len());
    for piece in pieces {
        let piece = lines(&piece);
        assert!(
            expanded.windows(piece.len()).any(|window| window == piece),
            "not in the expansion:\n{}\n\nthe expansion:\n{}",
            piece.join("\n"),
            expanded.join("\n")
        );
    }
}
