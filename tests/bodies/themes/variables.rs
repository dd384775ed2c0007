// Names, types and moves of variables.

bodies! {
    ShadowsInOneScope { shadowed_in_one_scope(3); }
    ShadowsInInnerScopes {
        shadowed_in_inner_scopes(3);
        shadowed_in_inner_scopes_and_left(60);
    }
    ShadowsInLoops { shadowed_in_loops(4); }
    LateTypes { types_are_inferred_from_later_code(3); }
    Uninitialised {
        variables_are_initialised_later(3);
        variables_are_initialised_elsewhere(2);
    }
    Unstorable { what_is_not_storable_lives_between_awaits(3); }
    Items { items_stand_in_bodies(3); }
    Closures { closures_stay_as_they_are(3); }
    Collisions { names_do_not_collide(3); }
    Keywords { keywords_are_names(3); }
    FunctionValues { functions_are_values(3); }
    Moves {
        values_move(3);
        values_move_the_other_way(1);
    }
    DeepShadows { shadows_in_every_scope(3); }
}

#[workflow]
impl ShadowsInOneScope {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let x = n;
        let first = &x;
        let x = num(x).await?;
        let second = x + first;
        let x = format!("{x}{second}");
        let x = text(x).await?;
        let length = x.len();
        let x = &x;
        let y = text(x.clone()).await?;
        let name = order(n).await?;
        let word = &name.name;
        let name = "other".to_owned();
        none().await?;
        let n = format!("{n}{name}{word}");
        none().await?;
        Ok(format!("{x} {y} {length} {n} {word}"))
    }
}

#[workflow]
impl ShadowsInInnerScopes {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let x = n;
        let word = "outer".to_owned();
        {
            let x = num(x).await?;
            none().await?;
            let word = format!("{word}{x}");
            self.note(text(word.clone()).await?);
            self.note(&word);
        }
        if let Some(x) = maybe(x + 1).await? {
            none().await?;
            self.note(x);
            let x = text("t".to_owned()).await?;
            self.note(&x);
        }
        let found = match maybe(n).await? {
            Some(word) => { let x = num(word).await?; x + word }
            None => x,
        };
        for x in 0..2 {
            let word = num(x).await?;
            if word > 100 { return Ok(format!("{x}{word}")); }
            self.note(x + word);
        }
        let value = { let x = x + 1; if x > 50 { return Ok(word); } x };
        let y = { let x = "text"; let n = text(x.to_owned()).await?; format!("{x}{n}") };
        none().await?;
        Ok(format!("{x} {word} {found} {value} {y} {n}"))
    }
}

#[workflow]
impl ShadowsInLoops {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let item = 100;
        let mut sum = 0;
        for item in 0..n {
            let item = num(item).await?;
            if item == 20 { continue; }
            for item in [item, item + 1] {
                let sum_before = sum;
                let sum = num(item).await?;
                self.note(format!("{sum_before} {sum} {item}"));
            }
            sum += item;
            match check(item * 4).await {
                Ok(sum) => { self.note(sum); }
                Err(item) => { self.note(item); break; }
            }
        }
        let n = loop {
            let n = num(n).await?;
            let sum = n + 1;
            if sum > n { break sum; }
        };
        Ok(format!("{item} {sum} {n}"))
    }
}

#[workflow]
impl LateTypes {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut list = Vec::new();
        let mut empty = None;
        let mut map = std::collections::BTreeMap::new();
        let count = 1;
        let mut total = 0;
        let default = Default::default();
        none().await?;
        if n == 0 { return Ok(format!("{total}")); }
        none().await?;
        list.push(num(count).await?);
        total += u64::from(list[0]);
        empty = if n > 2 { Some(text("late".to_owned()).await?) } else { empty };
        map.insert(count, 'x');
        let collected = list.iter().map(|x| x + 1).collect::<Vec<_>>();
        none().await?;
        let parsed = "5".parse()?;
        none().await?;
        let sum: u32 = default;
        Ok(format!("{list:?} {empty:?} {map:?} {total} {collected:?} {} {sum}", num(parsed).await?))
    }
}

