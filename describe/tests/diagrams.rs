//! Diagrams are what their languages say, whatever the names and texts in them.
#![allow(missing_docs)]

mod read;

use longhaul_describe::{Branch, Cause, Machine, Slot, State, Transition, Wait, dot, mermaid};
use read::{Dot, Mermaid};

const fn state<'a>(name: &'a str, waits_for: &'a str, wait: Wait<'a>) -> State<'a> {
    State { name, waits_for, wait, ..State::START }
}

const fn within<'a>(mut state: State<'a>, of: &'a str, number: u16) -> State<'a> {
    state.within = Some(Branch { of, number });
    state
}

const fn way<'a>(from: &'a str, to: &'a str, cause: Cause) -> Transition<'a> {
    Transition { from, to, cause }
}

/// A run that calls a helper, races two branches, one of which joins two others, and comes back.
fn machines() -> [Machine<'static>; 2] {
    const RUN_STATES: &[State<'static>] = &[
        State::START,
        state("AwaitHelp", "self.help(\"a\\n\")", Wait::Call { method: "help" }),
        state("AwaitSelect", "select! { a => b, c => d }", Wait::Select),
        within(state("AwaitJoin", "join!(a(1), b(2))", Wait::Join), "AwaitSelect", 0),
        within(state("AwaitA", "a(1)", Wait::Operation), "AwaitJoin", 0),
        within(state("AwaitB", "b(2)", Wait::Operation), "AwaitJoin", 1),
        within(state("AwaitSleep", "ctx.sleep(days(1))", Wait::Timer), "AwaitSelect", 1),
        State::DONE,
    ];
    const RUN_WAYS: &[Transition<'static>] = &[
        way("Start", "AwaitHelp", Cause::Started),
        way("AwaitHelp", "AwaitSelect", Cause::Result),
        way("AwaitHelp", "Done", Cause::Error),
        way("AwaitSelect", "AwaitJoin", Cause::Entered),
        way("AwaitSelect", "AwaitSleep", Cause::Entered),
        way("AwaitSelect", "AwaitSelect", Cause::Branches),
        way("AwaitSelect", "Done", Cause::Timer),
        way("AwaitJoin", "AwaitA", Cause::Entered),
        way("AwaitJoin", "AwaitB", Cause::Entered),
        way("AwaitA", "AwaitJoin", Cause::Result),
        way("AwaitB", "AwaitJoin", Cause::Result),
        way("AwaitJoin", "AwaitSelect", Cause::Branches),
        way("AwaitSleep", "AwaitSelect", Cause::Timer),
    ];
    const HELP_STATES: &[State<'static>] = &[
        State::START,
        state("AwaitCondition", "ctx.wait_until(|| self.ok)", Wait::Condition),
        state("AwaitHelp", "self.help(x)", Wait::Call { method: "help" }),
        State::DONE,
    ];
    const HELP_WAYS: &[Transition<'static>] = &[
        way("Start", "AwaitCondition", Cause::Started),
        way("AwaitCondition", "AwaitHelp", Cause::Condition),
        way("AwaitHelp", "Done", Cause::Result),
    ];
    let run = Machine {
        workflow: "Flow",
        method: "run",
        file: "",
        states: RUN_STATES,
        transitions: RUN_WAYS,
        slots: Vec::new(),
    };
    let help = Machine { method: "help", states: HELP_STATES, transitions: HELP_WAYS, ..run.clone() };
    [run, help]
}

