//! The part of DOT that diagrams of machines are written in, token by token.

#[derive(Debug, Default)]
pub(crate) struct Dot {
    pub(crate) nodes: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) edges: Vec<(String, String, String)>,
    /// How many `subgraph`s there are.
    pub(crate) boxes: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Sign(&'static str),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(sign) =
            ["->", "{", "}", "[", "]", "=", ","].into_iter().find(|sign| rest.starts_with(sign))
        {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if first == '"' {
            let mut value = String::new();
            let mut letters = rest[1..].char_indices();
            let end = loop {
                match letters.next().expect("a text ends") {
                    (at, '"') => break at,
                    (_, '\\') => value.push(letters.next().expect("something is escaped").1),
                    (_, letter) => value.push(letter),
                }
            };
            tokens.push(Token::Text(value));
            rest = &rest[end + 2..];
        } else {
            let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || ".#_".contains(letter)));
            let end = end.filter(|end| *end > 0).unwrap_or_else(|| panic!("`{rest}` is no token"));
            tokens.push(Token::Text(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    tokens
}

impl Dot {
    /// Reads a graph; panics on what is none.
    pub(crate) fn read(text: &str) -> Self {
        let mut read = Dot::default();
        let mut tokens = tokens(text).into_iter().peekable();
        let word = |token: Option<Token>| match token {
            Some(Token::Text(word)) => word,
            other => panic!("{other:?} is a name, in {text}"),
        };
        assert_eq!(word(tokens.next()), "digraph");
        word(tokens.next());
        assert_eq!(tokens.next(), Some(Token::Sign("{")));
        let mut depth = 1;
        while depth > 0 {
            let name = match tokens.next() {
                Some(Token::Sign("}")) => {
                    depth -= 1;
                    continue;
                }
                token => word(token),
            };
            if name == "subgraph" {
                assert!(word(tokens.next()).starts_with("cluster"));
                assert_eq!(tokens.next(), Some(Token::Sign("{")));
                read.boxes += 1;
                depth += 1;
                continue;
            }
            let to = match tokens.peek() {
                Some(Token::Sign("=")) => {
                    tokens.next();
                    word(tokens.next());
                    continue;
                }
                Some(Token::Sign("->")) => {
                    tokens.next();
                    Some(word(tokens.next()))
                }
                _ => None,
            };
            let mut label = String::new();
            assert_eq!(tokens.next(), Some(Token::Sign("[")), "{name} has attributes");
            while tokens.peek() != Some(&Token::Sign("]")) {
                let attribute = word(tokens.next());
                assert_eq!(tokens.next(), Some(Token::Sign("=")));
                let value = word(tokens.next());
                if attribute == "label" {
                    label = value;
                }
                if tokens.peek() == Some(&Token::Sign(",")) {
                    tokens.next();
                }
            }
            tokens.next();
            match to {
                Some(to) => read.edges.push((name, to, label)),
                None if name == "node" => {}
                None => {
                    assert!(!read.nodes.contains(&name), "{name} is twice in {text}");
                    read.nodes.push(name);
                    read.labels.push(label);
                }
            }
        }
        assert_eq!(tokens.next(), None, "{text}");
        read
    }
}