#[workflow]
impl Uninitialised {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let x;
        let y: u64;
        let z;
        if n > 2 {
            x = num(1).await?;
            y = 1;
        } else {
            x = 5;
            y = u64::from(num(2).await?);
        }
        none().await?;
        match n { 3 => { z = text("three".to_owned()).await?; } _ => z = "other".to_owned() }
        let mut last;
        loop {
            last = num(x).await?;
            if last > 10 { break; }
            last += 1;
            self.note(last);
            break;
        }
        none().await?;
        Ok(format!("{x} {y} {z} {last}"))
    }
}

#[workflow]
impl Unstorable {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut total = num(n).await?;
        {
            let shared = std::rc::Rc::new(std::cell::Cell::new(total));
            let other = shared.clone();
            other.set(other.get() + 1);
            total = shared.get();
        }
        let list = list(n + 1).await?;
        let best = list.iter().max().copied();
        let guard = std::cell::RefCell::new(vec![1]);
        guard.borrow_mut().push(total);
        let length = guard.borrow().len();
        drop(guard);
        none().await?;
        for chunk in list.chunks(2) {
            let mut iter = chunk.iter();
            while let Some(x) = iter.next() { total += x; }
        }
        let function: fn(u32) -> u32 = |x| x + 1;
        total = function(total);
        let boxed: Box<dyn Fn(u32) -> u32> = Box::new(move |x| x + total);
        total = boxed(1);
        none().await?;
        let longest = { let words: Vec<&str> = "a bb ccc".split(' ').collect(); words.iter().map(|w| w.len()).max() };
        none().await?;
        Ok(format!("{total} {best:?} {length} {longest:?} {}", num(std::rc::Rc::new(3).min(4.into()).as_ref() + 1).await?))
    }
}

#[workflow]
impl Items {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        const STEP: u32 = 3;
        static WORD: &str = "static";
        fn double(n: u32) -> u32 { n * 2 }
        #[derive(Debug, Serialize, Deserialize)]
        struct Inner { a: u32, b: Option<String> }
        impl Inner {
            fn new(a: u32) -> Self { Inner { a, b: None } }
        }
        enum Kind { Small, Large }
        use std::collections::BTreeMap as Map;
        let mut inner = Inner::new(num(STEP).await?);
        inner.b = Some(text(WORD.to_owned()).await?);
        let kind = if inner.a > n { Kind::Large } else { Kind::Small };
        let name = match kind { Kind::Small => "small", Kind::Large => "large" }.to_owned();
        let map = Map::from([(1, double(STEP))]);
        none().await?;
        for i in 0..2 {
            const LOCAL: u32 = 5;
            fn triple(n: u32) -> u32 { n * 3 }
            self.note(num(triple(LOCAL) + i).await?);
        }
        Ok(format!("{inner:?} {name} {map:?} {}", later()))
    }
}

trait IterSum {
    fn iter_sum(self, start: u32, f: impl Fn(u32, u32) -> u32) -> u32;
}

impl IterSum for Vec<u32> {
    fn iter_sum(self, start: u32, f: impl Fn(u32, u32) -> u32) -> u32 {
        self.into_iter().fold(start, f)
    }
}

fn later() -> u32 {
    4
}

#[workflow]
impl Closures {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = num(n).await?;
        let add_base = |x: u32| x + base;
        let list: Vec<u32> = list(add_base(1) - base + 2).await?.into_iter().map(|x| x + base).filter(|x| x % 2 == 0).collect();
        let result: Result<Vec<u32>, Refused> = list.iter().map(|x| { if *x > 1000 { return Err(Refused(*x)); } Ok(x + 1) }).collect();
        let opt = (|| { let first = list.first()?; Some(first + 1) })();
        let folded = list.clone().iter_sum(num(0).await?, |sum, x| sum + x);
        let mut counter = 0;
        let mut count = || { counter += 1; for i in 0.. { if i == 3 { break; } } counter };
        count();
        count();
        none().await?;
        Ok(format!("{result:?} {opt:?} {folded} {counter}"))
    }
}

