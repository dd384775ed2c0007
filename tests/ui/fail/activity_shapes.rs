use longhaul::prelude::*;

#[activity]
fn not_async(n: u32) -> u32 {
    n
}

#[activity]
async fn borrows(text: &str) {}

#[activity]
async fn generic<T>(value: T) {}

#[activity]
async fn with_self(&self) {}

#[activity]
struct Other;

fn main() {}
