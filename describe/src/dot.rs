//! DOT, the language of Graphviz.

use std::fmt::Write;

use crate::machine::Machine;
use crate::picture::{Node, Region, picture};

/// The first of the machines in DOT, the language of Graphviz: a node for each suspension, labelled with what it waits for.
/// What is inside a node, such as the branches of a construct, stands in a box beneath it.
///
/// `lit` is as in [`mermaid`](crate::mermaid()).
pub fn dot(machines: &[Machine<'_>], lit: &[&str]) -> String {
    let picture = picture(machines, lit);
    let name =
        machines.first().map_or(String::new(), |machine| format!("{}::{}", machine.workflow, machine.method));
    let mut text = format!("digraph {} {{\n", quoted(&name));
    text.push_str("    node [shape=box, style=\"rounded,filled\", fillcolor=white]\n");
    if let Some(note) = &picture.note {
        line(&mut text, 1, format_args!("label={}", quoted(note)));
    }
    region(&mut text, &picture, "", 1);
    text.push_str("}\n");
    text
}

/// Its nodes and ways. Where it is inside of a node, it begins and ends there.
fn region(text: &mut String, region: &Region, outer: &str, depth: usize) {
    let (start, done) = (format!("{outer}+start"), format!("{outer}+done"));
    if outer.is_empty() {
        line(
            text,
            depth,
            format_args!("{} [shape=circle, label=\"\", fillcolor=black, width=0.2]", quoted(&start)),
        );
        line(
            text,
            depth,
            format_args!("{} [shape=doublecircle, label=\"\", fillcolor=black, width=0.15]", quoted(&done)),
        );
    }
    let (start, done) = if outer.is_empty() { (start.as_str(), done.as_str()) } else { (outer, outer) };
    for node in &region.nodes {
        self::node(text, node, depth);
    }
    for edge in &region.edges {
        let (from, to) = (edge.from.as_deref().unwrap_or(start), edge.to.as_deref().unwrap_or(done));
        // A way within the box is no way of the run's own: it waits at the outer node all the while.
        let style = if edge.from.is_none() || edge.to.is_none() { ", style=dashed" } else { "" };
        let style = if outer.is_empty() { "" } else { style };
        let label = quoted(&edge.label());
        line(text, depth, format_args!("{} -> {} [label={label}{style}]", quoted(from), quoted(to)));
    }
}

fn node(text: &mut String, node: &Node, depth: usize) {
    let lit = if node.lit { ", fillcolor=\"#ffdd77\", penwidth=2" } else { "" };
    line(text, depth, format_args!("{} [label={}{lit}]", quoted(&node.id), quoted(&node.label)));
    if node.regions.is_empty() {
        return;
    }
    line(text, depth, format_args!("subgraph {} {{", quoted(&format!("cluster_{}", node.id))));
    line(text, depth + 1, format_args!("style=dashed"));
    for (number, inner) in node.regions.iter().enumerate() {
        line(
            text,
            depth + 1,
            format_args!("subgraph {} {{", quoted(&format!("cluster_{}_{number}", node.id))),
        );
        region(text, inner, &node.id, depth + 2);
        line(text, depth + 1, format_args!("}}"));
    }
    line(text, depth, format_args!("}}"));
}

fn line(text: &mut String, depth: usize, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{:1$}{line}", "", depth * 4);
}

fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
