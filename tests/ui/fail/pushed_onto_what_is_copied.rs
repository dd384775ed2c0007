//! A type that is `Copy`, and a method that changes what it is called on by all custom.
use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[derive(Default, Clone, Copy, Serialize, Deserialize)]
struct Ring {
    last: [u32; 4],
}

impl Ring {
    fn push(self, n: u32) -> Ring {
        Ring { last: [n, self.last[0], self.last[1], self.last[2]] }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Numbers {
    ring: Ring,
}

#[workflow]
impl Numbers {
    #[run]
    async fn run(&mut self) -> Result<(), Failure> {
        self.ring = self.ring.push(num(1).await?);
        Ok(())
    }
}

fn main() {}
