//! The same workflow bodies as machines, stored and reloaded at every suspension, and as plain async Rust: both do
//! the same things in the same order and end alike.
#![allow(missing_docs)]

mod acts;
mod beyond;
mod cancellation;
mod constructs;
mod described;
mod driven;
mod endings;
mod machine;
mod meanwhile;
mod plain;
mod plain_tasks;
mod seeds;
mod trace;

/// The type of a workflow whose body stands in a theme.
macro_rules! body {
    ($name:ident) => {
        #[derive(Default, Serialize, Deserialize)]
        pub(crate) struct $name {
            pub(crate) log: Vec<String>,
            pub(crate) count: u32,
            pub(crate) name: Option<String>,
            pub(crate) items: Vec<u32>,
        }

        impl $name {
            #[allow(dead_code)]
            fn note(&mut self, text: impl std::fmt::Display) -> u32 {
                self.log.push(text.to_string());
                self.log.len() as u32
            }
        }
    };
}

/// The themes, each in a module; each is compiled twice.
macro_rules! themes {
    ($($theme:ident: $path:literal;)*) => {$(
        pub(crate) mod $theme {
            use super::*;
            use crate::uncompiled::$theme as the_same;

            include!($path);
        }
    )*};
}

macro_rules! all_themes {
    () => {
        themes! {
            at_once: "themes/at_once.rs";
            blocks: "themes/blocks.rs";
            borrows: "themes/borrows.rs";
            branches: "themes/branches.rs";
            captured: "themes/captured.rs";
            chains: "themes/chains.rs";
            collections: "themes/collections.rs";
            conditions: "themes/conditions.rs";
            control: "themes/control.rs";
            doors: "themes/doors.rs";
            entries: "themes/entries.rs";
            finds: "themes/finds.rs";
            functions: "themes/functions.rs";
            items: "themes/items.rs";
            items_within: "themes/items_within.rs";
            joins: "themes/joins.rs";
            kept_tasks: "themes/kept_tasks.rs";
            late: "themes/late.rs";
            loops: "themes/loops.rs";
            macros: "themes/macros.rs";
            matches: "themes/matches.rs";
            moves: "themes/moves.rs";
            names: "themes/names.rs";
            operands: "themes/operands.rs";
            parts: "themes/parts.rs";
            parts_again: "themes/parts_again.rs";
            patterns: "themes/patterns.rs";
            selects: "themes/selects.rs";
            shapes: "themes/shapes.rs";
            shared: "themes/shared.rs";
            sources: "themes/sources.rs";
            steps: "themes/steps.rs";
            tasks: "themes/tasks.rs";
            teams: "themes/teams.rs";
            teams_money: "themes/teams_money.rs";
            teams_work: "themes/teams_work.rs";
            texts: "themes/texts.rs";
            triggers: "themes/triggers.rs";
            references: "themes/references.rs";
            generics: "themes/generics.rs";
            variables: "themes/variables.rs";
            zips: "themes/zips.rs";
        }
    };
}

/// The bodies, compiled by `#[workflow]`, with a test for each input.
// The bodies are to be odd: each writes something in a way that somebody might.
#[allow(
    clippy::all,
    clippy::pedantic,
    nonstandard_style,
    unreachable_pub,
    unused,
    for_loops_over_fallibles,
    irrefutable_let_patterns
)]
mod compiled {
    use crate::acts::*;
    use crate::machine::*;
    use longhaul::codec::encode;
    use longhaul::prelude::*;

    /// The name of the test says something of the body.
    macro_rules! bodies {
        ($($workflow:ident { $($test:ident($($input:expr),*);)* })*) => {$(
            body!($workflow);
            $(#[test]
            fn $test() {
                let mut workflow = the_same::$workflow::default();
                let expected = crate::plain::run(workflow.run(&crate::plain::Context, $($input),*));
                for between in [Between::Reload, Between::StayInMemory] {
                    let (compiled, trace) = run::<$workflow>(($($input),*), between);
                    trace.assert_same(&expected);
                    assert_eq!(compiled.log, workflow.log);
                    assert_eq!(encode(&compiled).unwrap(), encode(&workflow).unwrap(), "of the whole value");
                }
            })*
        )*};
    }

    /// Tests of a theme that hold both against each other by themselves.
    macro_rules! checks {
        ($($checks:item)*) => { $($checks)* };
    }

    all_themes!();
}

/// The bodies, as rustc compiles them.
#[allow(
    clippy::all,
    clippy::pedantic,
    nonstandard_style,
    unreachable_pub,
    unused,
    for_loops_over_fallibles,
    irrefutable_let_patterns
)]
mod uncompiled {
    use crate::acts::*;
    use crate::plain::*;
    use futures::{join, try_join};
    use longhaul::prelude::{Deserialize, Failure, Serialize, Stored, seconds};
    use longhaul_macros::workflow_plain as workflow;

    /// Branches in order, as in a workflow.
    macro_rules! select {
        (biased; $($branches:tt)*) => { tokio::select! { biased; $($branches)* } };
        ($($branches:tt)*) => { tokio::select! { biased; $($branches)* } };
    }

    macro_rules! bodies {
        ($($workflow:ident { $($tests:tt)* })*) => { $(body!($workflow);)* };
    }

    macro_rules! checks {
        ($($checks:item)*) => {};
    }

    all_themes!();
}
