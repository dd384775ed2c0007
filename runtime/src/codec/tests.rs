use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::*;

fn back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    decode(&encode(value).unwrap()).unwrap()
}

fn refused<T: DeserializeOwned>(bytes: &[u8]) -> String {
    match decode_slice::<T>(bytes) {
        Ok(_) => panic!("{bytes:02x?} was read"),
        Err(error) => error.to_string(),
    }
}

mod depth {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Chain {
        End,
        Link { next: Box<Chain> },
    }

    fn chain(links: usize) -> Chain {
        (0..links).fold(Chain::End, |next, _| Chain::Link { next: Box::new(next) })
    }

    /// An option beside each level, to the innermost.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Node {
        mark: Option<u8>,
        next: Option<Box<Node>>,
    }

    fn node(levels: usize) -> Node {
        let last = Node { mark: Some(1), next: None };
        (1..levels).fold(last, |node, _| Node { mark: Some(1), next: Some(Box::new(node)) })
    }

    #[test]
    fn what_was_encoded_decodes_however_deep_it_nests() {
        for links in 0..400 {
            if let Ok(payload) = encode(&chain(links)) {
                assert_eq!(decode::<Chain>(&payload).unwrap(), chain(links), "{links} links");
            }
            if let Ok(payload) = encode(&node(links)) {
                assert_eq!(decode::<Node>(&payload).unwrap(), node(links), "{links} links");
            }
        }
        assert!(encode(&node(MAX_DEPTH)).is_ok());
        assert!(encode(&node(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn what_nests_too_deep_is_refused_when_it_is_encoded() {
        let error = encode(&chain(400)).unwrap_err();
        assert!(error.to_string().contains("nests deeper than 128 levels"), "{error}");
        encode(&chain(60)).unwrap();
    }

    #[test]
    fn bytes_that_nest_too_deep_are_refused_and_not_followed() {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(untagged)]
        enum Any {
            Many(Vec<Any>),
            Number(u8),
        }
        for begun in [0x81, 0x9f, 0xa1, 0xc1] {
            let bytes = vec![begun; 1_000_000];
            refused::<IgnoredAny>(&bytes);
            refused::<Any>(&bytes);
            refused::<Chain>(&bytes);
            refused::<Vec<IgnoredAny>>(&bytes);
        }
    }

    #[test]
    fn a_type_of_nothing_but_an_option_of_itself_comes_to_an_end() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code)]
        struct Same(Option<Box<Same>>);
        assert!(refused::<Same>(&[0x01]).contains("nests deeper"));
        assert!(decode_slice::<Same>(&[0xf6]).unwrap().0.is_none());
    }
}

