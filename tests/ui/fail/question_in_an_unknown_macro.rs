use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    done: bool,
}

macro_rules! twice {
    ($e:expr) => {
        $e + $e
    };
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let x = twice!(self.check()?);
        Ok(x)
    }

    fn check(&self) -> Result<u32, Failure> {
        Ok(1)
    }
}

fn main() {}
