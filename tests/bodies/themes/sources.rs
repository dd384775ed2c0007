// Loops over ranges, literals, iterators and their adapters.

bodies! {
    MoreRanges { ranges_of_all_kinds_are_counted(3); }
    LiteralLists { literal_lists_are_gone_over(3); }
    OwnedChains { owned_iterators_are_drained(3); }
    BorrowedChains { borrowed_iterators_are_found_again(3); }
    MapLoops { maps_and_sets_are_gone_over(3); }
    StringLoops { strings_are_gone_over(3); }
    LazyChains { lazy_iterators_are_found_again(3); }
    LoopPatterns { loops_bind_patterns(3); }
    LazyOnce { closures_are_asked_once_for_each_item(3); }
    TakenBesideLent { what_is_taken_stands_beside_what_is_borrowed(3); }
}

#[workflow]
impl MoreRanges {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for i in (0..n).rev() { seen.push(num(i).await?); }
        for i in (0..10).step_by(4) { seen.push(num(i).await?); }
        for i in (1..=n).rev().step_by(2) { seen.push(num(i).await?); }
        for i in (0..=10u32).rev().skip(1).take(2) { seen.push(num(i).await?); }
        for c in 'a'..='c' { self.note(format!("{c}{}", text(c.to_string()).await?)); }
        for c in ('x'..'z').rev() { none().await?; self.note(c); }
        for (i, x) in (5..7).enumerate() { seen.push(add(i as u32, x).await?); }
        for (a, b) in (0..3).zip(10..) { seen.push(add(a, b).await?); }
        for (a, b) in (0..n).zip(list(2).await?) { seen.push(add(a, b).await?); }
        for x in (0..5).filter(|x| x % 2 == 0) { seen.push(num(x).await?); }
        for x in (0..3).map(|x| x * 2) { seen.push(num(x).await?); }
        for x in (0..n).chain(7..9) { seen.push(num(x).await?); }
        for _ in std::iter::repeat(()).take(2) { none().await?; }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl LiteralLists {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for word in ["a", "b", "c"] { seen.push(text(word.to_owned()).await?); self.note(word); }
        for (word, count) in [("x", 1), ("y", n)] { seen.push(format!("{word}{}", num(count).await?)); self.note(word); }
        for word in vec!["p", "q"] { none().await?; self.note(word); }
        for word in &["r", "s"] { none().await?; self.note(word); }
        for (i, word) in ["t", "u"].iter().enumerate() { none().await?; self.note(format!("{i}{word}")); }
        for (i, word) in ["t", "u"].into_iter().enumerate().rev() { none().await?; self.note(format!("{i}{word}")); }
        let steps = ["one", "two"];
        for step in steps { none().await?; self.note(step); }
        for step in &steps { none().await?; self.note(step); }
        const STEPS: [&str; 2] = ["three", "four"];
        for step in STEPS { none().await?; self.note(step); }
        for step in STEPS.iter().rev() { none().await?; self.note(step); }
        for x in [1, 2] { for y in ["k", "l"] { none().await?; self.note(format!("{x}{y}{}", num(x).await?)); } }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl OwnedChains {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        let values = list(n).await?;
        for (i, x) in values.clone().into_iter().enumerate() { seen.push(add(i as u32, x).await?); }
        for x in values.clone().into_iter().rev() { seen.push(num(x).await?); }
        for x in list(5).await?.into_iter().skip(1).step_by(2) { seen.push(num(x).await?); }
        for (a, b) in list(3).await?.into_iter().zip(list(2).await?) { seen.push(add(a, b).await?); }
        for x in list(4).await?.into_iter().filter(|x| x % 2 == 0).map(|x| x + n) { seen.push(num(x).await?); }
        for x in list(2).await?.drain(..) { seen.push(num(x).await?); }
        let mut queue = list(4).await?;
        for x in queue.drain(1..3) { seen.push(num(x).await?); }
        seen.extend(queue);
        self.items = list(2).await?;
        for x in self.items.drain(..) { seen.push(num(x).await?); }
        for (i, order) in vec![order(1).await?, order(2).await?].into_iter().enumerate() { none().await?; seen.push(i as u32 + order.id); }
        for x in maybe(n).await?.into_iter().chain(maybe(2).await?) { seen.push(num(x).await?); }
        for x in values.into_iter().chain([8, 9]) { seen.push(num(x).await?); }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl BorrowedChains {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        let values = list(5).await?;
        let names = vec![text("a".to_owned()).await?, text("b".to_owned()).await?];
        for x in values.iter().copied() { seen.push(num(x).await?); }
        for x in values.iter().cloned().rev().take(2) { seen.push(num(x).await?); }
        for (x, name) in values.iter().zip(&names) { seen.push(num(*x).await?); self.note(format!("{x}{name}")); }
        for (x, name) in values.iter().zip(names.iter()).rev() { none().await?; self.note(format!("{x}{name}")); }
        for pair in values.chunks(2) { none().await?; self.note(format!("{pair:?}")); }
        for pair in values.windows(2).step_by(2) { let [a, b] = pair else { continue }; seen.push(add(*a, *b).await?); self.note(format!("{pair:?}")); }
        let size = n as usize;
        for part in values.chunks(size) { none().await?; self.note(part.len()); }
        for x in values.iter().skip(size - 1) { seen.push(num(*x).await?); }
        for x in &values[1..size] { seen.push(num(*x).await?); }
        for (i, (x, y)) in values.iter().zip(values.iter().skip(1)).enumerate() { none().await?; self.note(format!("{i}{x}{y}")); }
        let queue = std::collections::VecDeque::from([1u32, 2]);
        for x in &queue { seen.push(num(*x).await?); }
        let array = [3u32, 4];
        for x in &array { seen.push(num(*x).await?); }
        for x in array.iter().chain(&values[..1]) { seen.push(num(*x).await?); }
        let slice = values.as_slice();
        for x in slice { seen.push(num(*x).await?); }
        for x in slice.iter().rev().take(1) { seen.push(num(*x).await?); }
        let boxed: Box<[u32]> = vec![1, 2].into_boxed_slice();
        for x in boxed.iter() { seen.push(num(*x).await?); }
        let opt = Some("o".to_owned());
        for x in &opt { none().await?; self.note(x); }
        for x in opt.iter() { none().await?; self.note(x); }
        let grid = vec![list(2).await?, list(1).await?];
        for row in &grid { for x in row { seen.push(num(*x).await?); } }
        for x in grid[0].iter() { seen.push(num(*x).await?); }
        for row in grid.iter() { let Some(first) = row.first() else { continue }; none().await?; seen.push(*first); }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl MapLoops {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        use std::collections::{BTreeMap, BTreeSet};
        let mut map = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), n)]);
        let set = BTreeSet::from([3u32, 1, 2]);
        let mut seen = Vec::new();
        for (key, value) in &map { seen.push(format!("{key}{}", num(*value).await?)); self.note(key); }
        for (key, value) in map.iter().rev() { none().await?; self.note(format!("{key}{value}")); }
        for (_, value) in &mut map { *value += num(1).await?; }
        for (key, value) in map.iter_mut() { *value += text(key.clone()).await?.len() as u32; *value += 1; }
        for value in map.values_mut() { *value *= num(1).await?; }
        for value in map.values() { seen.push(num(*value).await?.to_string()); }
        for key in map.keys() { none().await?; self.note(key); }
        for (key, value) in map.range("b".to_owned()..) { none().await?; self.note(format!("{key}{value}")); }
        for x in &set { seen.push(num(*x).await?.to_string()); }
        for x in set.iter().rev() { seen.push(num(*x).await?.to_string()); }
        for x in set.range(2..) { seen.push(num(*x).await?.to_string()); }
        for (i, (key, value)) in map.iter().enumerate() { none().await?; self.note(format!("{i}{key}{value}")); }
        for key in map.clone().into_keys() { none().await?; self.note(key); }
        for value in map.clone().into_values() { seen.push(num(value).await?.to_string()); }
        for (key, value) in map { none().await?; self.note(format!("{key}{value}")); }
        for x in set { none().await?; self.note(x); }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl StringLoops {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let csv = "a,b;c\nd e".to_owned();
        for part in csv.split(',') { self.note(text(part.to_owned()).await?); self.note(part); }
        for part in csv.split(&[',', ';'][..]) { none().await?; self.note(part); }
        for line in csv.lines() { none().await?; self.note(line); }
        for word in csv.split_whitespace() { none().await?; self.note(word); }
        for c in csv.chars().rev() { none().await?; self.note(c); }
        for (i, c) in csv.char_indices() { none().await?; self.note(format!("{i}{c}")); }
        for b in csv.bytes().take(2) { none().await?; self.note(b); }
        for part in "x y z".split(' ') { none().await?; self.note(part); }
        for part in csv.trim().splitn(2, ',') { none().await?; self.note(part); }
        for c in "lit".chars() { none().await?; self.note(c); }
        for part in text("1,2".to_owned()).await?.split(',') { none().await?; self.note(part); }
        for line in order(n).await?.name.lines() { none().await?; self.note(line); }
        Ok(csv)
    }
}

