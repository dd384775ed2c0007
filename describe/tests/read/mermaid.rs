//! The part of Mermaid's `stateDiagram-v2` that diagrams of machines are written in.

/// A state.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) label: String,
    /// The states directly in each of its regions.
    pub(crate) regions: Vec<Vec<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Mermaid {
    pub(crate) nodes: Vec<Node>,
    edges: Vec<(String, String, String)>,
    pub(crate) lit: Vec<String>,
    /// Beside which node, and what.
    pub(crate) notes: Vec<(String, String)>,
}

impl Mermaid {
    /// Reads a diagram; panics on what is none.
    pub(crate) fn read(text: &str) -> Self {
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("stateDiagram-v2"));
        let mut read = Mermaid::default();
        // The nodes that are open, by number.
        let mut open: Vec<usize> = Vec::new();
        for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
            if line == "--" {
                let node = *open.last().expect("regions are in a state");
                read.nodes[node].regions.push(Vec::new());
            } else if line == "}" {
                open.pop().expect("a brace closes what is open");
            } else if let Some(rest) = line.strip_prefix("state \"") {
                let (label, rest) = rest.split_once('"').expect("a label ends");
                let rest = rest.strip_prefix(" as ").expect("a label has a name");
                let (id, opens) = match rest.strip_suffix(" {") {
                    Some(id) => (id, true),
                    None => (rest, false),
                };
                check_id(id);
                assert!(read.node(id).is_none(), "{id} is twice in {text}");
                if let Some(outer) = open.last() {
                    read.nodes[*outer].regions.last_mut().expect("it has one").push(id.to_owned());
                }
                let regions = if opens { vec![Vec::new()] } else { Vec::new() };
                read.nodes.push(Node { id: id.to_owned(), label: decode(label), regions });
                if opens {
                    open.push(read.nodes.len() - 1);
                }
            } else if let Some((from, rest)) = line.split_once(" --> ") {
                let (to, label) = rest.split_once(": ").unwrap_or((rest, ""));
                for end in [from, to] {
                    if end != "[*]" {
                        check_id(end);
                        assert!(read.node(end).is_some(), "{end} is declared before it is used in {text}");
                    }
                }
                assert!(!label.contains([':', ';', '#']), "{line}");
                read.edges.push((from.to_owned(), to.to_owned(), label.to_owned()));
            } else if let Some(rest) = line.strip_prefix("note left of ") {
                let (id, note) = rest.split_once(": ").expect("a note is of a node");
                assert!(read.node(id).is_some() && !note.contains([':', ';', '#']), "{line}");
                read.notes.push((id.to_owned(), note.to_owned()));
            } else if let Some(id) = line.strip_prefix("class ").and_then(|line| line.strip_suffix(" lit")) {
                read.lit.push(id.to_owned());
            } else {
                assert!(line.starts_with("classDef lit "), "`{line}` is no statement, in {text}");
            }
        }
        assert!(open.is_empty(), "all braces close: {text}");
        read
    }

    pub(crate) fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    pub(crate) fn has(&self, from: &str, to: &str, label: &str) -> bool {
        self.edges.contains(&(from.to_owned(), to.to_owned(), label.to_owned()))
    }
}

fn check_id(id: &str) {
    let plain = id.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    assert!(plain && !id.is_empty(), "`{id}` is a name");
    let words = ["state", "note", "class", "classdef", "style", "scale", "direction", "hide", "as", "end"];
    assert!(!words.contains(&id.to_lowercase().as_str()), "`{id}` is a word of the language");
}

/// What is shown of a text: the codes in it read as Mermaid does before HTML, then as HTML.
fn decode(text: &str) -> String {
    assert!(!text.contains(['<', '&', '\\', '`', '%']), "`{text}` would be read as something else");
    let mut decoded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('#') {
        decoded.push_str(&rest[..at]);
        let (code, after) = rest[at + 1..].split_once(';').expect("a code ends");
        decoded.push(code.parse().ok().and_then(char::from_u32).expect("a code is a number"));
        rest = after;
    }
    decoded + rest
}
