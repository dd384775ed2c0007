// Chains of calls, iterators and closures with awaits among them.

bodies! {
    Turbofish { chains_have_turbofish(3); }
    ClosuresBeside { closures_stand_beside_awaits(3); }
    Iterators { iterators_are_held(3); }
    KeptClosures { closures_are_made_again(3); }
}

#[workflow]
impl Turbofish {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = list(n).await?.into_iter().map(u64::from).collect::<Vec<_>>().iter().sum::<u64>() + num(1).await? as u64;
        let b = text("12".to_owned()).await?.trim_matches(|c| c == '<' || c == '>').parse::<u32>()? + num(2).await?;
        let c = list(num(0).await? + 3).await?.into_iter().zip(list(2).await?).map(|(a, b)| a * b).collect::<Vec<u32>>();
        let d = order(1).await?.name.replace("order", &text("o".to_owned()).await?).to_uppercase();
        let e = self.items.clone().into_iter().chain(list(2).await?).filter(|x| *x > 1).max();
        let f = maybe(n).await?.and_then(|x| x.checked_sub(1)).filter(|x| *x > 0).unwrap_or_else(|| 9);
        Ok(format!("{a} {b} {c:?} {d} {e:?} {f}"))
    }
}

#[workflow]
impl ClosuresBeside {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = num(1).await?;
        let add_base = |x: u32| x + base;
        let a = add_base(1);
        let b = list(n).await?.iter().map(|x| x + base).sum::<u32>() + num(base).await?;
        let mut counter = 0;
        let mut bump = || { counter += 1; counter };
        let c = bump() + bump();
        none().await?;
        let d = list(3).await?.into_iter().fold(num(1).await?, |acc, x| acc * 2 + x);
        let mut sorted = list(4).await?;
        sorted.sort_by_key(|x| std::cmp::Reverse(*x));
        let e = maybe(0).await?.unwrap_or_else(|| base + 1);
        let f = move || base;
        let g = f();
        Ok(format!("{a} {b} {c} {counter} {d} {sorted:?} {e} {g}"))
    }
}

#[workflow]
impl Iterators {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = num(1).await?;
        let values = list(n).await?;
        let a = values.iter().zip(list(2).await?).map(|(a, b)| a * b).collect::<Vec<u32>>();
        let b = list(n).await?.into_iter().map(|x| x + base).chain(list(2).await?).collect::<Vec<_>>();
        let c = list(3).await?.into_iter().fold(num(1).await?, |acc, x| acc * 2 + x);
        let d = self.items.iter().copied().chain(list(2).await?).filter(|x| *x > 1).max();
        let e = order(n).await?.name.chars().zip(list(3).await?).map(|(c, i)| format!("{c}{i}")).collect::<String>();
        let f = values.iter().filter(|x| **x > 1).count() as u32 + num(1).await?;
        let g = "a,b".split(',').chain([text("c".to_owned()).await?.as_str()]).collect::<Vec<_>>().join("-");
        let h = maybe(n).await?.map(|x| self.note(x)).or(maybe(2).await?).unwrap_or(num(3).await?);
        let i = values.first().copied().unwrap_or(0) + num(2).await? + values.len() as u32;
        let j = text("up".to_owned()).await?.to_uppercase().replace("U", &text("u".to_owned()).await?);
        let k = self.note("k1").max(num(2).await?).min(self.note("k2"));
        Ok(format!("{a:?} {b:?} {c} {d:?} {e} {f} {g} {h} {i} {j} {k}"))
    }
}

#[workflow]
impl KeptClosures {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = num(1).await?;
        let fee = |amount| amount * 3 / 100 + base;
        let typed = |x: &str| -> usize { x.len() };
        none().await?;
        let a = fee(n * 100);
        let b = fee(num(200).await?) + typed("abc") as u32;
        let rates = vec![1u32, 2];
        let rate = |i: usize| rates[i] + base;
        for i in 0..2 { self.note(rate(i) + num(1).await?); }
        let names = order(n).await?.items;
        let is_known = |x: &u32| names.contains(x);
        none().await?;
        Ok(format!("{a} {b} {} {}", is_known(&3), [1, 2, 3].iter().filter(|x| is_known(x)).count()))
    }
}
