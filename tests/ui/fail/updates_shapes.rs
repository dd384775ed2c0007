use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    paid: u32,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
    }

    #[update]
    fn without_self(amount: u32) -> bool {
        amount > 10
    }

    #[update(is_positive)]
    fn other_option(&mut self, amount: u32) -> Result<(), String> {
        self.paid += amount;
        Ok(())
    }

    #[update(validate = is_positive)]
    fn without_result(&mut self, amount: u32) -> u32 {
        self.paid += amount;
        self.paid
    }

    fn is_positive(&self, amount: &u32) -> Result<(), String> {
        if *amount > 0 { Ok(()) } else { Err("nothing to pay".to_owned()) }
    }
}

fn main() {}
