use longhaul::prelude::*;

struct Empty;

#[activities]
impl Empty {
    fn other(&self) {}
}

struct Wrong;

#[activities]
impl Wrong {
    #[activity]
    async fn by_value(self) {}

    #[activity]
    fn not_async(&self) {}

    #[activity]
    async fn borrows(&self, text: &str) {}
}

struct Generic<T>(T);

#[activities]
impl<T> Generic<T> {
    #[activity]
    async fn act(&self) {}
}

struct WithOptions;

#[activities(all)]
impl WithOptions {
    #[activity]
    async fn act(&self) {}
}

fn main() {}
