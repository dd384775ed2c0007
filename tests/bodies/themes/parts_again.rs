// Fields that are assigned again after they were moved out of their variable.

bodies! {
    PartsAgain { a_moved_field_is_assigned_again(3); }
    PartsAgainOneByOne { moved_fields_are_assigned_one_by_one(3); moved_fields_are_assigned_on_other_ways(1); }
    PartsAgainInLoops { moved_fields_are_assigned_in_loops(3); }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Stage { New, Paid, Sent }
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shipment { status: Stage, lines: Vec<String>, to: (String, u32), note: Option<String> }
fn shipment(n: u32) -> Shipment { Shipment { status: Stage::New, lines: vec![format!("l{n}")], to: ("x".to_owned(), n), note: None } }

#[workflow]
impl PartsAgain {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut order = order(n).await?;
        let a = order.items;
        let s = num(a.len() as u32).await?;
        order.items = vec![s];
        let t = num(1).await?;
        Ok(format!("{order:?} {a:?} {t}"))
    }
}

#[workflow]
impl PartsAgainOneByOne {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut o = shipment(n);
        let was = o.status;
        let lines = o.lines;
        none().await?;
        o.status = Stage::Paid;
        self.note(format!("{was:?} {:?}", o.to));
        o.lines = lines.iter().map(|l| l.to_uppercase()).collect();
        none().await?;
        self.note(format!("{o:?}"));
        let name = o.to.0;
        o.to.0 = text(name).await?;
        self.note(format!("{o:?}"));
        let Shipment { lines, note, .. } = o;
        none().await?;
        if n > 2 { o.lines = vec![text("x".to_owned()).await?]; } else { o.lines = lines; }
        none().await?;
        o.note = note.or(Some("y".to_owned()));
        none().await?;
        let to = o.to;
        let (who, count) = to;
        none().await?;
        o.to = (who, count + 1);
        if let Some(note) = o.note { self.note(text(note).await?); }
        o.note = None;
        Ok(format!("{o:?}"))
    }
}

#[workflow]
impl PartsAgainInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut o = shipment(n);
        for i in 0..n {
            let lines = o.lines;
            let status = o.status;
            let mut next = Vec::new();
            for line in lines { next.push(text(line).await?); }
            if i == 1 { o.lines = next; o.status = Stage::Sent; continue; }
            o.lines = vec![text("a".to_owned()).await?];
            if status == Stage::Sent { break; }
            none().await?;
        }
        let mut left = Some(n);
        let mut w = order(n).await?;
        while let Some(k) = left {
            let items = w.items;
            w = order(items.len() as u32 + k).await?;
            self.note(format!("{w:?}"));
            left = k.checked_sub(1);
        }
        Ok(format!("{o:?}"))
    }
}
