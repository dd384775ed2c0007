//! What a suspension is called, and how it is shown.
use quote::quote;
use syn::Expr;
use syn::visit_mut::{self, VisitMut};

use super::given::without_names;
use super::place::peel;
use crate::cfg::Ends;

/// What a state that waits for `expr` is called, without `Await`.
pub(super) fn state_name(expr: &Expr) -> String {
    let name = match peel(expr) {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        },
        Expr::MethodCall(call) if call.method == "wait_until" => Some("condition".to_owned()),
        Expr::MethodCall(call) if step_name(call).is_some() => step_name(call).map(|name| words(&name)),
        // How a call is to be tried: `charge(order).retry(policy)`.
        Expr::MethodCall(call) if is_option(call) => return state_name(&call.receiver),
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

/// The name in `ctx.run("name", async move { .. })`.
pub(super) fn step_name(call: &syn::ExprMethodCall) -> Option<String> {
    let (Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }), Expr::Async(_)) =
        (call.args.first()?, peel(call.args.get(1)?))
    else {
        return None;
    };
    (call.method == "run" && call.args.len() == 2).then(|| name.value())
}

/// A text as words of an identifier.
fn words(text: &str) -> String {
    text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}

/// Whether a method says how a call of an activity is to be tried.
fn is_option(call: &syn::ExprMethodCall) -> bool {
    const OPTIONS: [&str; 7] = [
        "start_to_close",
        "schedule_to_close",
        "schedule_to_start",
        "heartbeat",
        "retry",
        "cancellation",
        "with",
    ];
    OPTIONS.iter().any(|option| call.method == option)
        && matches!(peel(&call.receiver), Expr::Call(_) | Expr::MethodCall(_))
}

/// What ends the wait for `expr`.
pub(super) fn ends(expr: &Expr) -> Ends {
    match peel(expr) {
        Expr::MethodCall(call) if call.method == "sleep" || call.method == "sleep_until" => Ends::Timer,
        Expr::MethodCall(call) if call.method == "cancelled" && call.args.is_empty() => Ends::Cancelled,
        // The limit of a `timeout`.
        Expr::Call(call)
            if matches!(&*call.func, Expr::Path(path)
                if path.path.segments.iter().map(|segment| segment.ident.to_string()).eq(["longhaul", "machine", "sleep"])) =>
        {
            Ends::Timer
        }
        _ => Ends::Result,
    }
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

/// Leaves the code of local steps out.
struct ShortSteps;

impl VisitMut for ShortSteps {
    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        if step_name(call).is_some()
            && let Some(Expr::Async(block)) = call.args.last_mut()
        {
            block.block = syn::parse_quote!({ .. });
        }
        visit_mut::visit_expr_method_call_mut(self, call);
    }
}

/// An expression as text, in one line, for `describe`.
pub(super) fn source_text(expr: &Expr) -> String {
    let mut expr = expr.clone();
    ShortSteps.visit_expr_mut(&mut expr);
    tidy(&without_names(quote!(#expr)).to_string()).replace(":: longhaul::machine::sleep(", "sleep(")
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

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_state_is_named_after_what_it_waits_for() {
        let named = |expr: Expr| state_name(&expr);
        assert_eq!(named(parse_quote!(print_label(order))), "PrintLabel");
        assert_eq!(named(parse_quote!(Payments::charge(id, 1))), "Charge");
        assert_eq!(named(parse_quote!(ctx.sleep(seconds(1)))), "Sleep");
        assert_eq!(named(parse_quote!(ctx.wait_until(|| self.done))), "Condition");
        assert_eq!(
            named(parse_quote!(ctx.run("charge the-card", async move { pay().await }))),
            "ChargeTheCard"
        );
        assert_eq!(named(parse_quote!(ctx.run("charge", async {}).retry(policy))), "Charge");
        assert_eq!(named(parse_quote!((&mut self.task))), "Task");
        assert_eq!(named(parse_quote!(r#move())), "Move");
        assert_eq!(named(parse_quote!(calls[0])), "Value");
    }

    #[test]
    fn source_is_shown_as_somebody_would_write_it() {
        let shown = |expr: Expr| source_text(&expr);
        assert_eq!(
            shown(parse_quote!(ctx.wait_until(|| self.count > 0))),
            "ctx.wait_until(|| self.count > 0)"
        );
        assert_eq!(shown(parse_quote!(a::b(&c, d.e::<f>()?))), "a::b(&c, d.e::<f>()?)");
        assert_eq!(shown(parse_quote!(check(a < b))), "check(a < b)");
        let step: Expr = parse_quote!(ctx.run("charge", async move { pay(card).await }).retry(policy));
        assert_eq!(shown(step), r#"ctx.run("charge", async move { .. }).retry(policy)"#);
    }
}
