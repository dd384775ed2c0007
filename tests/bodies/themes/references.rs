// Parameters that are references, and those that are `impl Trait`.

bodies! {
    LendsValues { parameters_are_lent(3); }
    LendsParts { parts_of_kept_values_are_lent(3); }
    LendsInLoops { what_is_lent_is_gone_over(3); }
    LendsOn { what_is_lent_is_lent_on(3); }
    LendsInBranches { what_is_lent_is_used_in_branches(3); }
    LendsPatterns { what_is_lent_is_taken_apart(3); }
    LendsFromSelf { parts_of_self_are_lent(3); }
    LendsShadowed { what_is_lent_is_shadowed(3); }
    LendsAwaited { what_was_awaited_is_lent(3); }
    Converts { arguments_are_converted(3); }
    LendsRecursively { what_is_lent_is_lent_to_itself(3); }
}

#[workflow]
impl LendsValues {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = "word".to_owned();
        let values = vec![n, n + 1];
        let first = self.all(ctx, &word, &values, &n, &Point { x: n, y: 1, z: 2 }).await?;
        let second = self.all(ctx, "literal", &[7, 8], &5, &Point::default()).await?;
        let third = Self::all(self, ctx, word.as_str(), &values[1..], &values[0], &Point { x: 9, ..Point::default() }).await?;
        Ok(format!("{first} {second} {third} {word} {values:?}"))
    }

    async fn all(&mut self, ctx: &Context, word: &str, values: &[u32], one: &u32, point: &Point) -> Result<String, Failure> {
        self.note(word.len());
        let sum = num(values.iter().sum()).await?;
        ctx.sleep(seconds(1)).await;
        let length = text(word.to_owned()).await?.len();
        Ok(format!("{word} {values:?} {one} {} {sum} {length} {}", point.x, *one + num(*one).await?))
    }
}

#[workflow]
impl LendsParts {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut order = order(n).await?;
        let name = &order.name;
        let a = Self::named(name, order.note.as_deref().unwrap_or("none")).await?;
        let b = Self::named(&order.name, &format!("{n}")).await?;
        let c = Self::count(&order.items, &order.note).await?;
        order.items.push(num(c).await?);
        let d = Self::count(&order.items, &None).await?;
        Ok(format!("{a} {b} {c} {d} {order:?}"))
    }

    async fn named(name: &str, other: &str) -> Result<String, Failure> {
        let longer = text(name.to_owned()).await?;
        Ok(format!("{name} {other} {longer}"))
    }

    async fn count(items: &Vec<u32>, note: &Option<String>) -> Result<u32, Failure> {
        let doubled = num(items.len() as u32).await?;
        Ok(match note {
            Some(note) => doubled + note.len() as u32 + num(1).await?,
            None => doubled + items[0],
        })
    }
}

#[workflow]
impl LendsInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let lists = vec![list(n).await?, list(n + 1).await?];
        let mut all = Vec::new();
        for list in &lists {
            all.push(self.sum(ctx, list).await?);
        }
        Ok(format!("{all:?}"))
    }

    async fn sum(&mut self, ctx: &Context, items: &[u32]) -> Result<u32, Failure> {
        let mut sum = 0;
        for item in items {
            sum += num(*item).await?;
            if *item == 2 { continue; }
            ctx.sleep(seconds(1)).await;
            self.note(item);
        }
        for (at, item) in items.iter().enumerate() {
            sum += add(at as u32, *item).await?;
        }
        Ok(sum + items.len() as u32)
    }
}

#[workflow]
impl LendsOn {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        self.outer(ctx, &order(n).await?).await
    }

    async fn outer(&mut self, ctx: &Context, order: &Order) -> Result<String, Failure> {
        let before = num(1).await?;
        let inner = self.inner(&order.name, &order.items[1..]).await?;
        let shared = shared(ctx, &order.name, order).await?;
        Ok(format!("{before} {inner} {shared} {}", order.id))
    }

    async fn inner(&self, name: &str, items: &[u32]) -> Result<String, Failure> {
        let first = num(items[0]).await?;
        let again = text(name.to_owned()).await?;
        Ok(format!("{name} {first} {again} {items:?}"))
    }
}

#[workflow]
async fn shared(ctx: &Context, name: &str, order: &Order) -> Result<String, Failure> {
    ctx.sleep(seconds(2)).await;
    let sum = num(order.items.len() as u32).await?;
    Ok(format!("{name}/{}/{sum}", order.name))
}

#[workflow]
impl LendsInBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = text("w".to_owned()).await?;
        let (a, b) = join!(Self::slow(ctx, &word, &3), Self::slow(ctx, &word, &n));
        let first = select! {
            slow = Self::slow(ctx, &word, &9) => format!("slow {slow}"),
            fast = Self::slow(ctx, "fast", &1) => format!("fast {fast}"),
        };
        let inside = Self::branches(ctx, &word, &[1, 2]).await;
        Ok(format!("{a} {b} {first} {inside} {word}"))
    }

    async fn slow(ctx: &Context, word: &str, n: &u32) -> String {
        ctx.sleep(seconds(u64::from(*n))).await;
        format!("{word}{n}")
    }

    async fn branches(ctx: &Context, word: &str, seconds_each: &[u64]) -> String {
        let (a, b) = join!(
            async {
                ctx.sleep(seconds(seconds_each[0])).await;
                word.len()
            },
            async {
                ctx.sleep(seconds(seconds_each[1])).await;
                word.to_uppercase()
            },
        );
        format!("{a}{b}{word}")
    }
}

