// A field is moved out of a value, and the others are used.

bodies! {
    PartialMoves { a_moved_field_leaves_the_rest(3); }
    PartialArguments { a_moved_field_of_a_parameter_leaves_the_rest(Order { id: 3, name: "o".to_owned(), items: vec![1, 2], note: None }); }
}

#[workflow]
impl PartialMoves {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let whole = order(n).await?;
        let name = whole.name;
        let sum = whole.items.iter().sum::<u32>() + num(whole.id).await?;
        let moved = text(name).await?;
        none().await?;
        self.note(format!("{:?} {}", whole.items, whole.id));
        let pair = (text("a".to_owned()).await?, text("b".to_owned()).await?, n);
        drop(pair.0);
        none().await?;
        let second = pair.1;
        none().await?;
        self.note(pair.2);
        let mut changed = order(2).await?;
        let sent = text(changed.name).await?;
        changed.items.push(num(1).await?);
        changed.id += 1;
        none().await?;
        let listed = order(4).await?;
        for item in listed.items { self.note(num(item).await? + listed.id); }
        let note = order(5).await?;
        let word = note.note.unwrap_or_default() + &text(note.name.clone()).await?;
        self.note(note.id);
        let point = Point { x: 1, y: num(2).await?, z: 3 };
        let x = point.x;
        none().await?;
        let copied = Point { x: point.y, ..Point { x, y: 0, z: point.z } };
        if n > 1 { let inner = order(6).await?; let name = inner.name; none().await?; self.note(format!("{name}{:?}", inner.note)); }
        for i in 0..2 { let each = order(i).await?; let kept = each.items; none().await?; self.note(format!("{kept:?}{}", each.name)); }
        Ok(format!("{sum} {moved} {second} {sent} {:?} {} {word} {copied:?}", changed.items, changed.id))
    }
}

#[workflow]
impl PartialArguments {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, order: Order) -> Result<String, Failure> {
        let name = text(order.name).await?;
        let more = self.more(Order { id: order.id, name: name.clone(), items: vec![], note: Some("m".to_owned()) }).await?;
        for item in &order.items { self.note(num(*item).await?); }
        Ok(format!("{name} {more} {:?}", order.items))
    }

    async fn more(&mut self, mut order: Order) -> Result<String, Failure> {
        order.items.push(num(1).await?);
        let name = order.name;
        none().await?;
        order.items.push(order.id);
        Ok(format!("{name}{:?}", order.items))
    }
}
