// What is made in a map or an option where nothing is, and found there after an await.

bodies! {
    Entries { entries_are_made_of_what_is_awaited(3); }
    EntriesKept { entries_are_found_again(3); }
}
use std::collections::{BTreeMap, HashMap};

#[workflow]
impl Entries {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut map: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        map.entry("a".to_owned()).or_insert(list(n).await?).push(1);
        map.entry("a".to_owned()).or_insert(list(n).await?).push(num(2).await?);
        map.entry(text("b".to_owned()).await?).or_default().push(num(n).await?);
        let key = format!("k{n}");
        *map.entry(key).or_insert_with(|| vec![7]) = vec![self.note("v"), num(1).await?];
        let mut counts: HashMap<(u32, bool), u32> = HashMap::new();
        counts.entry((self.note("key"), true)).or_insert({ self.note("value"); num(self.note("arg")).await? });
        *counts.entry((1, true)).or_insert(num(9).await?) += num(4).await?;
        let added = *counts.entry((2, false)).or_insert(num(9).await?);
        let mut sorted: Vec<_> = counts.into_iter().collect();
        sorted.sort();
        Ok(format!("{map:?} {sorted:?} {added}"))
    }
}

#[workflow]
impl EntriesKept {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut map: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for i in 0..n {
            let key = format!("k{}", i % 2);
            let list = map.entry(key).or_insert(vec![i]);
            list.push(num(i).await?);
            list.push(num(i + 1).await?);
            none().await?;
            list.retain(|x| *x != 10);
        }
        let total = map.entry("total".to_owned()).or_default();
        for i in 0..n { total.push(num(i).await?); }
        let name = self.name.get_or_insert_with(|| "made".to_owned());
        let more = text(name.clone()).await?;
        name.push_str(&more);
        let mut last = None;
        let at = last.get_or_insert(n);
        *at += num(1).await?;
        none().await?;
        *at += 1;
        Ok(format!("{map:?} {last:?} {:?}", self.name))
    }
}
