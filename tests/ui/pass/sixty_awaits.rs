#![deny(warnings)]

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, n: u32) -> Result<u32, Failure> {
        let x0 = num(n).await?;
        let x1 = num(x0).await?;
        let x2 = num(x1).await?;
        let x3 = num(x2).await?;
        let x4 = num(x3).await?;
        let x5 = num(x4).await?;
        let x6 = num(x5).await?;
        let x7 = num(x6).await?;
        let x8 = num(x7).await?;
        let x9 = num(x8).await?;
        let x10 = num(x9).await?;
        let x11 = num(x10).await?;
        let x12 = num(x11).await?;
        let x13 = num(x12).await?;
        let x14 = num(x13).await?;
        let x15 = num(x14).await?;
        let x16 = num(x15).await?;
        let x17 = num(x16).await?;
        let x18 = num(x17).await?;
        let x19 = num(x18).await?;
        let x20 = num(x19).await?;
        let x21 = num(x20).await?;
        let x22 = num(x21).await?;
        let x23 = num(x22).await?;
        let x24 = num(x23).await?;
        let x25 = num(x24).await?;
        let x26 = num(x25).await?;
        let x27 = num(x26).await?;
        let x28 = num(x27).await?;
        let x29 = num(x28).await?;
        let x30 = num(x29).await?;
        let x31 = num(x30).await?;
        let x32 = num(x31).await?;
        let x33 = num(x32).await?;
        let x34 = num(x33).await?;
        let x35 = num(x34).await?;
        let x36 = num(x35).await?;
        let x37 = num(x36).await?;
        let x38 = num(x37).await?;
        let x39 = num(x38).await?;
        let x40 = num(x39).await?;
        let x41 = num(x40).await?;
        let x42 = num(x41).await?;
        let x43 = num(x42).await?;
        let x44 = num(x43).await?;
        let x45 = num(x44).await?;
        let x46 = num(x45).await?;
        let x47 = num(x46).await?;
        let x48 = num(x47).await?;
        let x49 = num(x48).await?;
        let x50 = num(x49).await?;
        let x51 = num(x50).await?;
        let x52 = num(x51).await?;
        let x53 = num(x52).await?;
        let x54 = num(x53).await?;
        let x55 = num(x54).await?;
        let x56 = num(x55).await?;
        let x57 = num(x56).await?;
        let x58 = num(x57).await?;
        let x59 = num(x58).await?;
        Ok(x59 + x0)
    }
}

fn main() {
    assert_eq!(<Flow as Workflow>::describe()[0].states.len(), 62);
}
