//! The tables of `docs/LANGUAGE_TESTS.md` name tests that there are, and show code that stands in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Code in one line, so that it does not matter how it is set.
fn in_one_line(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The cells of a row. A `|` within one is written `\|`.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().replace("\\|", "\0");
    let inner = row.strip_prefix('|').and_then(|row| row.strip_suffix('|')).unwrap_or(&row);
    inner.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

/// The rows of all tables of a text, by the names of their columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = Vec::new();
    for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
        let mut lines = table.lines().map(cells);
        let heading = lines.next().expect("a table has a heading");
        rows.extend(lines.skip(1).map(|row| {
            assert_eq!(row.len(), heading.len(), "{row:?}");
            heading.iter().cloned().zip(row).collect()
        }));
    }
    rows
}

/// The workflow that a test of a theme runs: `Name { first(3); second(4); }`.
fn workflow<'t>(theme: &'t str, test: &str) -> Option<&'t str> {
    let (bodies, _) = theme.split_once("bodies! {")?.1.split_once("\n}\n")?;
    let (before, _) = bodies.split_once(&format!(" {test}("))?;
    let (before, _) = before.rsplit_once(" {")?;
    before.split_whitespace().next_back()
}

/// What there is of a workflow in a theme: all but the impls of others.
fn without_others(theme: &str, workflow: &str) -> String {
    let own = format!("impl {workflow} ");
    let parts = theme.split("#[workflow]\n");
    parts
        .filter(|part| !part.trim_start().starts_with("impl ") || part.trim_start().starts_with(&own))
        .collect()
}

/// What is wrong with a row.
fn mistake(row: &BTreeMap<String, String>) -> Option<String> {
    let cell = |name: &str| row.get(name).map(String::as_str).filter(|cell| !cell.is_empty());
    let path = match cell("theme") {
        Some(theme) => format!("tests/bodies/themes/{theme}.rs"),
        None => cell("file").expect("a row has a file").to_owned(),
    };
    let mut text = read(&root().join(&path));
    if let Some(test) = cell("test") {
        if let Some(workflow) = workflow(&text, test).map(str::to_owned) {
            text = without_others(&text, &workflow);
        } else if !text.contains(&format!("fn {test}(")) {
            return Some(format!("there is no test `{test}` in {path}"));
        }
    }
    let code = in_one_line(cell("such as")?.trim_matches('`'));
    (!in_one_line(&text).contains(&code)).then(|| format!("`{code}` is not in {path}, {:?}", cell("test")))
}

#[test]
fn each_construct_has_the_test_that_its_row_names() {
    let rows = rows(&read(&root().join("docs/LANGUAGE_TESTS.md")));
    let mistakes: Vec<String> = rows.iter().filter_map(mistake).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    assert!(rows.len() > 200, "{} rows", rows.len());
}

#[test]
fn each_theme_has_a_row() {
    let rows = rows(&read(&root().join("docs/LANGUAGE_TESTS.md")));
    let named: BTreeSet<&str> = rows.iter().filter_map(|row| row.get("theme")).map(String::as_str).collect();
    for file in std::fs::read_dir(root().join("tests/bodies/themes")).expect("there are themes") {
        let path = file.expect("it can be listed").path();
        let theme = path.file_stem().expect("it has a name").to_string_lossy();
        assert!(named.contains(&*theme), "{theme} is in no table");
    }
}

#[test]
fn a_row_that_is_wrong_is_told() {
    let table = "| such as | theme | test |\n| --- | --- | --- |\n\
                 | `num(n)` | operands | no_such_test |\n\
                 | `no such code` | operands | casts_and_ranges |\n\
                 | `self.index(n).await?` | operands | casts_and_ranges |\n\
                 | `num(n).await? as u8 as char` | operands | casts_and_ranges |\n";
    let mistakes: Vec<bool> = rows(table).iter().map(|row| mistake(row).is_some()).collect();
    assert_eq!(mistakes, [true, true, true, false]);
}