/// All that serde has a call for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Everything {
    numbers: (u8, u16, u32, u64, u128, i8, i16, i32, i64, i128),
    fractions: (f32, f64),
    truth: bool,
    letter: char,
    text: String,
    bytes: Payload,
    nothing: (),
    unit: Unit,
    newtype: Newtype,
    pair: Pair,
    some: Option<u8>,
    none: Option<u8>,
    list: Vec<String>,
    map: BTreeMap<u16, String>,
    variants: Vec<Variants>,
    #[serde(flatten)]
    flat: Flat,
    untagged: Vec<Untagged>,
    tagged: Tagged,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newtype(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pair(u8, String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Variants {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: u8, b: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    height: u64,
    below: i64,
    deeper: BTreeMap<String, Vec<bool>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Signed(i64),
    Fraction(f64),
    Truth(bool),
    Text(String),
    List(Vec<Untagged>),
    Map(BTreeMap<String, Untagged>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    One { a: u64 },
}

fn everything() -> Everything {
    let numbers = (1, 300, 70_000, u64::MAX, u128::MAX, -1, -300, i32::MIN, i64::MIN, i128::MIN);
    let list = vec!["a".to_owned(), "ü".repeat(40), "x".repeat(300)];
    let untagged = vec![
        Untagged::Signed(-7),
        Untagged::Fraction(0.5),
        Untagged::Truth(true),
        Untagged::Text("text".to_owned()),
        Untagged::List(vec![Untagged::Signed(1)]),
        Untagged::Map(BTreeMap::from([("key".to_owned(), Untagged::Truth(false))])),
    ];
    Everything {
        numbers,
        fractions: (1.5, -2.25),
        truth: true,
        letter: '😀',
        text: String::new(),
        bytes: Payload(vec![0, 255, 128]),
        nothing: (),
        unit: Unit,
        newtype: Newtype("new".to_owned()),
        pair: Pair(9, "pair".to_owned()),
        some: Some(3),
        none: None,
        list,
        map: BTreeMap::from([(1, "one".to_owned()), (500, "more".to_owned())]),
        variants: vec![
            Variants::Unit,
            Variants::Newtype(1),
            Variants::Tuple(2, "t".to_owned()),
            Variants::Struct { a: 3, b: None },
        ],
        flat: Flat {
            height: u64::MAX,
            below: i64::MIN,
            deeper: BTreeMap::from([("d".to_owned(), vec![true, false])]),
        },
        untagged,
        tagged: Tagged::One { a: 5 },
    }
}

#[test]
fn whatever_serde_has_a_call_for_is_read_back() {
    assert_eq!(back(&everything()), everything());
    for number in [0, 1, 23, 24, 255, 256, 65_535, 65_536, i64::from(u32::MAX), 1 << 32, i64::MAX] {
        assert_eq!((back(&number), back(&-number)), (number, -number));
        assert_eq!(back(&Untagged::Signed(-number)), Untagged::Signed(-number));
        assert_eq!(back(&u128::from(number.unsigned_abs())), u128::from(number.unsigned_abs()));
    }
}

#[test]
fn values_are_written_as_they_always_were() {
    /// A length that is not known before: an array with its end marked.
    struct Odd;
    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((1..6_u8).filter(|number| number % 2 == 1))
        }
    }
    let hex = |payload: Payload| {
        let mut hex = String::new();
        payload.0.iter().try_for_each(|byte| write!(hex, "{byte:02x}")).unwrap();
        hex
    };
    // {"Struct": {"a": 3, "b": null}}
    assert_eq!(hex(encode(&Variants::Struct { a: 3, b: None }).unwrap()), "a166537472756374a26161036162f6");
    // {"Tuple": [2, "t"]}
    assert_eq!(hex(encode(&Variants::Tuple(2, "t".to_owned())).unwrap()), "a1655475706c6582026174");
    assert_eq!(hex(encode(&Variants::Unit).unwrap()), "64556e6974");
    assert_eq!(hex(encode(&((), Unit, Newtype("n".to_owned()))).unwrap()), "838080616e");
    assert_eq!(
        hex(encode(&(u128::MAX, -1_i8, 1.5_f32)).unwrap()),
        format!("83c250{}20fa3fc00000", "ff".repeat(16))
    );
    assert_eq!(hex(encode(&Payload(vec![1, 2])).unwrap()), "420102");
    assert_eq!(hex(encode(&Odd).unwrap()), "9f010305ff");
}

#[test]
fn a_value_by_its_display_is_a_text() {
    struct Shown(usize);
    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..self.0).try_for_each(|number| write!(f, "{} ", number % 10))
        }
    }
    impl Serialize for Shown {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }
    for length in [0, 3, 400] {
        assert_eq!(decode::<String>(&encode(&Shown(length)).unwrap()).unwrap(), Shown(length).to_string());
    }
}

#[test]
fn texts_and_bytes_in_pieces_are_read() {
    let pieces = b"\x7f\x62ab\x60\x61c\xff";
    assert_eq!(decode_slice::<String>(pieces).unwrap(), "abc");
    assert_eq!(decode_slice::<String>(b"\x7f\xff").unwrap(), "");
    assert_eq!(decode_slice::<Payload>(b"\x5f\x41\x01\x41\x02\xff").unwrap().0, [1, 2]);
    // As the name of a field and of a variant; what follows a text in pieces is not taken for it.
    assert_eq!(
        decode_slice::<(Tagged, String, Variants)>(
            b"\x83\xa2\x64kind\x63One\x7f\x61a\xff\x05\x60\x7f\x64Unit\xff"
        )
        .unwrap(),
        (Tagged::One { a: 5 }, String::new(), Variants::Unit)
    );
    assert!(refused::<String>(b"\x7f\x62\xc3\x28\xff").contains("Utf8"));
    refused::<String>(b"\x62\xc3\x28");
}

