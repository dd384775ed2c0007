use longhaul::prelude::*;

#[activity]
async fn step() {}

#[derive(Debug, Serialize, Deserialize)]
struct Address {
    city: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    address: Address,
    items: Vec<u32>,
}

fn show(_: Order) {}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, order: Order) -> Result<String, Failure> {
        let mut order = order;
        let old = order.address;
        step().await?;
        order.address = Address { city: old.city + "!" };
        Ok(format!("{order:?}"))
    }

    async fn a_part(&mut self, order: Order) -> Result<String, Failure> {
        let items = order.items;
        step().await?;
        Ok(format!("{order:?} {items:?}"))
    }

    async fn all_of_it(&mut self, order: Order) -> Result<usize, Failure> {
        show(order);
        step().await?;
        Ok(order.items.len())
    }
}

fn main() {}