#[workflow]
impl LazyChains {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let values = list(6).await?;
        let mut seen = Vec::new();
        for x in values.iter().filter(|x| **x > n) { seen.push(num(*x).await? + x); }
        for x in values.iter().map(|x| x * 2) { seen.push(num(x).await? + x); }
        for (i, x) in values.iter().enumerate().filter(|(i, _)| i % 2 == 0) { seen.push(add(i as u32, *x).await?); }
        for x in values.iter().take_while(|x| **x < 3) { seen.push(num(*x).await?); }
        for x in values.iter().flat_map(|x| [*x, x + 1]).skip(9) { seen.push(num(x).await?); }
        let orders = vec![order(1).await?, order(2).await?];
        for name in orders.iter().map(|order| &order.name) { none().await?; self.note(name); }
        for order in orders.iter().filter(|order| order.id > 1) { none().await?; self.note(&order.name); }
        for item in orders.iter().flat_map(|order| &order.items) { seen.push(num(*item).await?); }
        for name in orders.iter().filter_map(|order| order.note.as_deref()) { none().await?; self.note(name); }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl LoopPatterns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let orders = vec![order(1).await?, order(2).await?];
        for Order { id, name, .. } in &orders { none().await?; self.note(format!("{id}{name}")); }
        for (i, Order { items, .. }) in orders.iter().enumerate() { for item in items { none().await?; self.note(format!("{i}{item}")); } }
        for mut order in orders.clone() { order.id += num(1).await?; order.name.push('x'); self.note(format!("{order:?}")); }
        for &mut ref mut x in &mut [1, 2] { *x += 1; none().await?; self.note(&*x); }
        for (mut a, b) in [(1, 2), (3, 4)] { a += num(b).await?; self.note(a + b); }
        for &(mut a, b) in &[(1, 2)] { a += num(b).await?; self.note(a + b); }
        for [a, b] in [[1, 2], [3, 4]] { self.note(add(a, b).await? + a); }
        for _ in &orders { none().await?; }
        for order in &orders { let Order { id, ref items, .. } = *order; none().await?; self.note(format!("{id}{items:?}")); }
        Ok(n.to_string())
    }
}

