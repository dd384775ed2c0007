//! Mermaid: `stateDiagram-v2`.

use std::fmt::Write;

use crate::machine::Machine;
use crate::picture::{Node, Region, picture};

/// The first of the machines as a Mermaid state diagram: a node for each suspension, labelled with what it waits for, the
/// branches of a construct beside each other. Where it calls one of the other machines, that one is drawn within.
///
/// The states called `lit` are highlighted: those that a run is in, as [`State::name`](crate::State::name) names them. A
/// state of a machine that is called has the calling state before it: `AwaitApproval/AwaitTimeout`.
pub fn mermaid(machines: &[Machine<'_>], lit: &[&str]) -> String {
    let picture = picture(machines, lit);
    let mut text = "stateDiagram-v2\n".to_owned();
    region(&mut text, &picture, 1);
    if let (Some(note), Some(first)) = (&picture.note, picture.nodes.first()) {
        line(&mut text, 1, format_args!("note left of {}: {note}", id(&first.id)));
    }
    let mut all_lit = Vec::new();
    find_lit(&picture, &mut all_lit);
    if !all_lit.is_empty() {
        text.push_str("    classDef lit fill:#fd7,stroke:#b60,color:#000\n");
        for node in all_lit {
            line(&mut text, 1, format_args!("class {} lit", id(&node.id)));
        }
    }
    text
}

fn region(text: &mut String, region: &Region, depth: usize) {
    for node in &region.nodes {
        let (label, id) = (escape(&node.label), id(&node.id));
        if node.regions.is_empty() {
            line(text, depth, format_args!("state \"{label}\" as {id}"));
            continue;
        }
        line(text, depth, format_args!("state \"{label}\" as {id} {{"));
        for (number, inner) in node.regions.iter().enumerate() {
            if number > 0 {
                line(text, depth + 1, format_args!("--"));
            }
            self::region(text, inner, depth + 1);
        }
        line(text, depth, format_args!("}}"));
    }
    for edge in &region.edges {
        let end = |end: &Option<String>| end.as_deref().map_or("[*]".to_owned(), id);
        let (from, to, label) = (end(&edge.from), end(&edge.to), edge.label());
        if label.is_empty() {
            line(text, depth, format_args!("{from} --> {to}"));
        } else {
            line(text, depth, format_args!("{from} --> {to}: {label}"));
        }
    }
}

fn line(text: &mut String, depth: usize, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{:1$}{line}", "", depth * 4);
}

fn find_lit<'n>(region: &'n Region, lit: &mut Vec<&'n Node>) {
    for node in &region.nodes {
        if node.lit {
            lit.push(node);
        }
        for inner in &node.regions {
            find_lit(inner, lit);
        }
    }
}

/// Words of the language, which are read without regard to case.
const WORDS: [&str; 15] = [
    "state",
    "note",
    "class",
    "classdef",
    "style",
    "scale",
    "direction",
    "hide",
    "as",
    "end",
    "default",
    "click",
    "acctitle",
    "accdescr",
    "statediagram",
];

/// A name that is no word of the language.
fn id(name: &str) -> String {
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
    if is_word { format!("{name}_") } else { name.to_owned() }
}

/// A text within quotes. What Mermaid, or the HTML that it makes, would read as something else is written as a code.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '"' | '#' | '<' | '&' | '\\' | '`' | '%' => {
                let _ = write!(escaped, "#{};", u32::from(letter));
            }
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
