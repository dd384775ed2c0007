//! What programs call besides activities: the same for machines and plain Rust, and the same as
//! `longhaul_programs::library`.

use std::cell::RefCell;
pub use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use longhaul::{ActivityError, Cancelled};
pub use longhaul::{Failure, prelude::Stored, seconds};
use serde::{Deserialize, Serialize};

thread_local! {
    static TRACE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes what happened.
pub fn happened(event: String) {
    TRACE.with_borrow_mut(|trace| trace.push(event));
}

/// What happened so far; forgotten after it.
pub fn taken() -> Vec<String> {
    TRACE.take()
}

/// An effect of a program.
pub fn note(text: &str) {
    happened(format!("note {text}"));
}

/// A value with parts.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// A number.
    pub x: i64,
    /// Another.
    pub y: i64,
    /// A text.
    pub name: String,
}

/// The error of one activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal;

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused")
    }
}

impl std::error::Error for Refusal {}

/// The error of all methods.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    /// An activity failed.
    Refused,
    /// Something else failed.
    Told(String),
    /// A task was cancelled.
    Ended,
}

impl From<Cancelled> for Fault {
    fn from(_: Cancelled) -> Self {
        Fault::Ended
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault::Told(text)
    }
}

impl<E> From<ActivityError<E>> for Fault {
    fn from(_: ActivityError<E>) -> Self {
        Fault::Refused
    }
}

/// Keeps numbers small.
pub fn m(n: i64) -> i64 {
    n.rem_euclid(1000)
}

/// An index.
pub fn ix(n: i64, len: usize) -> usize {
    let len = i64::try_from(len).expect("it is short");
    usize::try_from(n.rem_euclid(len)).expect("it is not negative")
}

/// Keeps texts short.
pub fn cut(text: impl AsRef<str>) -> String {
    text.as_ref().chars().take(24).collect()
}

/// A duration.
pub fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Calls a macro with all activities.
#[macro_export]
macro_rules! with_activities {
    ($then:ident) => {
        $then! {
            fn num(n: i64) -> i64 { n.wrapping_mul(7).wrapping_add(3).rem_euclid(1000) }
            fn add(a: i64, b: i64) -> i64 { a.wrapping_add(b).rem_euclid(1000) }
            fn flag(n: i64) -> bool { n.rem_euclid(2) == 1 }
            fn text(s: String) -> String { $crate::acts::cut(format!("<{s}>")) }
            fn list(n: i64) -> Vec<i64> { (0..n.rem_euclid(4)).collect() }
            fn maybe(n: i64) -> Option<i64> { (n.rem_euclid(3) != 0).then_some(n.rem_euclid(1000)) }
            fn pair(n: i64) -> (i64, String) { (n.rem_euclid(1000), format!("p{}", n.rem_euclid(10))) }
            fn point(n: i64) -> $crate::acts::Point {
                $crate::acts::Point { x: n.rem_euclid(10), y: 1, name: "here".to_owned() }
            }
            fallible fn check(n: i64) -> i64, $crate::acts::Refusal; {
                if n.rem_euclid(5) == 4 { Err($crate::acts::Refusal) } else { Ok(n.rem_euclid(1000) + 1) }
            }
        }
    };
}

/// A call as text.
pub fn called(name: &str, arguments: &[&dyn std::fmt::Debug]) -> String {
    let shown: Vec<String> = arguments.iter().map(|argument| format!("{argument:?}")).collect();
    format!("{name}({})", shown.join(", "))
}
