// What a `for` loop goes over.

bodies! {
    Ranges { ranges_are_counted(3); }
    OwnedItems { owned_items_are_drained(3); }
    BorrowedItems { borrowed_items_are_found_again(3); }
    ChangedItems { items_are_changed_in_place(3); }
    MapsAndOptions { maps_and_options_are_gone_over(3); }
    Adapters { iterators_over_kept_places_are_found_again(3); }
}

#[workflow]
impl Ranges {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for i in 0..n { seen.push(num(i).await?); }
        for i in 1..=n { seen.push(num(i).await?); }
        for i in n.. {
            if i > n + 1 { break }
            seen.push(num(i).await?);
        }
        for i in num(0).await?..list(2).await?.len() as u32 { seen.push(num(i).await?); }
        for i in 254u8..=255 { seen.push(num(u32::from(i)).await?); }
        for i in -1i64..1 { seen.push(num((i + 1) as u32).await?); }
        for _ in 0..2 { none().await?; }
        for i in (0..3).rev().collect::<Vec<u32>>() { seen.push(num(i).await?); }
        for (i, j) in [(1, 2), (3, 4)] { seen.push(add(i, j).await?); }
        let bounds = 5..7;
        for i in bounds { seen.push(num(i).await?); }
        for i in 3..3 { seen.push(num(i).await?); }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl OwnedItems {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        let kept = list(n).await?;
        for item in kept { seen.push(num(item).await?); }
        for item in list(n).await? { seen.push(num(item).await?); }
        for Order { id, name, .. } in vec![order(1).await?, order(2).await?] {
            none().await?;
            seen.push(id + name.len() as u32);
        }
        for word in ["a".to_owned(), "b".to_owned()] { seen.push(text(word).await?.len() as u32); }
        for item in std::mem::take(&mut self.items) { none().await?; seen.push(item); }
        for item in seen.clone() {
            if item % 20 == 0 { continue; }
            seen.push(num(item).await?);
            if seen.len() > 14 { break; }
        }
        for word in "x y z".split(' ').map(str::to_owned).collect::<Vec<_>>() { self.note(&word); none().await?; }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl BorrowedItems {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = order(n).await?;
        let mut seen = Vec::new();
        for item in &order.items { seen.push(num(*item).await? + item); }
        for item in order.items.iter() { seen.push(num(*item).await? + item); }
        for &item in &order.items { seen.push(num(item).await?); }
        let pairs = vec![(1, "a".to_owned()), (2, "b".to_owned())];
        for (number, word) in &pairs {
            let answer = text(word.clone()).await?;
            seen.push(number + answer.len() as u32 + word.len() as u32);
            for (inner, _) in pairs.iter() {
                if inner == number { continue; }
                seen.push(add(*inner, *number).await?);
            }
        }
        self.items = vec![n, n + 1];
        for item in &self.items {
            none().await?;
            self.log.push(item.to_string());
        }
        let borrowed = &order.items;
        for item in borrowed { none().await?; seen.push(*item); }
        for item in &order.items[1..] { none().await?; seen.push(*item); }
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl ChangedItems {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut values = list(n).await?;
        for value in &mut values {
            *value += num(*value).await?;
            *value *= 2;
        }
        for value in values.iter_mut() {
            let more = num(1).await?;
            *value += more;
        }
        self.items = list(2).await?;
        for item in &mut self.items { *item = num(*item).await?; }
        let mut orders = vec![order(1).await?, order(2).await?];
        for order in &mut orders {
            for item in &mut order.items {
                *item += num(order.id).await?;
            }
            order.name.push_str(&text("!".to_owned()).await?);
        }
        Ok(format!("{values:?} {:?} {orders:?}", self.items))
    }
}

#[workflow]
impl MapsAndOptions {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        use std::collections::{BTreeMap, BTreeSet};
        let mut map = BTreeMap::new();
        for i in 0..n { map.insert(text(i.to_string()).await?, num(i).await?); }
        let mut seen = String::new();
        for (key, value) in &map { seen += &format!("{key}{}", num(*value).await?); }
        for (_, value) in &mut map { *value += num(1).await?; }
        for (key, value) in map { seen += &text(key).await?; self.note(value); }
        for item in BTreeSet::from([3, 1, 2]) { self.note(num(item).await?); }
        for item in maybe(n).await? { self.note(num(item).await?); }
        for item in &self.name { none().await?; seen += item; }
        for item in std::collections::VecDeque::from([1, 2]) { self.note(num(item).await?); }
        Ok(seen)
    }
}

#[workflow]
impl Adapters {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut values = list(n).await?;
        for (i, value) in values.iter().enumerate() { self.note(format!("{i} {}", add(*value, i as u32).await?)); }
        for value in values.iter().rev() { self.note(num(*value).await?); }
        for (i, value) in values.iter_mut().enumerate().skip(1) { *value += num(i as u32).await?; }
        let map = std::collections::BTreeMap::from([(1, 10), (2, 20)]);
        for key in map.keys() { self.note(num(*key).await?); }
        for value in map.values() { self.note(num(*value).await?); }
        let word = text("abc".to_owned()).await?;
        for letter in word.chars() { self.note(format!("{letter} {}", num(1).await?)); }
        for (i, letter) in word.char_indices().rev() { self.note(format!("{letter} {}", num(i as u32).await?)); }
        Ok(format!("{values:?}"))
    }
}
