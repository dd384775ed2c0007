//! What a suspension is called, and how it is shown.
use quote::quote;
use syn::Expr;

use super::place::peel;

/// What a state that waits for `expr` is called, without `Await`.
pub(super) fn state_name(expr: &Expr) -> String {
    let name = match peel(expr) {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        },
        Expr::MethodCall(call) if call.method == "wait_until" => Some("condition".to_owned()),
        Expr::MethodCall(call) => Some(call.method.to_string()),
        Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Reference(reference) => return state_name(&reference.expr),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(name.to_string()),
            syn::Member::Unnamed(_) => None,
        },
        _ => None,
    };
    camel(&name.unwrap_or_else(|| "value".to_owned()))
}

/// `print_label` as `PrintLabel`.
pub(crate) fn camel(name: &str) -> String {
    let mut camel = String::new();
    for word in name.trim_start_matches("r#").split('_').filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

/// An expression as text, in one line, for `describe`.
pub(super) fn source_text(expr: &Expr) -> String {
    tidy(&quote!(#expr).to_string()).replace("::longhaul::machine::sleep(", "sleep(")
}

/// The spaces that printing tokens puts in, taken out again where nobody would write them.
pub(super) fn tidy(text: &str) -> String {
    let mut tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (spaced, tight) in [
        (" . ", "."),
        (" :: ", "::"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (" ;", ";"),
        ("& ", "&"),
        (" ?", "?"),
        ("| | ", "|| "),
        (" !", "!"),
    ] {
        tidy = tidy.replace(spaced, tight);
    }
    if tidy.contains("::<") || tidy.contains(":: <") {
        for (spaced, tight) in [(":: <", "::<"), ("::< ", "::<"), (" >(", ">("), (" >::", ">::")] {
            tidy = tidy.replace(spaced, tight);
        }
    }
    tidy
}
