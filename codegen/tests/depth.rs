//! How deep code may be nested: what is accepted needs no more than 2 MiB of stack, in a build without optimisation; what is
//! deeper is an error.
#![allow(missing_docs)]

use std::thread;

use proc_macro2::TokenStream;

/// A statement list of one kind, so deep.
fn deep(kind: &str, depth: usize) -> String {
    let open = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    match kind {
        "parentheses" => format!("let x = {};", open("(", "f().await", ")")),
        "brackets" => format!("let x = {};", open("[", "f().await", "]")),
        "blocks" => open("{", "f().await;", "}"),
        "plain_blocks" => open("{", "f();", "}"),
        "if" => open("if c {", "f().await;", "}"),
        "loops" => open("loop {", "f().await;", "}"),
        "match" => open("match c { _ => {", "f().await;", "} }"),
        "calls" => format!("let x = {};", open("g(", "f().await", ")")),
        "macros" => format!("{};", open("vec![", "f().await", "]")),
        "joins" => format!("{};", open("join!(async {", "f().await;", "})")),
        "sites" => format!("{};", open("ctx.spawn(async move {", "f().await;", "})")),
        "not" => format!("let x = {};", open("!", "f().await", "")),
        "ref" => format!("let x = {};", open("&&", "f().await", "")),
        "minus" => format!("let x = {};", open("- ", "f().await", "")),
        "deref" => format!("let x = {};", open("*", "f().await", "")),
        "methods" => format!("let x = f(){}.await;", ".g()".repeat(depth)),
        "fields" => format!("let x = f().await{};", ".g".repeat(depth)),
        "questions" => format!("let x = f().await{};", "?".repeat(depth)),
        "indexes" => format!("let x = f().await{};", "[0]".repeat(depth)),
        "call_chain" => format!("let x = f(){}.await;", "()".repeat(depth)),
        "awaits" => format!("let x = f(){};", ".await".repeat(depth)),
        "plus" => format!("let x = f().await{};", " + 1".repeat(depth)),
        "and" => format!("let x = f().await{};", " && c".repeat(depth)),
        "plain_plus" => format!("f().await; let x = 1{};", " + 1".repeat(depth)),
        "assign" => format!("{} f().await;", "x = ".repeat(depth)),
        "casts" => format!("let x = f().await{};", " as u8".repeat(depth)),
        "ranges" => format!("let x = {}f().await;", "..".repeat(depth)),
        "else_if" => format!("{}{{}}", "if c { f().await; } else ".repeat(depth)),
        "closures" => format!("f().await; let x = {}1;", "|a| ".repeat(depth)),
        "returns" => format!("{} f().await;", "return ".repeat(depth)),
        "breaks" => format!("f().await; loop {{ {} 1; }}", "break ".repeat(depth)),
        "types" => format!("f().await; let x: {} = y;", open("Box<", "u8", ">")),
        "ref_types" => format!("f().await; let x: {} = y;", open("&", "u8", "")),
        "pointer_types" => format!("f().await; let x: {} = y;", open("*const ", "u8", "")),
        "fn_types" => format!("f().await; let x: {} = y;", open("fn() -> ", "u8", "")),
        "turbofish" => format!("f().await; let x = y::<{}>();", open("Box<", "u8", ">")),
        "tuple_types" => format!("f().await; let x: {} = y;", open("(", "u8", ",)")),
        "patterns" => format!("let {} = f().await;", open("(", "x", ",)")),
        "ref_patterns" => format!("let {} = f().await;", open("&", "x", "")),
        "at_patterns" => format!("let {} = f().await;", open("x @ ", "x", "")),
        "or_patterns" => format!("let ({}) = f().await;", open("x | ", "x", "")),
        "labels" => format!("f().await; {}", open("'a: {", "", "}")),
        "let_else" => open("let Some(x) = f().await else {", "return;", "};"),
        "where" => format!("f().await; fn g() where {} {{}}", open("T: A<", "T", ">")),
        "bounds" => format!("f().await; let x: {} = y;", open("impl A<B = ", "T", ">")),
        "lets" => format!("f().await; if {} c {{}}", "let _ = ".repeat(depth)),
        "async_blocks" => format!("let x = {};", open("async move {", "f().await", "}")),
        "statements" => "f().await;".repeat(depth),
        _ => panic!("{kind}"),
    }
}

