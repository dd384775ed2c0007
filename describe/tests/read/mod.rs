//! Readers of the two languages, written from their grammars and not from what writes them: what they do not know is
//! refused.

mod dot;
mod mermaid;

pub(crate) use dot::Dot;
pub(crate) use mermaid::Mermaid;
