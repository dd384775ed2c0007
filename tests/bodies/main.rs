//! The same workflow bodies as machines, stored and reloaded at every suspension, and as plain async Rust: both do
//! the same things in the same order and end alike.
#![allow(missing_docs)]

mod acts;
mod beyond;
mod machine;
mod plain;
mod trace;

/// The bodies, compiled by `#[workflow]`.
// The bodies are to be odd: each writes something in a way that somebody might.
#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused, for_loops_over_fallibles)]
mod compiled {
    use crate::acts::*;
    use crate::machine::*;
    use longhaul::prelude::*;

    include!("bodies.rs");
}

/// The bodies, as rustc compiles them.
// The bodies are to be odd: each writes something in a way that somebody might.
#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused, for_loops_over_fallibles)]
mod uncompiled {
    use crate::acts::*;
    use crate::plain::*;
    use futures::{join, try_join};
    use longhaul::prelude::{Deserialize, Failure, Serialize, seconds};
    use longhaul_macros::workflow_plain as workflow;

    /// Branches in order, as in a workflow.
    macro_rules! select {
        ($($branches:tt)*) => { tokio::select! { biased; $($branches)* } };
    }

    include!("bodies.rs");
}

/// One test for each body, which the name of the test says something of.
macro_rules! bodies {
    ($($name:ident: $workflow:ident($($input:expr),*);)*) => {$(
        #[test]
        fn $name() {
            let mut workflow = uncompiled::$workflow::default();
            let expected = plain::run(workflow.run(&plain::Context, $($input),*));
            for between in [machine::Between::Reload, machine::Between::StayInMemory] {
                let (compiled, trace) = machine::run::<compiled::$workflow>(($($input),*), between);
                trace.assert_same(&expected);
                assert_eq!(compiled.log, workflow.log);
            }
        }
    )*};
}

