//! Cancellation scopes, as Temporal's guide has them.

use longhaul::prelude::*;

use super::{is_cancelled, output};
use crate::driven::Driven;

#[activity]
async fn http_get(url: String) -> Result<String, Failure> {
    Ok(url)
}

#[activity]
async fn set_up(url: String) {
    println!("{url} is set up");
}

#[activity]
async fn clean_up(url: String) {
    println!("{url} is cleaned up");
}

/// The document cancels a scope from within. Here what can be cancelled from outside is a task.
#[workflow]
async fn cancel_timer(ctx: &Context) -> Result<String, Failure> {
    let timer = ctx.spawn(async move { ctx.sleep(seconds(1)).await });
    timer.cancel();
    match timer.await {
        Err(Cancelled { .. }) => Ok("the timer was cancelled".to_owned()),
        Ok(()) => Ok("the timer fired".to_owned()),
    }
}

#[test]
fn a_timer_is_cancelled_by_the_workflow() {
    let run = Driven::<cancel_timer>::start(());
    assert_eq!(output(run.ended()), "the timer was cancelled");
}

#[workflow]
async fn multiple_activities_single_timeout(
    urls: Vec<String>,
    limit: std::time::Duration,
) -> Result<Vec<String>, Failure> {
    Ok(timeout(limit, try_join_all(urls.iter().map(|url| http_get(url.clone())))).await??)
}

#[test]
fn several_activities_have_one_deadline() {
    let start = || {
        let urls = vec!["a".to_owned(), "b".to_owned()];
        Driven::<multiple_activities_single_timeout>::start((urls, seconds(5)))
    };
    let mut run = start();
    run.done("http_get b", &"B");
    run.done("http_get a", &"A");
    assert_eq!(output(run.ended()), ["A", "B"]);
    let mut run = start();
    run.done("http_get b", &"B");
    run.fire();
    assert!(run.armed().is_empty(), "what was begun is cancelled");
    assert!(super::failure(run.ended()).contains("the time was up"), "{:?}", run.ended());
}

#[workflow]
async fn non_cancellable(url: String) -> Result<String, Failure> {
    Ok(shield(http_get(url)).await?)
}

#[test]
fn a_shield_keeps_cancellation_from_what_is_in_it() {
    let mut run = Driven::<non_cancellable>::start("a".to_owned());
    run.cancel();
    assert_eq!(run.armed(), ["http_get a"]);
    run.done("http_get a", &"A");
    assert_eq!(output(run.ended()), "A");
}

#[workflow]
async fn resumes_after_cancellation(ctx: &Context, url: String) -> Result<String, Failure> {
    let mut get = ctx.spawn(async move { shield(http_get(url)).await });
    let got = select! {
        got = &mut get => got??,
        // It is told at once, and waits for the activity all the same.
        () = ctx.cancelled() => format!("{} though cancelled", get.await??),
    };
    Ok(got)
}

#[test]
fn a_request_to_cancel_is_seen_while_a_shield_is_waited_for() {
    let mut run = Driven::<resumes_after_cancellation>::start("a".to_owned());
    run.cancel();
    run.done("http_get a", &"A");
    assert_eq!(output(run.ended()), "A though cancelled");
    let mut run = Driven::<resumes_after_cancellation>::start("a".to_owned());
    run.done("http_get a", &"A");
    assert_eq!(output(run.ended()), "A");
}

#[workflow]
async fn nested_cancellation(ctx: &Context, url: String) -> Result<String, Failure> {
    let inner = ctx
        .scope(async {
            shield(set_up(url.clone())).await?;
            let got = timeout(seconds(1), http_get(url.clone())).await;
            if !matches!(got, Ok(Ok(_))) {
                shield(clean_up(url.clone())).await?;
            }
            Ok::<_, Failure>(got??)
        })
        .await;
    inner?
}

#[test]
fn scopes_are_nested() {
    let start = || {
        let mut run = Driven::<nested_cancellation>::start("a".to_owned());
        run.done("set_up a", &());
        run
    };
    let mut run = start();
    run.done("http_get a", &"A");
    assert_eq!(output(run.ended()), "A");
    let mut run = start();
    run.fire();
    run.done("clean_up a", &());
    assert!(super::failure(run.ended()).contains("the time was up"));
    let mut run = start();
    run.cancel();
    assert_eq!(run.armed(), ["clean_up a"]);
    run.done("clean_up a", &());
    assert!(is_cancelled(run.ended()));
    let mut run = Driven::<nested_cancellation>::start("a".to_owned());
    run.cancel();
    assert_eq!(run.armed(), ["set_up a"], "it is shielded");
    run.done("set_up a", &());
    run.done("clean_up a", &());
    assert!(is_cancelled(run.ended()));
}

/// Promises that scopes share are tasks: they belong to where they were spawned.
#[workflow]
async fn shared_scopes(ctx: &Context) -> Result<String, Failure> {
    let mut first = ctx.spawn(http_get("first".to_owned()));
    let mut second = ctx.spawn(http_get("second".to_owned()));
    let (won, other) = ctx
        .scope(async {
            select! {
                got = &mut first => (got, second),
                got = &mut second => (got, first),
            }
        })
        .await?;
    Ok(format!("{} before {}", won??, other.await??))
}

/// What is begun in a shield is shielded wherever it is awaited.
#[workflow]
async fn shield_awaited_outside(ctx: &Context) -> Result<String, Failure> {
    let shielded = ctx.spawn(async move { shield(http_get("a".to_owned())).await });
    Ok(shielded.await??)
}

#[test]
fn a_shield_that_was_begun_elsewhere_is_awaited() {
    let mut run = Driven::<shield_awaited_outside>::start(());
    run.cancel();
    run.done("http_get a", &"A");
    assert_eq!(output(run.ended()), "A");
}

#[test]
fn what_scopes_share_is_not_cancelled_with_them() {
    let mut run = Driven::<shared_scopes>::start(());
    run.done("http_get second", &"B");
    assert_eq!(run.armed(), ["http_get first"]);
    run.done("http_get first", &"A");
    assert_eq!(output(run.ended()), "B before A");
}
