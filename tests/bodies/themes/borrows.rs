// Borrows of kept places.

bodies! {
    Borrows { borrows_of_kept_places_are_made_again(3); }
    MutableBorrows { mutable_borrows_of_kept_places_are_made_again(3); }
    StringLiterals { string_literals_are_kept(3); }
    Slices { slices_are_borrowed_again(3); }
    IfLetBorrows { if_let_borrows_are_made_again(3); }
    MatchBorrows { match_borrows_are_made_again(3); }
    TypedBorrows { borrows_with_a_written_type_keep_it(3); }
    Derefs { awaited_values_are_dereferenced(3); }
    Looks { looks_are_made_again(3); looks_find_nothing(0); }
}

#[workflow]
impl Borrows {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = order(n).await?;
        let name = &order.name;
        let items = &order.items;
        let first = &items[0];
        let whole = &order;
        none().await?;
        let before = format!("{name} {items:?} {first}");
        let length = text(name.clone()).await?.len() + name.len();
        for i in 0..2 {
            let again = &whole.name;
            self.note(format!("{i} {again} {}", num(*first).await?));
            self.note(again);
        }
        let number = &5;
        let list = &[1, 2, 3];
        let text_of = &text("t".to_owned()).await?;
        none().await?;
        self.count = *number;
        let count = &self.count;
        let sum = list.iter().sum::<u32>() + num(*count).await? + count;
        let maybe_name = &order.note;
        none().await?;
        Ok(format!("{before} {length} {sum} {text_of} {maybe_name:?} {}", whole.id))
    }
}

#[workflow]
impl MutableBorrows {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut order = order(n).await?;
        let items = &mut order.items;
        items.push(num(1).await?);
        items.push(num(2).await?);
        none().await?;
        let first = &mut items[0];
        *first += num(3).await?;
        *first += num(4).await?;
        items.reverse();
        let log = &mut self.log;
        for i in 0..2 {
            log.push(text(i.to_string()).await?);
        }
        let count = &mut self.count;
        *count += num(5).await?;
        *count = num(*count).await? + 1;
        Ok(format!("{order:?} {}", self.count))
    }
}

#[workflow]
impl StringLiterals {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let greeting = "hello";
        let bytes = b"bytes";
        let letter = 'c';
        const NAME: &str = "name";
        static PLACES: [&str; 2] = ["here", "there"];
        let name = NAME;
        let places = PLACES;
        let number = 1.5;
        let mut changing = "a";
        if n > 2 { changing = "b"; }
        self.note(changing);
        let answer = text(greeting.to_owned()).await?;
        for _ in 0..2 { self.note(greeting); none().await?; }
        Ok(format!("{greeting} {answer} {bytes:?} {letter} {number} {name} {places:?}"))
    }
}

#[workflow]
impl Slices {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let values = list(n + 3).await?;
        let middle = &values[1..3];
        let rest = &values[2..];
        let text_of = order(n).await?.name;
        let start = &text_of[..5];
        none().await?;
        let mut grid = vec![vec![0; 2]; 2];
        for (i, row) in [0usize, 1].into_iter().zip([1u32, 2]).collect::<Vec<_>>() {
            grid[i][0] = num(row).await?;
            grid[i][1] = grid[i][0] + num(middle[0]).await?;
        }
        for row in &grid { for cell in row { self.note(num(*cell).await?); } }
        Ok(format!("{middle:?} {rest:?} {start} {grid:?}"))
    }
}

#[workflow]
impl IfLetBorrows {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = order(n).await?;
        let mut seen = Vec::new();
        if let Some(note) = &order.note {
            seen.push(text(note.clone()).await?);
            seen.push(note.clone());
        }
        self.name = Some(text("me".to_owned()).await?);
        if let Some(name) = &self.name {
            seen.push(text(name.clone()).await?);
            seen.push(name.clone());
        }
        let mut shape = Shape::Box { width: n, height: 1 };
        if let Shape::Box { width, .. } = &mut shape {
            *width += num(1).await?;
            *width += num(2).await?;
        }
        let Some(note) = &order.note else { return Ok(String::new()) };
        none().await?;
        while let Some(last) = seen.last() && last.len() > 2 {
            none().await?;
            seen.pop();
        }
        Ok(format!("{seen:?} {shape:?} {note}"))
    }
}