#[workflow]
impl LendsPatterns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        Self::apart(&Point { x: n, y: 2, z: 3 }, &(1, "b".to_owned()), &7, &[4, 5, 6]).await
    }

    async fn apart(
        Point { x, y, .. }: &Point,
        (a, b): &(u32, String),
        &seven: &u32,
        rest: &[u32],
    ) -> Result<String, Failure> {
        let sum = num(*x + *y).await?;
        let [first, others @ ..] = rest else { return Ok(String::new()) };
        let more = add(*a, seven).await?;
        Ok(format!("{sum} {more} {x} {y} {a} {b} {seven} {first} {others:?}"))
    }
}

#[workflow]
impl LendsFromSelf {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        self.items = list(n).await?;
        let sum = self.sum(&self.items, &self.count).await?;
        let items = self.items.clone();
        self.change(ctx, &items).await?;
        Ok(format!("{sum} {:?}", self.items))
    }

    async fn sum(&self, items: &[u32], count: &u32) -> Result<u32, Failure> {
        Ok(num(items.len() as u32 + count).await? + self.items[0])
    }

    async fn change(&mut self, ctx: &Context, items: &[u32]) -> Result<(), Failure> {
        for item in items {
            ctx.sleep(seconds(1)).await;
            self.items.push(item + num(items[0]).await?);
        }
        Ok(())
    }
}

#[workflow]
impl LendsShadowed {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        Self::shadows("outer", &n, &mut_free(n)).await
    }

    async fn shadows(word: &str, n: &u32, best: &Point) -> Result<String, Failure> {
        let before = num(*n).await?;
        let n = *n + before;
        let inner = {
            let word = text(word.to_owned()).await?;
            num(word.len() as u32).await? + word.len() as u32
        };
        let word = format!("{word}+{}", num(n).await?);
        let best = if best.x > 100 { Point::default() } else { best.clone() };
        Ok(format!("{before} {n} {inner} {word} {}", best.x))
    }
}

fn mut_free(n: u32) -> Point {
    Point { x: n, y: n, z: n }
}

#[workflow]
impl LendsAwaited {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.two(&text("a".to_owned()).await?, &num(n).await?).await?;
        let b = self.two(&a, &num(num(1).await?).await?).await?;
        let c = self.two(&format!("{b}{}", num(2).await?), &self.count.clone()).await? + &self.two("d", &1).await?;
        Ok(format!("{a} {b} {c}"))
    }

    async fn two(&mut self, word: &str, n: &u32) -> Result<String, Failure> {
        self.note(n);
        let longer = text(word.to_owned()).await?;
        Ok(format!("{longer}{word}{n}"))
    }
}

#[workflow]
impl Converts {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.greet(ctx, "literal", 7_u8).await?;
        let b = self.greet(ctx, text("awaited".to_owned()).await?, n).await?;
        let c = greet_freely('c', &num(n).await?).await?;
        let d = Self::optional(n).await + Self::optional(None).await;
        Ok(format!("{a} {b} {c} {d}"))
    }

    async fn greet(&mut self, ctx: &Context, name: impl Into<String>, n: impl Into<u64>) -> Result<String, Failure> {
        ctx.sleep(seconds(1)).await;
        let name: String = name.into();
        let n: u64 = n.into();
        self.note(&name);
        Ok(format!("{name} {n} {}", text(name.clone()).await?))
    }

    async fn optional(n: impl Into<Option<u32>>) -> u32 {
        let n: Option<u32> = n.into();
        num(n.unwrap_or(1)).await.unwrap_or(0)
    }
}

#[workflow]
async fn greet_freely(name: impl Into<String>, n: &u32) -> Result<String, Failure> {
    let before = num(*n).await?;
    let name: String = name.into();
    Ok(format!("{name} {before} {n}"))
}

#[workflow]
impl LendsRecursively {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let items = list(n).await?;
        let sum = self.sum(ctx, &items).await?;
        Ok(format!("{sum} {}", folded(ctx, &items).await?))
    }

    async fn sum(&mut self, ctx: &Context, items: &[u32]) -> Result<u32, Failure> {
        let Some((first, rest)) = items.split_first() else { return Ok(0) };
        self.note(first);
        let below = Box::pin(self.sum(ctx, rest)).await?;
        Ok(num(items[0]).await? + below)
    }
}

#[workflow]
async fn folded(ctx: &Context, items: &[u32]) -> Result<u32, Failure> {
    if items.is_empty() {
        return Ok(0);
    }
    ctx.sleep(seconds(1)).await;
    Ok(num(items[0]).await? + Box::pin(folded(ctx, &items[1..])).await?)
}
