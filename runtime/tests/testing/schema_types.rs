//! Schemas: what is seen of types.

use std::collections::BTreeMap;

use longhaul::prelude::*;
use longhaul::testing::Tracer;
use longhaul_describe::schema::{Schema, Type};

/// The schema of a workflow that stores one value of type `T`.
fn text<T: serde::de::DeserializeOwned>() -> String {
    let mut tracer = Tracer::default();
    let value = tracer.trace::<T>();
    let schema = Schema {
        workflow: "W".to_owned(),
        values: vec![("value".to_owned(), value)],
        types: tracer.types(),
        ..Schema::default()
    };
    let text = schema.text();
    assert_eq!(Schema::read(&text).as_ref(), Ok(&schema), "{text}");
    text.lines().skip(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn plain_types_are_told_by_what_serde_reads() {
    assert_eq!(text::<(u8, i64, f32, bool, char)>(), "value (u8, i64, f32, bool, char)");
    assert_eq!(text::<BTreeMap<String, Vec<Option<u16>>>>(), "value {str: [u16?]}");
    assert_eq!(text::<((), (String,))>(), "value ((), (str,))");
    assert_eq!(text::<std::num::NonZeroU32>(), "value u32");
    assert_eq!(text::<uuid::Uuid>(), "value bytes");
    assert_eq!(text::<jiff::Timestamp>(), "value str");
    assert_eq!(text::<Box<[u8; 3]>>(), "value (u8, u8, u8)");
    let duration = "value Duration\n\nstruct Duration strict\n  nanos: u32\n  secs: u64";
    assert_eq!(text::<std::time::Duration>(), duration);
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: Id,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(alias = "a_card", alias = "payment")]
    card: Option<Card>,
    when: jiff::civil::Date,
}

#[derive(Serialize, Deserialize)]
struct Id(u32);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Card {
    card_number: String,
    #[serde(rename = "valid: until")]
    valid: (u8, u16),
}

#[test]
fn fields_are_told_with_their_defaults_and_other_names() {
    assert_eq!(
        text::<Order>(),
        r#"value Order

struct Card strict
  card-number: str
  "valid: until": (u8, u16)

struct Order
  card | a_card | payment: Card? = default
  id: u32
  tags: [str] = default
  when: str"#
    );
}

#[derive(Serialize, Deserialize)]
enum Tree {
    Node(Box<Tree>, Vec<Tree>),
    Named { name: String, inner: Option<Box<Tree>>, id: uuid::Uuid },
    Other { other: u8 },
    Leaf,
    Card(Card),
    List(List),
}

#[derive(Serialize, Deserialize)]
struct List(Option<Box<List>>);

#[test]
fn all_variants_are_seen_in_types_within_themselves() {
    assert_eq!(
        text::<Vec<Tree>>(),
        r#"value [Tree]

struct Card strict
  card-number: str
  "valid: until": (u8, u16)

type List List?

enum Tree
  Node (Tree, [Tree])
  Named {id: bytes, inner: Tree? = default, name: str}
  Other {other: u8}
  Leaf
  Card = Card
  List = List"#
    );
}

mod other {
    #[derive(super::Serialize, super::Deserialize)]
    pub(super) struct Card {
        pub(super) number: u64,
    }
}

#[derive(Serialize, Deserialize)]
struct Odd {
    any: Untagged,
    first: Card,
    second: other::Card,
    never: Option<longhaul::Never>,
    pair: Pair<Pair<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Pair<T> {
    left: T,
    right: T,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Text(String),
    Nothing,
}

#[test]
fn what_cannot_be_seen_into_is_told_and_hides_nothing_else() {
    let text = text::<Odd>();
    assert!(text.contains("  any: @opaque any\n"), "{text}");
    assert!(text.contains("  first: Card\n") && text.contains("  second: Card-2\n"), "{text}");
    assert!(text.contains("struct Card-2\n  number: u64"), "{text}");
    assert!(text.contains("  pair: Pair\n") && text.contains("struct Pair\n  left: Pair-2\n"), "{text}");
    assert!(text.contains("struct Pair-2\n  left: u8"), "{text}");
}

#[test]
fn the_fingerprint_is_of_forms_and_not_of_names() {
    mod_with!(one, Point { x: u8, y: Vec<u8> });
    mod_with!(two, Place { x: u8, y: Vec<u8> });
    mod_with!(three, Point { x: u8, y: Vec<u16> });
    let print = |trace: fn(&mut Tracer) -> Type| {
        let mut tracer = Tracer::default();
        let values = vec![("value".to_owned(), trace(&mut tracer))];
        Schema { values, types: tracer.types(), ..Schema::default() }.fingerprint()
    };
    assert_eq!(print(Tracer::trace::<one::Point>), print(Tracer::trace::<two::Place>));
    assert_ne!(print(Tracer::trace::<one::Point>), print(Tracer::trace::<three::Point>));
}

macro_rules! mod_with {
    ($module:ident, $name:ident { $($field:ident: $ty:ty),* }) => {
        mod $module {
            #[derive(super::Serialize, super::Deserialize)]
            pub(super) struct $name { $($field: $ty),* }
        }
    };
}
use mod_with;
