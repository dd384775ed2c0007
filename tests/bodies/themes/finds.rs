// An item that was found in a kept list, used after an await.

bodies! {
    Finds { found_items_are_found_again(3); nothing_is_found_again(0); }
    FindsOfSelf { found_items_of_the_value(2); }
}

#[workflow]
impl Finds {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let orders = vec![order(n).await?, order(n + 1).await?, order(n + 2).await?];
        let wanted = n + 1;
        let Some(best) = orders.iter().max_by_key(|order| order.items[0]) else { return Ok("none".to_owned()) };
        none().await?;
        self.note(format!("{} {:?}", best.name, text(best.name.clone()).await?));
        if let Some(found) = orders.iter().find(|order| order.id == wanted) {
            none().await?;
            self.note(&found.name);
        }
        match orders.iter().filter(|order| order.id > wanted).map(|order| (order.id, &order.items)).next() {
            Some((id, items)) => { self.note(num(id + items[0]).await?); self.note(format!("{items:?}")); }
            None => none().await?,
        }
        let second = orders.iter().nth(1).unwrap();
        let lowest = orders.iter().map(|order| order.id).min().unwrap_or_default();
        let none_of_them = orders.iter().find(|order| order.items.is_empty());
        none().await?;
        self.note(format!("{} {lowest} {}", second.id, none_of_them.is_none()));
        // What the closure asks of may change: the item is not asked for again.
        let mut limit = n;
        let place = orders.iter().position(|order| order.id > limit);
        let copied = orders.iter().find(|order| order.id > limit).cloned();
        limit += num(1).await?;
        self.note(format!("{place:?} {:?} {limit}", copied.map(|order| order.name)));
        let words = ["a", "bcd", "ef"];
        let longest = words.iter().max_by_key(|word| word.len()).copied().unwrap_or("none");
        let last = words.iter().rev().find(|word| word.len() == 1);
        none().await?;
        Ok(format!("{longest} {last:?} {}", best.items.len()))
    }
}

#[workflow]
impl FindsOfSelf {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        self.items = list(n + 2).await?;
        let largest = self.items.iter().max().copied().unwrap_or_default();
        let odd = self.items.iter().find(|item| **item % 2 == 1);
        let sum = num(1).await? + odd.copied().unwrap_or(0);
        let name = self.named(&[order(1).await?, order(n).await?], n).await?;
        Ok(format!("{largest} {sum} {name}"))
    }

    async fn named(&self, orders: &[Order], id: u32) -> Result<String, Failure> {
        let found = orders.iter().find(|order| order.id == id).ok_or_else(|| Failure::msg("no such order"))?.clone();
        let first = orders.iter().min_by_key(|order| order.id).expect("there are orders");
        none().await?;
        Ok(text(format!("{} {}", found.name, first.name)).await?)
    }
}
