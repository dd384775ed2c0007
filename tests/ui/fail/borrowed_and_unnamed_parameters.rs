use longhaul::prelude::*;

#[derive(Serialize, Deserialize)]
struct Unique {
    id: u32,
}

trait Shape {
    fn area(&self) -> u32;
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, name: &str) -> Result<u32, Failure> {
        self.helper(ctx, &mut 1).await;
        Ok(1)
    }

    async fn helper(&mut self, ctx: &Context, sum: &mut u32) {
        *sum += 1;
    }

    async fn other(&mut self, pair: (&str, u32), name: impl Into<String>, on: &'static str) -> &u32 {
        &self.items[0]
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Copies {
    items: Vec<u32>,
}

#[workflow]
impl Copies {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.helper(ctx, &Unique { id: 1 }).await;
    }

    async fn helper(&mut self, ctx: &Context, unique: &Unique) {
        ctx.sleep(seconds(1)).await;
        self.items.push(unique.id);
    }
}

#[workflow]
async fn paint(shape: &dyn Shape, name: impl std::fmt::Display) -> u32 {
    shape.area()
}

fn main() {}