#[test]
fn branches_are_regions_and_calls_are_drawn_within() {
    let text = mermaid(&machines(), &["AwaitHelp", "AwaitHelp/AwaitCondition"]);
    let read = Mermaid::read(&text);
    let top = |id: &str| read.node(id).unwrap_or_else(|| panic!("{id} is in {text}"));
    assert_eq!(
        top("AwaitHelp").regions,
        [["AwaitHelp__AwaitCondition", "AwaitHelp__AwaitHelp"].map(str::to_owned)]
    );
    assert_eq!(top("AwaitSelect").regions, [["AwaitJoin".to_owned()], ["AwaitSleep".to_owned()]]);
    assert_eq!(top("AwaitJoin").regions, [["AwaitA".to_owned()], ["AwaitB".to_owned()]]);
    // A machine that calls itself is not drawn without end.
    assert!(top("AwaitHelp__AwaitHelp").regions.is_empty());
    assert_eq!(read.lit, ["AwaitHelp", "AwaitHelp__AwaitCondition"]);
    let expected = [
        ("[*]", "AwaitHelp", "started"),
        ("AwaitHelp", "AwaitSelect", "result"),
        ("AwaitHelp", "[*]", "error"),
        ("AwaitSelect", "AwaitSelect", "branches"),
        ("AwaitSelect", "[*]", "timer"),
    ];
    for (from, to, label) in expected {
        assert!(read.has(from, to, label), "{from} --> {to}: {label} is in {text}");
    }
    assert!(read.has("[*]", "AwaitA", "") && read.has("AwaitA", "[*]", "result"));
}

#[test]
fn dot_has_the_same_nodes_and_a_box_for_each_branch() {
    let text = dot(&machines(), &["AwaitSelect"]);
    let read = Dot::read(&text);
    let nodes = Mermaid::read(&mermaid(&machines(), &[])).nodes.into_iter().map(|node| node.id);
    for id in nodes {
        assert!(read.nodes.contains(&id), "{id} is in {text}");
    }
    assert_eq!(read.nodes.len(), 8 + 2, "with a start and an end: {text}");
    // One for each of two selects' and two joins' branches and one for the call, each in one for its node.
    assert_eq!(read.boxes, 3 + 5, "{text}");
    assert!(
        read.edges.contains(&("AwaitHelp".to_owned(), "AwaitSelect".to_owned(), "result".to_owned())),
        "{text}"
    );
    assert!(
        text.contains("\"AwaitSelect\" [label=\"AwaitSelect: select!\", fillcolor=\"#ffdd77\", penwidth=2]")
    );
}

/// A run that can end anywhere but in a shield, and awaits a function with a block in it.
fn cancelled() -> [Machine<'static>; 3] {
    const STATES: &[State<'static>] = &[
        State::START,
        state("AwaitScope", "ctx.scope(a())", Wait::Scope),
        within(state("AwaitA", "a()", Wait::Operation), "AwaitScope", 0),
        State { slots: &["await_provision"], ..state("AwaitProvision", "provision(ctx)", Wait::Operation) },
        state("AwaitShield", "shield(b())", Wait::Shield),
        within(state("AwaitB", "b()", Wait::Operation), "AwaitShield", 0),
        State::DONE,
    ];
    const WAYS: &[Transition<'static>] = &[
        way("Start", "AwaitScope", Cause::Started),
        way("AwaitScope", "AwaitA", Cause::Entered),
        way("AwaitScope", "AwaitProvision", Cause::Branches),
        way("AwaitScope", "AwaitShield", Cause::Cancelled),
        way("AwaitA", "AwaitScope", Cause::Result),
        way("AwaitProvision", "AwaitShield", Cause::Result),
        way("AwaitShield", "AwaitB", Cause::Entered),
        way("AwaitShield", "Done", Cause::Branches),
        way("AwaitB", "AwaitShield", Cause::Result),
        way("AwaitA", "AwaitScope", Cause::GivenUp),
        way("AwaitProvision", "Done", Cause::GivenUp),
    ];
    const OF_FUNCTION: (&[State<'static>], &[Transition<'static>]) = (
        &[State::START, state("AwaitTask", "task", Wait::Operation), State::DONE],
        &[way("Start", "AwaitTask", Cause::Started), way("AwaitTask", "Done", Cause::Result)],
    );
    let slot =
        Slot { name: "await_provision", type_name: "CallWait<provision>", functions: vec!["provision"] };
    let [run, _] = machines();
    let run = Machine { states: STATES, transitions: WAYS, slots: vec![slot], ..run };
    let (states, transitions) = OF_FUNCTION;
    let provision =
        Machine { workflow: "provision", method: "provision", states, transitions, slots: Vec::new(), ..run };
    let block = Machine { method: "provision.Task", ..provision.clone() };
    [run, provision, block]
}

