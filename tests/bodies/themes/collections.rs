// Loops over collections of each kind: by value, by reference, by `&mut`, in part.

bodies! {
    Deques { deques_are_gone_over(3); }
    Arrays { arrays_and_slices_are_changed_in_place(3); }
    Parts { parts_of_lists_are_gone_over(3); }
    Options { options_and_results_are_gone_over(3); options_without_a_value_are_passed(0); }
    Sets { sets_and_maps_are_gone_over(3); }
    Letters { texts_are_gone_over(3); }
}

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque};

#[workflow]
impl Deques {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut queue: VecDeque<u32> = list(n + 1).await?.into();
        for x in &queue { self.note(num(*x).await?); self.note(x); }
        for x in queue.iter().rev().skip(1) { none().await?; self.note(x); }
        for x in &mut queue { *x += num(*x).await?; *x += 1; }
        for (i, x) in queue.iter_mut().enumerate() { *x *= 2; none().await?; *x += i as u32; }
        for x in queue.range(1..3) { none().await?; self.note(x); }
        for x in queue.drain(..1) { self.note(num(x).await?); }
        queue.rotate_left(1);
        for (a, b) in queue.iter().zip(queue.iter().skip(1)) { self.note(add(*a, *b).await?); self.note(a); }
        for x in queue.clone() { self.note(num(x).await?); }
        let mut chain = LinkedList::from([1u32, 2]);
        for x in &mut chain { *x += num(1).await?; *x += 1; }
        for x in chain { self.note(num(x).await?); }
        for x in queue { self.note(num(x).await?); }
        Ok(n.to_string())
    }
}

#[workflow]
impl Arrays {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut array = [1, 2, n];
        for x in &mut array { *x += num(*x).await?; *x += 1; }
        for x in array.iter_mut().rev() { *x += num(1).await?; self.note(*x); }
        let mut values = list(5).await?;
        for x in &mut values[1..] { *x += num(*x).await?; }
        for x in values[..2].iter_mut() { none().await?; *x += 1; }
        for part in values.chunks_mut(2) { part[0] += num(part.len() as u32).await?; part[0] += 1; }
        for x in values.iter_mut().skip(1).step_by(2).take(2) { *x += num(1).await?; *x += 1; }
        for (x, y) in values.iter_mut().zip(&array) { *x += num(*y).await?; self.note(y); }
        let mut grid = [[0u32; 2]; 2];
        for row in &mut grid { for cell in row { *cell += num(1).await?; self.count += *cell; } }
        for row in grid { for cell in row { self.note(num(cell).await?); } }
        let slice = &mut values[2..];
        for x in slice { *x += num(2).await?; *x *= 2; }
        self.items = list(3).await?;
        for x in self.items[1..].iter_mut() { *x += num(*x).await?; }
        for x in array { self.note(num(x).await?); }
        Ok(format!("{values:?} {grid:?} {:?}", self.items))
    }
}

#[workflow]
impl Parts {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let values = list(5).await?;
        for part in values.chunks_exact(2) { none().await?; self.note(format!("{part:?}")); }
        for part in values.rchunks(2) { none().await?; self.note(format!("{part:?}")); }
        for part in values.split(|x| x % n == 0) { none().await?; self.note(format!("{part:?}")); }
        for part in values.chunks(2).rev().enumerate() { none().await?; self.note(format!("{part:?}")); }
        for (part, name) in values.chunks(2).zip(["a", "b"]) { self.note(text(name.to_owned()).await?); self.note(format!("{part:?}{name}")); }
        let Some((first, rest)) = values.split_first() else { return Ok(String::new()) };
        for x in rest { self.note(num(*x).await? + first); }
        for x in values.iter().take(2).chain(values.iter().skip(4)) { self.note(num(*x).await?); self.note(x); }
        for part in values.chunk_by(|a, b| b % n != 0 || a == b) { none().await?; self.note(format!("{part:?}")); }
        for x in values.as_slice() { self.note(num(*x).await?); self.note(x); }
        for x in values.first() { self.note(num(*x).await?); self.note(x); }
        for x in values.get(1..4).unwrap() { self.note(num(*x).await?); self.note(x); }
        for x in values.iter().skip_while(|x| **x < 3) { self.note(num(*x).await?); self.note(x); }
        for x in values.iter().copied().map(|x| x + n).rev().take(2) { self.note(num(x).await?); self.note(x); }
        for x in values.iter().copied().cycle().take(7).collect::<Vec<_>>() { none().await?; self.note(x); }
        for (i, x) in values.into_iter().enumerate().skip(1).step_by(2) { self.note(add(i as u32, x).await? + x); }
        Ok(n.to_string())
    }
}

