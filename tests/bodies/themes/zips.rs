// Loops over several things at once, some of which are the loop's own.

bodies! {
    ZipsNested { zips_within_zips_are_gone_over(3); }
}

use std::collections::BTreeMap;

#[workflow]
impl ZipsNested {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let numbers = list(n).await?;
        let names: Vec<String> = numbers.iter().map(|n| format!("n{n}")).collect();
        let map: BTreeMap<u32, String> = numbers.iter().map(|n| (*n, format!("m{n}"))).collect();
        for ((i, a), b) in numbers.clone().into_iter().enumerate().zip(&names) { self.note(format!("{i} {a} {b} {}", num(a).await?)); self.note(b); }
        for (i, (a, b)) in numbers.clone().into_iter().zip(&names).enumerate() { self.note(format!("{i} {a} {b} {}", num(a).await?)); self.note(b); }
        for (a, (k, v)) in numbers.clone().into_iter().zip(&map) { self.note(format!("{a} {k} {v} {}", num(a).await?)); self.note(v); }
        for ((a, b), c) in numbers.iter().zip(&names).zip(map.values()) { self.note(format!("{a} {b} {c} {}", num(*a).await?)); self.note(b); self.note(c); }
        for (i, (a, b)) in numbers.iter().zip(names.iter()).enumerate() { self.note(format!("{i} {a} {b} {}", num(*a).await?)); self.note(b); }
        for ((a, b), c) in numbers.clone().into_iter().zip(&names).zip(map.values()) { self.note(format!("{a} {b} {c} {}", num(a).await?)); self.note(b); self.note(c); }
        for (a, b) in names.iter().zip(numbers.clone()) { self.note(format!("{a} {b} {}", num(b).await?)); self.note(a); }
        Ok("x".to_owned())
    }
}