#[workflow]
impl Collisions {
    #[run]
    pub async fn run(&mut self, ctx2: &Context, at: u32) -> Result<String, Failure> {
        let frame = num(at).await?;
        let args = vec![frame];
        let value = args[0] + num(frame).await?;
        let ctx = "ctx";
        let machine = format!("{ctx}{value}");
        let block = 1;
        let slot = Some(block);
        let output = num(block).await?;
        let index = 0;
        let step = text(machine.clone()).await?;
        for index in 0..2 { none().await?; self.note(index); }
        ctx2.sleep(seconds(1)).await;
        let r0 = 1; let t1 = 2; let v2 = 3; let value_2 = 4;
        let await_num = 5;
        let checkout_frame = 6;
        let x_1 = 7; let x1 = 8; let x_1_t = 9;
        let done = "done"; let start = "start";
        none().await?;
        Ok(format!(
            "{at} {frame} {args:?} {value} {ctx} {machine} {slot:?} {output} {index} {step} {r0} {t1} {v2} {value_2} \
             {await_num} {checkout_frame} {x_1} {x1} {x_1_t} {done} {start}"
        ))
    }
}

#[workflow]
impl Keywords {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, r#type: u32) -> Result<String, Failure> {
        let r#match = num(r#type).await?;
        let r#loop = self.r#move(r#match).await?;
        for r#in in 0..2 { self.note(r#in + num(r#in).await?); self.note(r#in); }
        Ok(format!("{} {} {}", r#type, r#match, r#loop))
    }

    async fn r#move(&mut self, r#fn: u32) -> Result<u32, Failure> {
        none().await?;
        Ok(r#fn)
    }
}

#[workflow]
impl FunctionValues {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = apply(increment, num(n).await?);
        let b = apply(|x| x * 2, num(n).await?);
        let c = apply(u32::count_ones, num(n).await?);
        let d = maybe(n).await?.map_or_else(later, increment);
        let e = apply(move |x| x + n, num(n).await?);
        Ok(format!("{a} {b} {c} {d} {e}"))
    }
}

fn apply(f: impl Fn(u32) -> u32, x: u32) -> u32 {
    f(x)
}

fn increment(x: u32) -> u32 {
    x + 1
}

#[workflow]
impl Moves {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = order(n).await?.name;
        let moved = word;
        let copy = moved.clone();
        if n > 2 {
            self.note(text(moved).await?);
        } else {
            none().await?;
            drop(moved);
        }
        let mut next = copy;
        for i in 0..2 {
            let taken = next;
            none().await?;
            next = format!("{taken}{i}");
        }
        let pair = (next, vec![1u32]);
        let (first, second) = pair;
        none().await?;
        let whole = order(1).await?;
        let name = whole.name;
        let items = whole.items;
        none().await?;
        Ok(format!("{first} {second:?} {name} {items:?}"))
    }
}

#[workflow]
impl DeepShadows {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let x = n; let y = "y".to_owned();
        let z = { let x = num(x).await?; let y = format!("{y}{x}"); { let x = text(y.clone()).await?; none().await?; format!("{x}{y}") } };
        let w = match maybe(x).await? { Some(x) if { let x = x + 1; x > 1 } => { let y = num(x).await?; let x = x + y; none().await?; x + y } _ => x };
        for x in 0..2 { let x = num(x).await?; let mut x = x + 1; none().await?; x += 1; self.note(format!("{x}{y}")); let y = x; none().await?; self.note(y); }
        while let Some(x) = maybe(0).await? { self.note(x); }
        let v = 'x: { let x = num(x).await?; if x > 1 { break 'x x; } x + 1 };
        let (a, b) = join!(async { let x = num(x).await.unwrap(); let y = x + 1; none().await.unwrap(); x + y }, async { let y = format!("{y}!"); none().await.unwrap(); (x, y) });
        let f = |x: u32| { let y = x + 1; y };
        let s = select! { x = num(x) => { let x = x?; none().await?; x + f(x) } y = text(y.clone()) => y?.len() as u32 };
        let x = x + 1; let x = format!("{x}"); let x = &x; let x = x.len() as u32 + num(1).await?;
        if let Some(x) = maybe(x).await? && let y = num(x).await? && x < y { none().await?; self.note(format!("{x}{y}")); }
        let Some(x) = maybe(x).await? else { let x = text("else".to_owned()).await?; return Ok(x) };
        Ok(format!("{x} {y} {z} {w} {v} {a} {b:?} {s}"))
    }
}
