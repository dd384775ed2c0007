//! Schemas as text: what is written is read back, and what is none is refused with the line.
#![cfg(feature = "schema")]
#![allow(missing_docs)]

use std::collections::BTreeMap;

use longhaul_describe::schema::{
    Activity, Definition, Field, Form, MachineSchema, Schema, SlotForm, StateSchema, Type, Variant, compare,
};

fn plain(name: &str) -> Type {
    Type::Plain(name.to_owned())
}

fn named(name: &str) -> Type {
    Type::Named(name.to_owned())
}

/// A schema with one of each.
fn full() -> Schema {
    let field = |name: &str, aliases: &[&str], ty, optional| Field {
        name: name.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        ty,
        optional,
    };
    let list = Type::List(Box::new(Type::Option(Box::new(named("Odd name: \"x\"")))));
    let map = Type::Map(Box::new(plain("str")), Box::new(Type::Tuple(vec![plain("u8"), Type::Unit])));
    let fields = vec![field("a", &["b", "c d"], list, true), field("position", &[], map, false)];
    let variant = |name: &str, form| Variant { name: name.to_owned(), form };
    let types = BTreeMap::from([
        ("timer".to_owned(), Definition::Struct { fields: fields.clone(), strict: true }),
        (
            "Odd name: \"x\"".to_owned(),
            Definition::Enum(vec![
                variant("Unit", Form::Unit),
                variant("One", Form::One(Type::Opaque("any".to_owned()))),
                variant("Two", Form::Tuple(vec![plain("i128"), named("Same")])),
                variant("kebab-case", Form::Struct(fields)),
            ]),
        ),
        ("Same".to_owned(), Definition::Same(Type::Option(Box::new(named("Same"))))),
    ]);
    let slot = |name: &str, form| (name.to_owned(), form);
    let slots = vec![
        slot("kept", SlotForm::Kept(named("timer"))),
        slot("opaque", SlotForm::Kept(Type::Opaque("not seen".to_owned()))),
        slot("output", SlotForm::Output(Type::Unit)),
        slot("position", SlotForm::Position),
        slot("activity", SlotForm::Activity("Shop::pack".to_owned())),
        slot("timer", SlotForm::Timer),
        slot("machine", SlotForm::Machine("run.Charge".to_owned())),
        slot("state", SlotForm::Wait("TaskWait<u8>".to_owned())),
    ];
    Schema {
        workflow: "Shop<Card>".to_owned(),
        values: vec![("value".to_owned(), named("timer")), ("error".to_owned(), Type::Unit)],
        signals: vec![("stop".to_owned(), Type::Tuple(vec![plain("bool")]))],
        queries: vec!["done".to_owned()],
        activities: vec![Activity {
            name: "Shop::pack".to_owned(),
            input: Type::Tuple(Vec::from([plain("u8"), plain("u8")])),
            output: plain("f64"),
            error: Type::Unit,
        }],
        machines: vec![MachineSchema {
            name: "run".to_owned(),
            states: vec![
                StateSchema { name: "AwaitJoin".to_owned(), within: None, slots },
                StateSchema {
                    name: "AwaitA".to_owned(),
                    within: Some(("AwaitJoin".to_owned(), 1)),
                    slots: Vec::new(),
                },
            ],
        }],
        types,
    }
}

#[test]
fn what_is_written_is_read_back() {
    let text = full().text();
    assert_eq!(Schema::read(&text).as_ref(), Ok(&full()), "{text}");
    assert_eq!(compare(&full(), &full()), []);
}

#[test]
fn each_line_that_is_changed_is_noticed() {
    let text = full().text();
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        for edited in [format!("{line} x"), format!("{line})"), line.replacen(char::is_alphabetic, "!", 1)] {
            let mut all: Vec<&str> = lines.clone();
            all[number] = &edited;
            let error = Schema::read(&all.join("\n")).expect_err(&edited);
            assert!(!error.reason.is_empty() && error.line > 0, "{edited}: {error}");
        }
        // Without the line it is no schema, or another one; queries alone are not stored.
        let mut all = lines.clone();
        all.remove(number);
        match Schema::read(&all.join("\n")) {
            Ok(read) => assert!(line.starts_with("query "), "`{line}` went unnoticed: {read:?}"),
            Err(error) => assert!(error.to_string().starts_with("line "), "{error}"),
        }
    }
}

#[test]
fn any_text_is_read_or_refused() {
    let text = full().text();
    for end in 0..text.len() {
        if text.is_char_boundary(end) {
            // It does not panic.
            let _ = Schema::read(&text[..end]);
        }
    }
    assert_eq!(Schema::read("").unwrap_err().line, 1);
}
