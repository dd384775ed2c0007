// Names of states given by hand.

bodies! {
    GivenNames {
        names_given_by_hand_change_nothing_but_names(3);
        names_given_by_hand_on_the_other_way(9);
    }
}

#[workflow]
impl GivenNames {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        #[state(First)]
        let mut total = num(n).await?;
        #[state(Assigned)]
        total = num(total + 1).await?;
        #[state(Added)]
        total += num(total).await?;
        for item in 0..3 {
            #[state(InTheLoop)]
            self.note(num(item).await?);
        }
        let by_arm = match n {
            3 => #[state(Three)] num(33).await?,
            _ => {
                #[state(Other)]
                num(34).await?
            }
        };
        #[state(Both)]
        let both = join!(#[state(Left)] num(1), async {
            #[state(Right)]
            num(2).await
        });
        self.note(both.0? + both.1?);
        #[state(Racing)]
        let won = select! {
            won = #[state(Fast)] num(5) => won?,
            _ = ctx.sleep(seconds(5)) => #[state(Slow)] num(6).await?,
        };
        #[state(InTime)]
        timeout(seconds(1), #[state(Inner)] num(7)).await.unwrap()?;
        #[state(Last)]
        text(format!("{total} {by_arm} {won}")).await.map_err(Failure::from)
    }
}