#[test]
fn what_a_cancelled_run_does_is_drawn_and_where_it_ends_is_noted() {
    let text = mermaid(&cancelled(), &["AwaitProvision/provision.Task"]);
    let read = Mermaid::read(&text);
    assert!(read.has("AwaitScope", "AwaitShield", "cancelled"), "{text}");
    assert!(!text.contains("given up") && !read.has("AwaitProvision", "[*]", ""), "{text}");
    let note = "cancelled, it can end in any state but AwaitScope, AwaitShield";
    assert_eq!(read.notes, [("AwaitScope".to_owned(), note.to_owned())], "{text}");
    let dot = dot(&cancelled(), &[]);
    assert!(dot.contains(&format!("    label=\"{note}\"\n")), "{dot}");
    Dot::read(&dot);
}

#[test]
fn a_function_is_drawn_where_it_is_awaited_with_its_blocks() {
    let text = mermaid(&cancelled(), &["AwaitProvision/provision.Task"]);
    let read = Mermaid::read(&text);
    let regions = |id: &str| read.node(id).unwrap_or_else(|| panic!("{id} is in {text}")).regions.clone();
    assert_eq!(
        regions("AwaitProvision"),
        [["AwaitProvision__AwaitTask", "AwaitProvision__provision_Task"].map(str::to_owned)]
    );
    assert_eq!(
        regions("AwaitProvision__provision_Task"),
        [["AwaitProvision__provision_Task__AwaitTask".to_owned()]]
    );
    assert_eq!(read.lit, ["AwaitProvision__provision_Task"]);
    assert!(read.node("provision").is_none() && read.node("provision_Task").is_none(), "{text}");
}

#[test]
fn any_text_is_escaped_and_can_be_read_back() {
    let texts = [
        "f(\"quoted\", 'c', \"# ; : { } -- --> [*] %% `\")",
        "a::b::<Vec<u8>>(&x, |y| y % 2 == 0 && z)",
        "ünïcödé(\"日本語 😀\")",
        "\\n \\\" \\\\",
        "state note as class %%{init: {}}%% <br/> &amp; #35; #quot;",
        "x",
    ];
    for waits_for in texts {
        // Names are identifiers, some of which mean something to Mermaid.
        for name in ["AwaitX", "State", "Class", "End", "Größe", "Note"] {
            let states = [State::START, state(name, waits_for, Wait::Operation), State::DONE];
            let transitions = [way("Start", name, Cause::Started), way(name, "Done", Cause::Result)];
            let [run, _] = machines();
            let machine = Machine { states: &states, transitions: &transitions, ..run };
            let expected = format!("{name}: {waits_for}");
            let drawn = mermaid(std::slice::from_ref(&machine), &[]);
            let read = Mermaid::read(&drawn);
            assert_eq!(read.nodes.len(), 1, "{drawn}");
            assert_eq!(read.nodes[0].label, expected, "{drawn}");
            assert_ne!(read.nodes[0].id.to_lowercase(), "state");
            let drawn = dot(&[machine], &[]);
            assert!(Dot::read(&drawn).labels.contains(&expected), "{drawn}");
        }
    }
}

#[test]
fn long_texts_are_cut_between_letters_and_lines_are_joined() {
    let long = format!("f({},\n   2)", "é".repeat(200));
    let states = [State::START, state("AwaitF", &long, Wait::Operation), State::DONE];
    let [run, _] = machines();
    let machine = Machine { states: &states, transitions: &[], ..run };
    let read = Mermaid::read(&mermaid(&[machine], &[]));
    let label = &read.nodes[0].label;
    assert!(
        label.chars().count() <= 72 && label.ends_with('…') && label.starts_with("AwaitF: f(éé"),
        "{label}"
    );
}

#[test]
fn no_machines_is_an_empty_picture() {
    assert_eq!(mermaid(&[], &[]), "stateDiagram-v2\n");
    assert!(Dot::read(&dot(&[], &[])).edges.is_empty());
}
