//! What the activities of the bodies compute: the same for both ways to run them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Refused(pub(crate) u32);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is refused", self.0)
    }
}

impl std::error::Error for Refused {}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) items: Vec<u32>,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) z: u32,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) enum Shape {
    #[default]
    Empty,
    Circle(u32),
    Box {
        width: u32,
        height: u32,
    },
}

/// Calls a macro with all activities: `name(arguments) -> Output = body`, and for those that can fail `-> Output, Error;`.
macro_rules! with_activities {
    ($then:ident) => {
        $then! {
            fn num(n: u32) -> u32 { n * 10 }
            fn text(s: String) -> String { format!("<{s}>") }
            fn flag(n: u32) -> bool { n % 2 == 1 }
            fn list(n: u32) -> Vec<u32> { (1..=n).collect() }
            fn maybe(n: u32) -> Option<u32> { (n != 0).then_some(n) }
            fn pair(n: u32) -> (u32, String) { (n, format!("p{n}")) }
            fn add(a: u32, b: u32) -> u32 { a + b }
            fn order(id: u32) -> Order {
                Order { id, name: format!("order {id}"), items: (id..id + 3).collect(), note: Some("n".to_owned()) }
            }
            fn none() -> () {}
            fallible fn check(n: u32) -> u32, Refused; { if n < 100 { Ok(n + 1) } else { Err(Refused(n)) } }
        }
    };
}
pub(crate) use with_activities;
