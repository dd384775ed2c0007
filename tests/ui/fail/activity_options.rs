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

fn main() {}