#[workflow]
impl LazyOnce {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let values = vec![1, 2, 1, 3, 2, 4];
        let mut seen = std::collections::BTreeSet::new();
        for x in values.iter().filter(|x| seen.insert(**x)) { self.note(num(*x + n).await?); if *x == 3 { break; } }
        let mut asked = 0;
        for x in values.iter().map(|x| { asked += 1; x + 1 }) { self.note(add(x, 1).await? + x); if x == 4 { break; } }
        let limit = 3;
        for x in values.iter().inspect(|x| assert!(**x < 9)).take_while(|x| **x < limit).copied() { self.note(num(x).await? + x); }
        let mut orders = vec![order(1).await?, order(2).await?, order(3).await?];
        for order in orders.iter_mut().filter(|order| order.id != 2) { order.id = 2; none().await?; order.name.push('x'); }
        for (i, order) in orders.iter().filter(|order| order.id == 2).enumerate() { none().await?; self.note(format!("{i}{order:?}")); }
        Ok(format!("{seen:?} {asked}"))
    }
}

#[workflow]
impl TakenBesideLent {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut names = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let numbers = list(n).await?;
        for (number, name) in numbers.clone().into_iter().zip(&names) { self.note(number); self.note(name); }
        for (number, name) in numbers.into_iter().zip(&names) {
            let more = num(number).await?;
            if more == 20 { continue; }
            self.note(format!("{name}{number}{more}"));
        }
        let tasks: Vec<_> = names.iter().map(|name| ctx.spawn(text(name.clone()))).collect();
        for (task, name) in tasks.into_iter().zip(&names) {
            let done = task.await?.unwrap_or_default();
            self.note(format!("{name} {done}"));
        }
        let suffixes = list(2).await?;
        for (name, suffix) in names.iter_mut().zip(suffixes) {
            let suffix = num(suffix).await?.to_string();
            name.push_str(&suffix);
        }
        let others = vec![(1, "x".to_owned()), (2, "y".to_owned()), (3, "z".to_owned())];
        'outer: for ((i, other), name) in others.into_iter().zip(names.iter().rev().skip(1)) {
            for _ in 0..i {
                none().await?;
                if i == 2 { break 'outer; }
            }
            self.note(format!("{i}{other}{name}"));
        }
        self.items = list(3).await?;
        let more = list(9).await?;
        for (item, more) in self.items.iter_mut().zip(more) { *item += num(more).await?; }
        let ends = vec![1, 2];
        for (&item, end) in self.items.iter().zip(ends.into_iter()) {
            none().await?;
            self.log.push(format!("{item} {end}"));
        }
        Ok(names.join(" "))
    }
}
