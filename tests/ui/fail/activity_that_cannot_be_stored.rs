use longhaul::prelude::*;

struct Plain;

#[activity]
async fn takes(plain: Plain) {}

#[activity]
async fn gives() -> Plain {
    Plain
}

fn main() {}
