//! Reading a `&'static str`. Its text is stored; when it is read back it is looked up among those that were read before, so
//! that each is in memory once, as a literal of the program is.
//!
//! serde asks for a `&str` in the same way as for any text that is put together of it, such as a date; what tells them apart
//! is the type of the visitor, which is serde's own. To keep all of the others would be a leak.

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::de::value::Error;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Whether `V` wants a text that lives as long as the program.
#[inline]
pub(super) fn is_text<V>() -> bool {
    static VISITORS: LazyLock<[&str; 2]> = LazyLock::new(|| [visitor_of::<&str>(), visitor_of::<&Path>()]);
    VISITORS.contains(&type_name::<V>())
}

/// Whether `V` wants bytes that live as long as the program.
#[inline]
pub(super) fn is_bytes<V>() -> bool {
    static VISITOR: LazyLock<&str> = LazyLock::new(visitor_of::<&[u8]>);
    *VISITOR == type_name::<V>()
}

/// The one copy of a text. There are no more than there are different literals in what was stored.
#[inline(never)]
pub(super) fn text(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let text: &'static str = text.to_owned().leak();
    texts.insert(text);
    text
}

/// The one copy of some bytes.
#[inline(never)]
pub(super) fn bytes(bytes: &[u8]) -> &'static [u8] {
    static ALL: Mutex<BTreeSet<&'static [u8]>> = Mutex::new(BTreeSet::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(bytes) {
        return known;
    }
    let bytes: &'static [u8] = bytes.to_owned().leak();
    all.insert(bytes);
    bytes
}

/// What a type is read by.
fn visitor_of<T: Deserialize<'static>>() -> &'static str {
    struct Asked<'a>(&'a mut &'static str);

    impl Deserializer<'static> for Asked<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Error> {
            *self.0 = type_name::<V>();
            Err(de::Error::custom(Seen))
        }

        forward_to_deserialize_any! {
            <V: Visitor<'static>>
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    /// That is all there was to know.
    struct Seen;

    impl fmt::Display for Seen {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the visitor was seen")
        }
    }

    let mut visitor = "";
    // It is an error in any case.
    drop(T::deserialize(Asked(&mut visitor)));
    visitor
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::path::PathBuf;

    use serde::{Deserialize, Serialize};

    use crate::codec::{decode, encode};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Step {
        name: &'static str,
        others: Vec<(&'static str, Option<&'static str>)>,
    }

    #[test]
    fn a_text_is_the_same_after_reading_and_in_memory_once() {
        let step = Step { name: "pack", others: vec![("ship", None), ("weigh", Some("pack"))] };
        let read: Step = decode(&encode(&step).unwrap()).unwrap();
        assert_eq!(read, step);
        assert!(std::ptr::eq(read.name, read.others[1].1.unwrap()));
        let path: &std::path::Path = decode(&encode(&PathBuf::from("a/b")).unwrap()).unwrap();
        assert_eq!(path, PathBuf::from("a/b"));
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Note {
        Fixed { text: &'static str },
        Numbered(u32, &'static str),
        Free(String),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Event {
        Sent { by: &'static str, to: String },
        Lost,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", content = "of")]
    enum Reply {
        Said(&'static str),
        Silent { since: u64 },
    }

    /// serde asks for the bound where a type has such a text only within a field's type.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(bound(deserialize = "'de: 'static"))]
    struct All {
        notes: Vec<Note>,
        #[serde(flatten)]
        step: Step,
        events: Vec<Event>,
        replies: Vec<Reply>,
        own: String,
    }

    #[test]
    fn a_text_is_read_of_what_serde_puts_aside() {
        let all = All {
            notes: vec![
                Note::Fixed { text: "aside" },
                Note::Numbered(3, "aside, too"),
                Note::Free("free".to_owned()),
            ],
            step: Step { name: "flat", others: vec![("within", Some("pack"))] },
            events: vec![Event::Sent { by: "mail", to: "ada".to_owned() }, Event::Lost],
            replies: vec![Reply::Said("yes"), Reply::Silent { since: 3 }],
            own: "own".to_owned(),
        };
        assert_eq!(decode::<All>(&encode(&all).unwrap()).unwrap(), all);
        // One at a time, so that none is read because another is.
        for note in all.notes {
            assert_eq!(decode::<Note>(&encode(&note).unwrap()).unwrap(), note);
        }
        for event in all.events {
            assert_eq!(decode::<Event>(&encode(&event).unwrap()).unwrap(), event);
        }
        for reply in all.replies {
            assert_eq!(decode::<Reply>(&encode(&reply).unwrap()).unwrap(), reply);
        }
        assert_eq!(decode::<Step>(&encode(&all.step).unwrap()).unwrap(), all.step);
    }

    #[test]
    fn of_what_is_put_aside_and_wrong_the_first_error_is_told() {
        let error = decode::<Event>(&encode("nothing of the kind").unwrap()).unwrap_err().to_string();
        assert!(error.contains("internally tagged enum Event"), "{error}");
    }

    #[test]
    fn what_is_no_literal_is_not_kept() {
        let known = super::is_text::<String>();
        let cow: Cow<'static, str> = decode(&encode("a text of its own").unwrap()).unwrap();
        assert!(matches!(cow, Cow::Owned(_)));
        // Read by `deserialize_str`, as a literal is.
        let id = uuid::Uuid::from_u128(7);
        assert_eq!(decode::<String>(&encode(&id.to_string()).unwrap()).unwrap(), id.to_string());
        assert!(!known && !super::is_text::<uuid::Uuid>());
        assert_eq!(super::visitor_of::<&str>(), super::visitor_of::<&str>());
        assert_ne!(super::visitor_of::<&str>(), super::visitor_of::<String>());
        assert_ne!(super::visitor_of::<&[u8]>(), super::visitor_of::<&str>());
    }
}