#[workflow]
impl Options {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut found = maybe(n).await?;
        for x in &mut found { *x += num(*x).await?; *x += 1; }
        for x in found.iter_mut() { none().await?; *x += 1; }
        for x in found.as_mut() { *x += num(*x).await?; *x += 1; }
        for x in found.as_ref() { self.note(num(*x).await?); self.note(x); }
        for x in &found { self.note(num(*x).await?); self.note(x); }
        let name = order(n).await?.note;
        for name in name.as_deref() { none().await?; self.note(name); }
        for x in found.into_iter().chain(maybe(n).await?) { self.note(num(x).await?); }
        for x in check(n).await { self.note(num(x).await?); }
        for x in found { self.note(num(x).await?); self.note(x); }
        Ok(format!("{found:?}"))
    }
}

#[workflow]
impl Sets {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (set, other) = (BTreeSet::from([3u32, 1, 2]), BTreeSet::from([n, 9]));
        for x in set.union(&other) { self.note(num(*x).await?); self.note(x); }
        for x in set.difference(&other) { none().await?; self.note(x); }
        for x in set.intersection(&other).copied() { none().await?; self.note(x); }
        for x in set.clone().into_iter().rev() { self.note(num(x).await?); }
        for x in set { self.note(num(x).await?); }
        let mut map = BTreeMap::from([(1u32, "a".to_owned()), (2, "b".to_owned()), (n, "c".to_owned())]);
        for (key, word) in map.range_mut(2..) { word.push_str(&text(key.to_string()).await?); word.push('.'); }
        for (key, word) in map.iter_mut().rev() { *word += &num(*key).await?.to_string(); }
        for word in map.values_mut().skip(1) { none().await?; word.push('!'); }
        for ((key, word), x) in map.iter().zip(&other) { none().await?; self.note(format!("{key}{word}{x}")); }
        for key in map.clone().into_keys() { self.note(num(key).await?); }
        for word in map.clone().into_values() { self.note(text(word).await?); }
        for (key, word) in map { self.note(format!("{key}{}", text(word).await?)); }
        let heap = BinaryHeap::from([1u32, n, 2]);
        for x in heap.into_sorted_vec() { self.note(num(x).await?); }
        Ok(n.to_string())
    }
}

#[workflow]
impl Letters {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = text("abc äö\nsecond line".to_owned()).await?;
        for letter in word.chars().rev().take(3) { none().await?; self.note(letter); }
        for (i, letter) in word.chars().enumerate().skip(1).step_by(4) { self.note(num(i as u32).await?); self.note(letter); }
        for (i, letter) in word.char_indices().filter(|(_, letter)| letter.is_alphabetic()).take(n as usize) { self.note(num(i as u32).await?); self.note(letter); }
        for (i, part) in word.match_indices("c") { self.note(num(i as u32).await?); self.note(part); }
        for part in word.split_inclusive('\n') { none().await?; self.note(part); }
        for byte in word.bytes().take(2) { self.note(num(u32::from(byte)).await?); }
        for line in word.lines() { none().await?; self.note(line); }
        for part in word.split_whitespace().rev() { none().await?; self.note(part); }
        for part in word.split(',').map(str::trim).filter(|part| !part.is_empty()) { none().await?; self.note(part); }
        for letter in "xyz".chars().zip(1..) { none().await?; self.note(format!("{letter:?}")); }
        for letter in word.to_uppercase().chars().take(2).collect::<Vec<_>>() { none().await?; self.note(letter); }
        for byte in word.into_bytes().into_iter().skip(2).take(1) { self.note(num(u32::from(byte)).await?); }
        Ok(n.to_string())
    }
}
