use longhaul::prelude::*;

#[activity(start_to_clse = "1s")]
async fn misspelt() {}

#[activity(start_to_close = "1 week")]
async fn no_duration() {}

#[activity(retry(max_attempts = 0))]
async fn no_attempts() {}

#[activity(retry(coefficient = 0.5))]
async fn shrinking() {}

#[activity(retry(backoff = 1))]
async fn unknown() {}

#[activity(start_to_close)]
async fn no_value() {}

#[activity(start_to_close = "10s", heartbeat = "30s")]
async fn silent_for_longer_than_it_runs() {}

#[activity(schedule_to_close = "10s", start_to_close = "1m")]
async fn longer_than_all_attempts() {}

#[activity(cancellation = Wait)]
async fn no_such_cancellation() {}

#[activity(max_concurrent = 0)]
async fn none_at_once() {}

#[activity(retry(coefficient = "2.0"))]
async fn factor_in_quotes() {}

#[activity(retry(jitter = 20))]
async fn more_than_all_of_the_wait() {}

fn main() {}