#[test]
fn what_a_variant_has_in_it_is_what_is_wanted() {
    assert!(refused::<Variants>(b"\xa1\x64Unit\x01").contains("nothing in it"));
    assert!(refused::<Variants>(b"\x67Newtype").contains("something in it"));
    assert!(refused::<Variants>(b"\xa2\x67Newtype\x01\x67Newtype\x01").contains("another map"));
    assert!(refused::<Variants>(b"\x01").contains("neither"));
    assert!(refused::<Variants>(b"\x65Other").contains("unknown variant `Other`"));
}

#[test]
fn the_number_of_elements_is_what_is_wanted() {
    assert!(refused::<(u8, u8)>(b"\x83\x01\x02\x03").contains("2 elements are wanted, and 3 are there"));
    assert!(refused::<(u8, u8)>(b"\x9f\x01\x02\xff").contains("2 elements are wanted"));
    assert!(refused::<Vec<u8>>(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01\xff").contains("end where"));
    assert!(refused::<BTreeMap<u8, u8>>(b"\xba\x00\xff\xff\xff\x01").contains("end where"));
    assert!(refused::<u8>(b"").contains("Eof"));
}

#[test]
fn a_newer_type_reads_what_an_older_one_wrote() {
    #[derive(Serialize)]
    struct Old {
        kept: u8,
        gone: Vec<Option<Variants>>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct New {
        #[serde(default)]
        added: Option<String>,
        kept: u32,
    }
    let old = Old { kept: 4, gone: vec![None, Some(Variants::Struct { a: 1, b: None })] };
    assert_eq!(decode::<New>(&encode(&old).unwrap()).unwrap(), New { added: None, kept: 4 });
}

#[test]
fn an_error_of_a_type_s_own_is_told_with_the_type() {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    let error = encode(&vec![Refuses]).unwrap_err().to_string();
    assert!(error.contains("Refuses") && error.contains("not today"), "{error}");
    // What was written before it does not get into the next.
    assert_eq!(encode(&1_u8).unwrap().0, [1]);
    let error = refused::<Pair>(b"\x61x");
    assert!(error.contains("Pair"), "{error}");
}

/// Reads the bytes as all sorts of types: none of them may panic.
fn read_as_anything(bytes: &[u8]) {
    let _ = decode_slice::<Everything>(bytes);
    let _ = decode_slice::<Vec<Variants>>(bytes);
    let _ = decode_slice::<Untagged>(bytes);
    let _ = decode_slice::<Tagged>(bytes);
    let _ = decode_slice::<BTreeMap<String, Option<f64>>>(bytes);
    let _ = decode_slice::<(u128, i128, char)>(bytes);
    let _ = decode_slice::<IgnoredAny>(bytes);
    let payload = Payload(bytes.to_vec());
    let _ = format!("{payload:?}");
    assert!(same(&payload, &payload));
}

#[test]
fn damaged_bytes_are_an_error_or_another_value_and_never_a_panic() {
    let whole = encode(&everything()).unwrap().0;
    for end in 0..whole.len() {
        refused::<Everything>(&whole[..end]);
        read_as_anything(&whole[..end]);
    }
    for at in 0..whole.len() {
        for byte in [0x00, 0x18, 0x3b, 0x5f, 0x7f, 0x80, 0x9f, 0xa1, 0xbf, 0xc2, 0xc3, 0xf6, 0xfb, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            let _ = decode_slice::<Everything>(&damaged);
        }
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    for _ in 0..20_000 {
        let len = rng.random_range(0..40);
        read_as_anything(&(0..len).map(|_| rng.random()).collect::<Vec<u8>>());
    }
}

#[test]
fn the_head_of_a_text_and_of_a_byte_string_is_that_of_another_encoder_at_each_length() {
    for len in [0, 1, 22, 23, 24, 25, 254, 255, 256, 257, 65_534, 65_535, 65_536, 65_537] {
        let text = "x".repeat(len);
        let mut expected = BufWriter::new(Vec::new());
        text.as_str().encode(&mut expected).unwrap();
        let mut out = Writer::default();
        out.text(&text);
        assert_eq!(out.bytes(), expected.buffer(), "a text of {len} bytes");

        let bytes = vec![7; len];
        let mut expected = BufWriter::new(Vec::new());
        cbor4ii::core::types::Bytes(bytes.as_slice()).encode(&mut expected).unwrap();
        let mut out = Writer::default();
        out.begin_bytes(len);
        out.raw(&bytes);
        assert_eq!(out.bytes(), expected.buffer(), "a byte string of {len} bytes");
    }
}
