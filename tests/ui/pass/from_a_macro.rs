#![deny(warnings)]

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

macro_rules! flow {
    ($name:ident, $times:expr, $ty:ty) => {
        #[derive(Default, Serialize, Deserialize)]
        struct $name;

        #[workflow]
        impl $name {
            #[run]
            async fn run(&mut self, n: $ty) -> Result<u32, Failure> {
                let mut sum = 0;
                for i in 0..$times {
                    sum += num(i + n).await?;
                }
                Ok(sum)
            }
        }
    };
}

flow!(Once, 1 + 1, u32);

fn main() {
    assert_eq!(<Once as Workflow>::NAME, "Once");
}
