//! What the generator says to mistakes: each case of `fail/` with its `.stderr`. What it must accept: `pass/`.
#![allow(missing_docs)]

#[test]
fn mistakes_are_explained_on_the_lines_of_the_user() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
