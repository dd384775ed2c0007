use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Generic<T>(T);

#[workflow]
impl<T: Stored> Generic<T> {
    #[run]
    async fn run(&mut self, value: T) {
        self.0 = value;
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Listed<T>(Vec<T>);

#[derive(Serialize, Deserialize)]
struct NoDefault<T>(T);

#[workflow(for = [Listed<u32>, Listed<u64> as "Listed<u32>", Generic<u32>], at = 3)]
impl<T: Stored> Listed<T> {
    #[run]
    async fn run(&mut self, value: T) {
        self.0.push(value);
    }
}

#[workflow(for = [NoDefault<u32>])]
impl<T: Stored> NoDefault<T> {
    #[run]
    async fn run(&mut self, value: T) {
        self.0 = value;
    }
}

mod other {
    use longhaul::prelude::*;

    #[derive(Default, Serialize, Deserialize)]
    pub struct Good<T>(Vec<T>);

    #[workflow(for = [Good<u32>])]
    impl<T: Stored> Good<T> {
        #[run]
        async fn run(&mut self, value: T) {
            self.0.push(value);
        }
    }
}

async fn starts(engine: longhaul::Engine) {
    let _ = engine.start::<other::Good<u64>>(1).await;
}

fn main() {}