bodies! {
    operands_are_evaluated_in_order: Operands(3);
    method_chains_keep_their_receivers: Chains(3);
    literals_are_evaluated_in_order: Literals(3);
    assignments_evaluate_the_value_first: Assignments(3);
    and_and_or_evaluate_only_what_is_needed: ShortCircuits(3);
    macros_evaluate_their_arguments_in_order: Macros(3);
    macros_that_test_evaluate_the_test: MacrosThatTest(3);
    a_macro_can_return_early: MacrosThatTest(9);
    a_question_mark_in_a_macro_returns: MacrosThatTest(51);
    branches_are_taken_as_in_rust: Branches(3);
    branches_the_other_way: Branches(2);
    branches_a_third_way: Branches(5);
    if_let_binds: IfLets(3);
    if_let_else: IfLets(0);
    let_else_passes: LetElses(3);
    let_else_diverges: LetElses(0);
    let_else_awaits_in_else: LetElses(1);
    matches_bind_by_value: Matches(3);
    a_match_on_a_constant: Matches(7);
    a_match_that_returns: Matches(9);
    matches_on_awaited_values: MatchesOnAwaited(3);
    a_match_guard_that_returns: MatchesOnAwaited(101);
    guards_see_the_bindings: Guards(1);
    loops_break_with_values: LoopValues(3);
    while_tests_each_time: Whiles(4);
    while_let_tests_each_time: WhileLets(5);
    ranges_are_counted: Ranges(3);
    owned_items_are_drained: OwnedItems(3);
    borrowed_items_are_found_again: BorrowedItems(3);
    items_are_changed_in_place: ChangedItems(3);
    maps_and_options_are_gone_over: MapsAndOptions(3);
    labels_name_the_loop: Labels(4);
    labelled_blocks_are_left: LabelledBlocks(1);
    labelled_blocks_fall_through: LabelledBlocks(2);
    labelled_blocks_break_from_loops: LabelledBlocks(4);
    returns_leave_from_loops: EarlyReturns(3);
    returns_with_an_await: EarlyReturns(4);
    returns_from_a_value: EarlyReturns(6);
    the_first_return: EarlyReturns(0);
    a_tail_return: EarlyReturns(2);
    question_marks_pass: Questions(3);
    a_question_mark_after_an_await_returns: Questions(80);
    a_question_mark_in_a_loop_returns: Questions(9);
    a_question_mark_on_a_plain_call_returns: Questions(5);
    question_marks_on_options_pass: QuestionsOnOptions(4);
    question_marks_on_options_return: QuestionsOnOptions(1);
    shadowed_in_one_scope: ShadowsInOneScope(3);
    shadowed_in_inner_scopes: ShadowsInInnerScopes(3);
    shadowed_in_inner_scopes_and_left: ShadowsInInnerScopes(60);
    shadowed_in_loops: ShadowsInLoops(4);
    borrows_of_kept_places_are_made_again: Borrows(3);
    mutable_borrows_of_kept_places_are_made_again: MutableBorrows(3);
    string_literals_are_kept: StringLiterals(3);
    types_are_inferred_from_later_code: LateTypes(3);
    variables_are_initialised_later: Uninitialised(3);
    variables_are_initialised_elsewhere: Uninitialised(2);
    parameters_are_patterns: Parameters((1, 2), vec!["a".to_owned()], acts::Point::default(), true, [1, 2]);
    helpers_are_part_of_the_machine: Helpers(3);
    helpers_call_helpers: NestedHelpers(3);
    a_helper_calls_itself: Recursion(3);
    helpers_without_self: Static(3);
    join_waits_for_all: Joins(3);
    try_join_gives_all: TryJoins(3);
    try_join_gives_the_first_error: TryJoinsThatFail(3);
    blocks_are_joined: JoinsOfBlocks(3);
    select_takes_the_first: Selects(3);
    select_is_entered_again: SelectsInLoops(3);
    select_handlers_leave_the_loop: SelectHandlers(3);
    select_handlers_return: SelectHandlers(2);
    select_handlers_match: SelectHandlers(1);
    timeout_is_a_race: Timeouts(3);
    timeout_of_a_fast_helper: Timeouts(1);
    timeout_of_a_block: TimeoutsOfBlocks(3);
    timeout_of_a_longer_block: TimeoutsOfBlocks(5);
    constructs_nest: NestedConcurrency(3);
    constructs_stand_in_loops: ConcurrencyInLoops(3);
    a_return_in_a_block_ends_the_block: ReturnsInBlocks(3);
    a_return_in_a_block_from_a_loop: ReturnsInBlocks(1);
    what_is_not_storable_lives_between_awaits: Unstorable(3);
    items_stand_in_bodies: Items(3);
    closures_stay_as_they_are: Closures(3);
    names_do_not_collide: Collisions(3);
    keywords_are_names: Keywords(3);
    a_tail_match_with_a_call: Tails(0);
    a_tail_if: Tails(1);
    a_tail_loop: Tails(2);
    a_tail_block: Tails(3);
    a_tail_labelled_block: Tails(5);
    a_tail_error: Tails(6);
    patterns_bind: Patterns(3);
    slices_are_borrowed_again: Slices(3);
    iterators_over_kept_places_are_found_again: Adapters(3);
    if_let_borrows_are_made_again: IfLetBorrows(3);
    match_borrows_are_made_again: MatchBorrows(3);
    indexes_are_evaluated_where_they_stand: Indexed(3);
    branches_have_many_forms: BranchForms(3);
    borrows_with_a_written_type_keep_it: TypedBorrows(3);
    what_is_awaited_begins_when_it_is_awaited: LaterBeginnings(3);
    functions_are_values: FunctionValues(3);
    code_without_awaits_leaves_loops: Verbatim(4);
    code_without_awaits_continues_loops: Verbatim(3);
    all_nested_in_all: DeepNesting(6);
    values_move: Moves(3);
    values_move_the_other_way: Moves(1);
    a_workflow_without_input: NoContext();
    a_match_breaks_a_loop: BreakFromMatch(3);
    strings_are_joined: Strings(3);
    a_workflow_without_output: Unit(3);
    a_workflow_that_returns_nothing_early: Unit(1);
}