const KINDS: &[&str] = &[
    "parentheses",
    "brackets",
    "blocks",
    "plain_blocks",
    "if",
    "loops",
    "match",
    "calls",
    "macros",
    "joins",
    "sites",
    "not",
    "ref",
    "minus",
    "deref",
    "methods",
    "fields",
    "questions",
    "indexes",
    "call_chain",
    "awaits",
    "plus",
    "and",
    "plain_plus",
    "assign",
    "casts",
    "ranges",
    "else_if",
    "closures",
    "returns",
    "breaks",
    "types",
    "ref_types",
    "pointer_types",
    "fn_types",
    "turbofish",
    "tuple_types",
    "patterns",
    "ref_patterns",
    "at_patterns",
    "or_patterns",
    "labels",
    "let_else",
    "where",
    "bounds",
    "lets",
    "async_blocks",
];

/// What comes of a body on a stack of 2 MiB: whether it was too deep, or had other errors.
fn expanded(body: String) -> (bool, usize) {
    let expand = move || {
        let source = format!(
            "impl Flow {{ #[run] async fn run(&mut self, ctx: &Context) {{ {body} }} fn other(&self) {{}} }}"
        );
        let tokens: TokenStream = source.parse().expect("the kinds are tokens");
        let expanded = longhaul_codegen::workflow(TokenStream::new(), tokens);
        // As text: what is generated may be a little deeper, and this thread's stack is small.
        let text = expanded.to_string();
        (text.contains("[LH0026]"), text.matches("compile_error").count())
    };
    thread::Builder::new().stack_size(2 << 20).spawn(expand).expect("a thread").join().expect("no panic")
}

fn is_too_deep(kind: &str, depth: usize) -> bool {
    expanded(deep(kind, depth)).0
}

#[test]
fn what_is_accepted_needs_no_more_than_a_small_stack() {
    for kind in KINDS {
        assert!(!is_too_deep(kind, 12), "{kind}: people write that");
        let (mut low, mut high) = (12, 1_024);
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            *(if is_too_deep(kind, middle) { &mut high } else { &mut low }) = middle;
        }
        println!("{kind}: up to {low}");
    }
}

#[test]
fn what_is_nested_ten_thousand_times_is_one_error() {
    for kind in KINDS {
        assert_eq!(expanded(deep(kind, 10_000)), (true, 1), "{kind}");
    }
}

/// Kinds within kinds, as deep as is accepted.
#[test]
fn a_mixture_is_measured_too() {
    let wraps: &[(&str, &str)] = &[
        ("{", "}"),
        ("(", ")"),
        ("[", "]"),
        ("g(", ")"),
        ("if c {", "}"),
        ("match c { _ => {", "} }"),
        ("!", ""),
        ("&&", ""),
        ("|a| ", ""),
        ("x = ", ""),
        ("", " + 1"),
        ("", ".g()"),
        ("", "?"),
        ("", ".await"),
        ("return ", ""),
        ("y::<Box<u8>>(", ")"),
        ("async move {", "}"),
        ("loop {", "}"),
        ("join!(async {", "})"),
        ("vec![", "]"),
    ];
    let mut seed = 2026_u64;
    let mut accepted = 0;
    for _ in 0..120 {
        let mut body = "f().await".to_owned();
        loop {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (open, close) = wraps[usize::try_from(seed >> 33).expect("64 bits") % wraps.len()];
            let deeper = format!("{open}{body}{close}");
            if deeper.len() > 4_000 || is_too_deep_tokens(&deeper) {
                break;
            }
            body = deeper;
        }
        accepted += usize::from(!expanded(body).0);
    }
    assert!(accepted > 60, "{accepted} of 120 bodies were just not too deep");
}

/// As [`expanded`], by the guard alone: a name is looked for in code that is not too deep.
fn is_too_deep_tokens(body: &str) -> bool {
    let item = format!("impl Flow {{ async fn run(&mut self) {{ {body} }} }}");
    let attr: TokenStream = item.parse().expect("tokens");
    let found = longhaul_codegen::workflow(attr, TokenStream::new()).to_string();
    found.contains("LH0026")
}