#[workflow]
impl MatchBorrows {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let shapes = vec![Shape::Empty, Shape::Circle(n), Shape::Box { width: n, height: 2 }];
        let mut seen = Vec::new();
        for shape in &shapes {
            seen.push(match shape {
                Shape::Empty => 0,
                Shape::Circle(radius) => num(*radius).await? + radius,
                Shape::Box { width, height } => {
                    let doubled = num(*width).await?;
                    doubled * height + width
                }
            });
        }
        let whole = order(n).await?;
        match &whole {
            Order { id, .. } if *id > 100 => { none().await?; self.note(id); }
            Order { name, items, .. } => { none().await?; self.note(format!("{name} {items:?}")); }
        }
        match (&whole.note, n) {
            (Some(_), 3) => { none().await?; self.note("both"); }
            _ => { self.note("neither"); }
        }
        Ok(format!("{seen:?} {whole:?}"))
    }
}

#[workflow]
impl TypedBorrows {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = order(n).await?;
        let name: &str = &order.name;
        let items: &[u32] = &order.items;
        let literal: &str = "literal";
        none().await?;
        let kind = match name { "order 3" => 3, _ => 0 };
        let total = match items { [] => 0, [first, ..] => *first };
        Ok(format!("{kind} {total} {literal}"))
    }
}

#[workflow]
impl Derefs {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let boxed = Box::new(order(n).await?);
        let a = *Box::new(num(1).await?) + *&num(2).await?;
        let b = (*boxed).clone().id + boxed.id + num(boxed.id).await?;
        let c = &*text("x".to_owned()).await?;
        let d = c.len() as u32 + num(1).await?;
        let e = &order(1).await?.items[..2];
        let f = &(*boxed).items[1..];
        let g = num(f[0]).await? + e[0] + c.len() as u32;
        let h = text("lit".to_owned()).await?.as_str().len();
        Ok(format!("{a} {b} {c} {d} {e:?} {f:?} {g} {h}"))
    }
}

#[workflow]
impl Looks {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = order(n).await?;
        let name = order.name.as_str();
        let note = order.note.as_deref().unwrap_or("none");
        let items = order.items.as_slice();
        let first = items.first();
        let second = order.items.get(1);
        let at = order.items.get(n as usize - n as usize);
        let trimmed = name.trim();
        let last: Option<&u32> = items.last();
        let third = &order.items.get(2).unwrap();
        none().await?;
        self.note(format!("{name} {note} {items:?} {first:?} {second:?} {at:?} {trimmed} {last:?} {third}"));
        let map = std::collections::BTreeMap::from([(3, "three".to_owned()), (4, "four".to_owned())]);
        if let Some(word) = map.get(&n) { none().await?; self.note(word); }
        if let Some((key, word)) = map.first_key_value() { none().await?; self.note(format!("{key}{word}")); }
        let Some(found) = map.get(&(n + 1)).or(map.get(&4)) else { return Ok("none".to_owned()) };
        let kept = found.clone();
        match map.get(&n).map(String::as_str) { Some("three") => { none().await?; self.note("3"); } _ => {} }
        match order.note.as_deref() { Some(note) if note.len() == 1 => { none().await?; self.note(note); } _ => {} }
        let Some(entry) = map.get(&4) else { return Ok(String::new()) };
        none().await?;
        self.name = Some(text("me".to_owned()).await?);
        if let Some(name) = self.name.as_ref() { none().await?; self.log.push(name.clone()); }
        if let Some(name) = self.name.as_mut() { name.push_str(&text("x".to_owned()).await?); name.push('y'); }
        let mut stack = vec![1, 2, 3];
        while let Some(top) = stack.last() { none().await?; self.note(top); let top = *top; stack.pop(); if top == 2 { break; } }
        if let Some(first) = stack.first_mut() { *first += num(1).await?; *first += 1; }
        match stack.as_slice() { [] => {} [one] => { none().await?; self.note(one); } [a, rest @ ..] => { let b = num(*a).await?; self.note(format!("{b}{rest:?}")); } }
        match &stack[..] { [a, ..] => { none().await?; self.note(a); } [] => {} }
        let boxed = Box::new(text("boxed".to_owned()).await?);
        let inner = &*boxed;
        let chars = boxed.chars().rev().take(2);
        none().await?;
        self.note(chars.collect::<String>());
        Ok(format!("{inner} {kept} {entry} {stack:?} {:?}", self.name))
    }
}
