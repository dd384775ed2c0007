#![deny(warnings)]

mod flows {
    mod private {
        use longhaul::prelude::*;

        #[activity]
        pub(super) async fn num(n: u32) -> u32 {
            n
        }

        #[derive(Default, Serialize, Deserialize)]
        pub(super) struct Flow {
            done: bool,
        }

        #[workflow]
        impl Flow {
            #[run]
            async fn run(&mut self, n: u32) -> Result<u32, Failure> {
                let x = num(n).await?;
                self.done = true;
                Ok(x)
            }

            #[query]
            fn done(&self) -> bool {
                self.done
            }
        }
    }

    pub fn states() -> usize {
        <private::Flow as longhaul::Workflow>::describe()[0].states.len()
    }
}

fn main() {
    assert_eq!(flows::states(), 3);
}
