// The bodies. This file is compiled twice: by `#[workflow]`, and as the plain async Rust that it is.

macro_rules! workflows {
    ($($name:ident)*) => {$(
        #[derive(Default, Serialize, Deserialize)]
        pub(crate) struct $name {
            pub(crate) log: Vec<String>,
            pub(crate) count: u32,
            pub(crate) name: Option<String>,
            pub(crate) items: Vec<u32>,
        }

        impl $name {
            #[allow(dead_code)]
            fn note(&mut self, text: impl std::fmt::Display) -> u32 {
                self.log.push(text.to_string());
                self.log.len() as u32
            }
        }
    )*};
}

workflows! {
    Operands Chains Literals Assignments ShortCircuits Macros MacrosThatTest Branches IfLets LetElses Matches
    MatchesOnAwaited Guards LoopValues Whiles WhileLets Ranges OwnedItems BorrowedItems ChangedItems
    MapsAndOptions Labels LabelledBlocks EarlyReturns Questions QuestionsOnOptions ShadowsInOneScope
    ShadowsInInnerScopes ShadowsInLoops Borrows MutableBorrows StringLiterals LateTypes Uninitialised Parameters
    Helpers NestedHelpers Recursion Static Joins TryJoins TryJoinsThatFail JoinsOfBlocks Selects SelectsInLoops
    SelectHandlers Timeouts TimeoutsOfBlocks NestedConcurrency ConcurrencyInLoops ReturnsInBlocks Unstorable
    Items Closures Collisions Keywords Tails Patterns Slices Adapters IfLetBorrows MatchBorrows TypedBorrows Indexed BranchForms
    LaterBeginnings FunctionValues Verbatim DeepNesting Moves NoContext BreakFromMatch Strings Unit
}

#[workflow]
impl Operands {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut x = n;
        let sum = x + add({ x += 1; x }, self.note("first")).await? + { x += 1; x } + num(x).await?;
        let product = self.note("a") * num(self.note("b")).await? * self.note("c");
        let order = add(num(1).await?, num(2).await?).await? - add(num(3).await?, self.count).await?.min(1);
        let nested = (num(num(num(1).await?).await?).await? + 1) as u64 + num(2).await? as u64;
        let negative = -(num(1).await? as i64) + !(num(2).await? as i64);
        let same = num(1).await? == num(1).await? && num(2).await? != num(3).await?;
        let less = self.note("left") < num(self.note("right")).await?;
        let text = text(format!("{sum}/{product}")).await?.len().max(num(1).await? as usize);
        self.count = sum;
        let before = self.count + { self.count += 5; self.count } + num(self.count).await? + self.count;
        Ok(format!("{sum} {product} {order} {nested} {negative} {same} {less} {text} {before} {x}"))
    }
}

#[workflow]
impl Chains {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let owned = order(n).await?.items.into_iter().map(|item| item * 2).collect::<Vec<_>>();
        let length = order(n).await?.name.len() + list(n).await?[1] as usize;
        let word = text("a".to_owned()).await?.clone().replace("a", &text("b".to_owned()).await?);
        let mut all = vec![1u32];
        all.push(num(2).await?);
        all.extend([list(num(0).await? + 2).await?, list(1).await?].concat());
        self.items.push(num(3).await?);
        self.items.insert(0, self.items.len() as u32 + num(self.items[0]).await?);
        let last = list(3).await?.pop().unwrap_or(num(9).await?);
        let cut = "abcdef".get(num(0).await? as usize..list(2).await?.len()).map(str::to_owned);
        let first = list(4).await?.first().map_or(0, |first| first + n);
        Ok(format!("{owned:?} {length} {word} {all:?} {:?} {last} {cut:?} {first}", self.items))
    }
}

#[workflow]
impl Literals {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let x = n;
        let tuple = (self.note("t0"), num(1).await?, self.note("t2"));
        let array = [num(1).await?, self.note("a1"), num(2).await?];
        let point = Point { y: num(3).await?, x, z: self.note("z") };
        let based = Point { z: num(4).await?, ..point.clone() };
        let based_on_awaited = Point { z: self.note("z"), ..Point { x: num(5).await?, y: self.note("y"), z: 0 } };
        let repeated = [num(6).await?; 3];
        let range: Vec<u32> = (num(0).await?..num(1).await? / 2).collect();
        let inclusive: Vec<u32> = (self.note("r")..=self.note("s") + num(0).await?).collect();
        let from: Vec<u32> = (num(1).await?..).take(2).collect();
        let reference = &num(7).await?;
        let of_reference = *reference + *&num(8).await?;
        let pair = pair(2).await?.1 + &pair(3).await?.1;
        let field = (num(1).await?, num(2).await?).1;
        let some = Some(Some(num(1).await?));
        let element = [1, 2, 3][num(0).await? as usize];
        Ok(format!(
            "{tuple:?} {array:?} {point:?} {based:?} {based_on_awaited:?} {repeated:?} {range:?} {inclusive:?} {from:?} \
             {of_reference} {pair} {field} {some:?} {element}"
        ))
    }
}

#[workflow]
impl Assignments {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut sum = n;
        sum += num(1).await?;
        sum -= { num(sum).await? } - num(sum).await?;
        sum = num(sum).await? + sum;
        self.count += num(2).await?;
        self.count *= { self.count += 1; num(1).await? };
        let mut values = vec![0; 3];
        values[1] = num(3).await?;
        values[self.note("i") as usize % 3] = add(self.note("v"), num(4).await?).await?;
        let mut point = Point::default();
        point.x = num(5).await?;
        point.y += point.x + num(6).await?;
        let (mut a, mut b) = pair(7).await?;
        (a, b) = (num(a).await?, b + &text("c".to_owned()).await?);
        _ = num(8).await?;
        let mut text_so_far = String::new();
        text_so_far += &text("x".to_owned()).await?;
        text_so_far += "y";
        let mut flags = 0u32;
        flags |= num(1).await? & 2;
        flags <<= num(0).await? + 1;
        *values.last_mut().unwrap() = num(9).await?;
        self.items = list(n).await?;
        let unit = a = num(10).await?;
        Ok(format!("{sum} {} {values:?} {point:?} {a} {b} {text_so_far} {flags} {:?} {unit:?}", self.count, self.items))
    }
}

#[workflow]
impl ShortCircuits {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = flag(1).await? && flag(2).await? && flag(3).await?;
        let b = flag(2).await? || flag(3).await? || flag(4).await?;
        let c = n > 2 && flag(5).await?;
        let d = n > 2 || flag(6).await?;
        let e = flag(7).await? && n > 100 || self.note("or") == 1 && flag(8).await?;
        if flag(9).await? && !flag(11).await? || n == 3 && flag(13).await? {
            self.note("then");
        }
        while flag(self.count + 1).await? && self.count < 4 {
            self.count += 2;
        }
        let f = flag(1).await? & flag(2).await? | flag(3).await?;
        let g = match n { 3 => flag(1).await? && { self.note("block"); flag(2).await? }, _ => false };
        Ok(format!("{a} {b} {c} {d} {e} {f} {g} {}", self.count))
    }
}

#[workflow]
impl Macros {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        use std::fmt::Write;
        let name = "caption";
        let width = 5;
        let text = format!("{} {name} {:>width$} {last}", num(n).await?, num(1).await?, last = num(2).await?);
        println!("{}", num(3).await?);
        let list = vec![num(4).await?, self.note("between"), num(5).await?];
        let many = vec![num(6).await?; num(0).await? as usize + 2];
        let mut out = String::new();
        write!(out, "{} {}", num(7).await?, n)?;
        writeln!(&mut out, "{}", num(8).await?)?;
        let matches = matches!(maybe(1).await?, Some(x) if x < n);
        let nested = format!("{}", format!("{}", num(9).await?));
        Ok(format!("{text} {list:?} {many:?} {out} {matches} {nested} {{}} {0} {0:?}", num(10).await?))
    }
}

#[workflow]
impl MacrosThatTest {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        assert!(flag(1).await?, "with {n} and {}", self.count);
        assert_eq!(num(1).await?, 10);
        assert_ne!(num(n).await?, num(n + 1).await?, "they differ");
        let value = match n {
            0 => unreachable!("not {}", num(1).await?),
            1 => panic!("not {}", num(2).await?),
            _ => num(3).await?,
        };
        let list = vec![self.check_it(n)?, match n { 9 => return Ok("nine".to_owned()), n => n }];
        Ok(format!("{value} {list:?}"))
    }

    fn check_it(&mut self, n: u32) -> Result<u32, Failure> {
        if n > 50 { Err(Failure::msg("too much")) } else { Ok(n) }
    }
}

#[workflow]
impl Branches {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut path = String::new();
        if flag(n).await? {
            path.push('a');
            path += &text("then".to_owned()).await?;
        }
        if n == 0 {
            path.push('z');
        } else if flag(n + 1).await? {
            path += &text("even".to_owned()).await?;
        } else if n == 3 {
            path.push('3');
        } else {
            path += &text("other".to_owned()).await?;
        }
        let value = if n > 3 { num(1).await? } else { 7 };
        let other = if flag(n).await? { 1 } else if flag(n).await? { 2 } else { self.note("else") };
        let nested = if n > 1 { if flag(1).await? { num(2).await? } else { 0 } } else { num(3).await? };
        let spilled = self.note("before") + if n > 1 { num(4).await? } else { 5 } + self.note("after");
        if n > 4 { return Ok(path + &text("early".to_owned()).await?); }
        if n == 2 { none().await?; }
        if let true = flag(n).await? { path.push('!') }
        Ok(format!("{path} {value} {other} {nested} {spilled}"))
    }
}

#[workflow]
impl IfLets {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        if let Some(value) = maybe(n).await? {
            seen.push(num(value).await?);
        } else {
            seen.push(num(99).await?);
        }
        let kept = Some((n, "x".to_owned()));
        if let Some((number, word)) = kept {
            let answer = text(word.clone()).await?;
            seen.push(number + answer.len() as u32 + word.len() as u32);
        }
        if let Ok(value) | Err(longhaul::ActivityError::Failed(Refused(value))) = check(n * 50).await {
            none().await?;
            seen.push(value);
        }
        if let Some(a) = Some(n) && let Some(b) = a.checked_sub(1) && b < 50 {
            seen.push(add(a, b).await?);
        } else {
            none().await?;
        }
        if let Some(x) = maybe(n).await? && x > 1 {
            seen.push(num(x).await?);
        }
        let from_else = if let None = self.name { text("none".to_owned()).await? } else { String::new() };
        Ok(format!("{seen:?} {from_else}"))
    }
}

#[workflow]
impl LetElses {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let Some(first) = maybe(n).await? else {
            return Ok("nothing".to_owned());
        };
        let Some(second) = maybe(n - 1).await? else {
            self.note("in else");
            let text = text("else".to_owned()).await?;
            return Ok(text);
        };
        let mut found = 0;
        for i in 0..4 {
            let Some(value) = maybe(i).await? else { continue };
            let (2.., rest) = (value, i) else {
                none().await?;
                continue;
            };
            found += rest + num(value).await?;
        }
        let Ok(third): Result<u32, _> = check(n).await else { return Err(Failure::msg("refused")) };
        Ok(format!("{first} {second} {found} {third}"))
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) enum Shape {
    #[default]
    Empty,
    Circle(u32),
    Box { width: u32, height: u32 },
}

const LIMIT: u32 = 7;

#[workflow]
impl Matches {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for shape in [Shape::Empty, Shape::Circle(n), Shape::Box { width: n, height: 2 }] {
            let area = match shape {
                Shape::Empty => 0,
                Shape::Circle(radius) => add(radius, radius).await? * radius,
                Shape::Box { width, height: h } => {
                    let doubled = add(width, width).await?;
                    doubled * h + width
                }
            };
            seen.push(area);
        }
        let word = match n {
            0 => "zero".to_owned(),
            1 | 2 => text("few".to_owned()).await?,
            x @ 3..=5 => text(x.to_string()).await? + &x.to_string(),
            LIMIT => text("limit".to_owned()).await?,
            _ => return Ok("many".to_owned()),
        };
        match n { 3 => {} _ => { none().await?; } }
        match (n, flag(n).await?) {
            (x, true) => seen.push(x),
            (_, false) => none().await?,
        }
        Ok(format!("{seen:?} {word}"))
    }
}

#[workflow]
impl MatchesOnAwaited {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = match order(n).await {
            Ok(order) if order.id > 100 => return Ok("large".to_owned()),
            Ok(Order { id, items, .. }) => {
                self.note(items.len());
                none().await?;
                (id, items)
            }
            Err(error) => return Err(error.into()),
        };
        let text = match text("a".to_owned()).await?.as_str() {
            "<a>" => text("b".to_owned()).await?,
            _ => String::new(),
        };
        let refused = match check(n * 60).await {
            Ok(fine) => fine,
            Err(longhaul::ActivityError::Failed(Refused(what))) => num(what).await?,
            Err(_) => 0,
        };
        let nested = match maybe(n).await? {
            Some(x) => match maybe(x - 1).await? {
                Some(y) => add(x, y).await?,
                None => x,
            },
            None => 0,
        };
        Ok(format!("{order:?} {text} {refused} {nested}"))
    }
}

#[workflow]
impl Guards {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let limit = num(1).await?;
        let mut seen = String::new();
        for i in 0..4 {
            match maybe(i).await? {
                Some(x) if x * 10 > limit => seen += &text(format!("{x}")).await?,
                Some(x) if { self.note(x); x == n } => seen.push('='),
                Some(_) | None if i == 0 => none().await?,
                other => seen += &format!("{other:?}"),
            }
        }
        Ok(seen)
    }
}

#[workflow]
impl LoopValues {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut i = 0;
        let found = loop {
            i += 1;
            if flag(i).await? && i > n {
                break num(i).await?;
            }
            if i > 20 {
                break 0;
            }
        };
        let unit = loop {
            if i == 0 { break; }
            i -= 1;
            ctx.sleep(seconds(1)).await;
        };
        let twice = self.note("left") + loop { break self.note("in") + num(1).await? } + self.note("right");
        let result: Result<u32, Failure> = loop {
            match check(i).await {
                Ok(3) => break Ok(i),
                Ok(_) => i += 1,
                Err(error) => break Err(error.into()),
            }
        };
        loop {
            let x = num(i).await?;
            if x > 1000 {
                return Err(Failure::msg(x));
            }
            i *= 10;
            if i > 200 {
                return Ok(format!("{found} {unit:?} {twice} {result:?}"));
            }
        }
    }
}

#[workflow]
impl Whiles {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut i = 0;
        let mut sum = 0;
        while i < n {
            i += 1;
            if i == 2 { continue; }
            sum += num(i).await?;
            if sum > 100 { break; }
        }
        while num(i).await? > 10 {
            i -= 1;
        }
        while { i += 1; flag(i).await? } {
            ctx.sleep(seconds(u64::from(i))).await;
        }
        while false { none().await?; }
        Ok(sum + i)
    }
}

#[workflow]
impl WhileLets {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut queue = std::collections::VecDeque::from([n]);
        let mut order = Vec::new();
        while let Some(next) = queue.pop_front() {
            order.push(next);
            if next > 1 {
                queue.push_back(next / 2);
                queue.extend(list(next - 2).await?);
            }
            if order.len() > 12 { break }
        }
        let mut left = 3;
        while let Some(value) = maybe(left).await? {
            left -= 1;
            order.push(num(value).await?);
        }
        while let Some(last) = order.pop() && last > 15 {
            none().await?;
        }
        Ok(format!("{order:?} {left}"))
    }
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
impl Labels {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        'outer: for i in 0..n {
            for j in 0..n {
                if j == 2 { continue 'outer; }
                let k = add(i, j).await?;
                if k == 3 { continue; }
                seen.push(k);
                'inner: loop {
                    for m in 0..10 {
                        if m == 3 { break 'inner; }
                        if i == 2 && flag(m).await? { break 'outer; }
                    }
                }
            }
            seen.push(100);
        }
        let found = 'search: loop {
            for i in 0.. {
                while flag(i).await? {
                    if i > 4 { break 'search i; }
                    break;
                }
                for quiet in 0..5 { if quiet * i == 30 { break 'search quiet; } }
            }
        };
        'a: loop { 'b: loop { none().await?; if n > 1 { break 'a } else { break 'b } } break; }
        Ok(format!("{seen:?} {found}"))
    }
}

#[workflow]
impl LabelledBlocks {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let value = 'block: {
            if flag(n).await? { break 'block num(1).await?; }
            if n == 2 { break 'block 2; }
            num(3).await?
        };
        'unit: {
            none().await?;
            if n == 3 { break 'unit; }
            self.note("not three");
        }
        let nested = 'outer: {
            let inner = 'inner: {
                for i in 0..3 {
                    if i == n { break 'outer num(i).await?; }
                    if flag(i + n).await? { break 'inner i; }
                }
                9
            };
            inner + num(inner).await?
        };
        let plain = 'plain: { if n > 1 { break 'plain 1 } 2 };
        let last = { self.note("x"); { num(4).await? } };
        Ok(format!("{value} {nested} {plain} {last}"))
    }
}

#[workflow]
impl EarlyReturns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        if n == 0 { return Ok("zero".to_owned()); }
        let value = num(n).await?;
        if n == 1 { return text(format!("one {value}")).await.map_err(Failure::from); }
        for i in 0..n {
            if i == 2 && n == 3 { return Ok(format!("in loop {}", num(i).await?)); }
            let x = match i { 9 => return Err(Failure::msg("nine")), other => other };
            add(x, if n > 50 { return Ok("in argument".to_owned()) } else { 1 }).await?;
        }
        let closure = |x: u32| { if x > 2 { return 1; } x };
        self.note(closure(n));
        match n { 4 => return Ok(text("four".to_owned()).await?), 5 => { none().await?; return Ok(String::new()) } _ => () }
        let never: u32 = if n == 6 { return Err(Failure::msg("six")) } else { num(1).await? };
        return Ok(format!("end {never}"));
    }
}

#[workflow]
impl Questions {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = check(n).await? + check(n + 10).await?;
        let b: u8 = "12".parse()?;
        let c = self.helper(n)?.checked_sub(1).ok_or_else(|| Failure::msg("none"))?;
        let d = add(check(n + 20).await?, "7".parse::<u32>()?).await?;
        for i in [n, n + 30, n + 90] {
            self.note(i);
            let value = check(i).await?;
            if value > 1000 { break; }
            let word: Result<u32, std::num::ParseIntError> = "5".parse::<u32>();
            self.note(num(word?).await?);
            if n > 8 { let _x: u32 = "bad".parse()?; }
        }
        let e = format!("{}", check(n).await?);
        Ok(format!("{a} {b} {c} {d} {e}"))
    }

    fn helper(&self, n: u32) -> Result<u32, Refused> {
        if n == 5 { Err(Refused(n)) } else { Ok(n) }
    }
}

#[workflow]
impl QuestionsOnOptions {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Option<u32> {
        let a = maybe(n).await.ok()??;
        let b = self.find(n, a).await?;
        let c = a.checked_sub(b)?;
        for i in 0..3 {
            let d = maybe(i + c).await.ok()?;
            self.note(d?);
        }
        Some(a + b)
    }

    async fn find(&mut self, n: u32, a: u32) -> Option<u32> {
        self.note(n);
        let found = maybe(a - 1).await.ok()?;
        let value = found?;
        num(value).await.ok()?.checked_rem(7)
    }
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
impl Parameters {
    #[run]
    pub async fn run(
        &mut self,
        ctx: &Context,
        (a, mut b): (u32, u32),
        mut words: Vec<String>,
        Point { x, y: up, .. }: Point,
        _unused: bool,
        [first, ..]: [u32; 2],
    ) -> Result<String, Failure> {
        b += num(a).await?;
        words.push(text("w".to_owned()).await?);
        let inner = self.inner((x, up), ctx, Some(first)).await?;
        Ok(format!("{a} {b} {words:?} {x} {up} {first} {inner}"))
    }

    async fn inner(&mut self, (x, mut y): (u32, u32), ctx: &Context, last: Option<u32>) -> Result<u32, Failure> {
        ctx.sleep(seconds(1)).await;
        y += num(x).await?;
        Ok(y + last.unwrap_or(0))
    }
}

#[workflow]
impl Helpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.with_context(ctx, n).await?;
        let b = self.without_context(a, "b".to_owned()).await?;
        let argument = self.note("argument");
        let c = Self::on_type(n).await? + self.with_context(ctx, argument).await?;
        let mut sum = 0;
        for i in 0..2 {
            sum += self.with_context(ctx, i).await?;
        }
        if self.nothing().await { self.note("nothing"); }
        let shared = self.shared(sum).await?;
        match self.without_context(50, String::new()).await {
            Ok(fine) => self.note(fine),
            Err(error) => self.note(error),
        };
        self.only_effect().await;
        Ok(format!("{a} {b} {c} {sum} {shared}"))
    }

    async fn with_context(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.count += 1;
        ctx.sleep(seconds(u64::from(n))).await;
        let x = num(n).await?;
        self.count += x;
        Ok(x + self.count)
    }

    async fn without_context(&mut self, n: u32, word: String) -> Result<u32, Failure> {
        let answer = text(word.clone()).await?;
        Ok(check(n * 2).await? + answer.len() as u32 + word.len() as u32)
    }

    async fn on_type(n: u32) -> Result<u32, Failure> {
        Ok(num(n).await? + num(n + 1).await?)
    }

    async fn nothing(&mut self) -> bool {
        true
    }

    async fn shared(&self, n: u32) -> Result<u32, Failure> {
        Ok(self.count + num(n).await?)
    }

    async fn only_effect(&mut self) {
        self.note("effect");
    }
}

#[workflow]
impl NestedHelpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        for i in 0..n {
            all.push(self.outer(ctx, i).await?);
        }
        Ok(format!("{all:?}"))
    }

    async fn outer(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut sum = 0;
        while sum < n * 10 {
            sum += self.inner(ctx, n).await? + 1;
            self.note(sum);
        }
        Ok(sum)
    }

    async fn inner(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if flag(n).await? {
            ctx.sleep(seconds(1)).await;
            self.innermost(n).await
        } else {
            Ok(self.innermost(n + 1).await? + 1)
        }
    }

    async fn innermost(&mut self, n: u32) -> Result<u32, Failure> {
        self.count += 1;
        let value = num(n).await?;
        Ok(value + self.count)
    }
}

#[workflow]
impl Recursion {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let down = self.down(n).await?;
        ctx.sleep(seconds(1)).await;
        Ok(down)
    }

    async fn down(&mut self, n: u32) -> Result<u32, Failure> {
        if n == 0 {
            return Ok(1);
        }
        let here = num(n).await?;
        let below = Box::pin(self.down(n - 1)).await?;
        self.note(below);
        Ok(here + below)
    }
}

#[workflow]
impl Static {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        Static::twice(Self::twice(n, ctx).await?, ctx).await
    }

    async fn twice(n: u32, ctx: &Context) -> Result<u32, Failure> {
        ctx.sleep(seconds(2)).await;
        add(n, n).await.map_err(Into::into)
    }
}

#[workflow]
impl Joins {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(num(n), text("b".to_owned()));
        let (c, d, e) = join!(ctx.sleep(seconds(3)), num(1), ctx.sleep(seconds(1)));
        let word = "kept".to_owned();
        let sum = self.note("left") + join!(num(2), num(3)).0? + self.note("right");
        let both = match join!(maybe(1), maybe(n)) {
            (Ok(Some(x)), Ok(Some(y))) => add(x, y).await?,
            other => { self.note(format!("{other:?}")); 0 }
        };
        let call = num(7);
        let (f, g) = join!(call, Self::twice(n));
        Ok(format!("{a:?} {b:?} {c:?} {d:?} {e:?} {word} {sum} {both} {f:?} {g:?}"))
    }

    async fn twice(n: u32) -> Result<u32, Failure> {
        let once = num(n).await?;
        Ok(num(once).await?)
    }
}

#[workflow]
impl TryJoins {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = try_join!(check(n), check(n + 1))?;
        let (c, d) = try_join!(num(a), text(b.to_string()))?;
        let tried = try_join!(check(a), check(b), check(n));
        let last = try_join!(num(1), num(2)).map(|(x, y)| x + y)?;
        Ok(format!("{a} {b} {c} {d} {tried:?} {last}"))
    }
}

#[workflow]
impl TryJoinsThatFail {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let tried = try_join!(check(n), check(n + 100), check(n + 2));
        self.note(format!("{tried:?}"));
        let blocks = try_join!(
            async { let a = num(1).await.map_err(Failure::from)?; Ok::<_, Failure>(a + check(200).await?) },
            async { num(2).await?; num(3).await?; num(4).await?; Ok("never".to_owned()) },
        );
        self.note(format!("{blocks:?}"));
        let (a, b) = try_join!(check(n), check(n + 200))?;
        Ok(format!("{a} {b}"))
    }
}

#[workflow]
impl JoinsOfBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = text("base".to_owned()).await?;
        let (a, b, c) = join!(
            async {
                let mut sum = 0;
                for i in 0..n { sum += num(i).await?; }
                Ok::<u32, Failure>(sum)
            },
            async {
                ctx.sleep(seconds(1)).await;
                let word = text(base.clone()).await?;
                Ok::<_, Failure>(word + &base)
            },
            num(9),
        );
        let (d, e) = join!(async { 1 }, async { none().await.is_ok() });
        let mut left = Vec::new();
        let mut right = n;
        let (f, ()) = join!(
            async { left.push(num(1).await); left.push(num(2).await); left.len() },
            async { while right > 0 { right -= 1; ctx.sleep(seconds(1)).await; } },
        );
        self.note(right);
        Ok(format!("{a:?} {b:?} {c:?} {d} {e} {f} {left:?}"))
    }
}

#[workflow]
impl Selects {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let first = select! {
            value = num(n) => value?,
            _ = ctx.sleep(seconds(1)) => 0,
        };
        let second = select! {
            _ = ctx.sleep(seconds(5)) => 5,
            () = ctx.sleep(seconds(2)) => 2,
            _ = ctx.sleep(seconds(2)) => { self.note("never"); 3 }
        };
        select! {
            word = text("a".to_owned()) => { self.note(word?); }
            _ = ctx.sleep(seconds(1)) => {}
        }
        let third = self.note("left") + select! { x = num(1) => x?, y = num(2) => y? + 1 } + self.note("right");
        let (ready, word) = select! {
            pair = pair(n) => pair?,
            word = text("b".to_owned()) => (0, word?),
        };
        select! { _ = none() => {}, _ = none() => {} }
        Ok(format!("{first} {second} {third} {ready} {word}"))
    }
}

#[workflow]
impl SelectsInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut round = 0;
        let mut seen = Vec::new();
        let result = loop {
            round += 1;
            select! {
                value = num(round) => seen.push(value?),
                _ = ctx.sleep(seconds(1)) => break 0,
            }
            select! {
                _ = ctx.sleep(seconds(u64::from(round))) => {
                    if round == 1 { continue; }
                    seen.push(100 + num(round).await?);
                }
                _ = ctx.sleep(seconds(2)) => break num(seen.len() as u32).await?,
            }
            if round > n + 3 { return Err(Failure::msg("too many")); }
        };
        for i in 0..n {
            select! {
                x = num(i) => { if x? == 10 { continue; } self.note(i); }
                _ = ctx.sleep(seconds(1)) => {}
            }
        }
        Ok(format!("{result} {round} {seen:?}"))
    }
}

#[workflow]
impl SelectHandlers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let kept = text("kept".to_owned()).await?;
        let value = select! {
            x = check(n * 60) => match x {
                Ok(x) => num(x).await?,
                Err(error) => { self.note(&error); text(kept.clone()).await?.len() as u32 }
            },
            _ = ctx.sleep(seconds(1)) => return Ok("slept".to_owned()),
        };
        'outer: for i in 0..n {
            select! {
                x = num(i) => {
                    let x = x?;
                    none().await?;
                    if x == 10 { continue 'outer; }
                    for j in 0..2 { if j == 1 && x == 20 { break 'outer; } none().await?; }
                    self.note(x);
                }
                _ = ctx.sleep(seconds(9)) => break,
            }
        }
        if n == 2 {
            select! {
                x = check(n + 99) => { x?; }
                _ = ctx.sleep(seconds(1)) => return Err(Failure::msg("never")),
            }
        }
        Ok(format!("{value} {kept}"))
    }
}

#[workflow]
impl Timeouts {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = timeout(seconds(5), num(n)).await;
        let b = timeout(seconds(1), ctx.sleep(seconds(2))).await;
        let c = timeout(seconds(2), ctx.sleep(seconds(1))).await;
        let d = timeout(seconds(3), ctx.wait_until(|| self.count > 0)).await.is_err();
        let e = timeout(seconds(3), ctx.wait_until(|| self.count == 0)).await.is_err();
        let f = timeout(seconds(1), timeout(seconds(2), ctx.sleep(seconds(3)))).await;
        let g = timeout(seconds(num(1).await?.into()), num(2)).await??;
        let both = (timeout(seconds(1), num(3)).await, timeout(seconds(1), ctx.sleep(seconds(4))).await);
        if timeout(seconds(1), ctx.sleep(seconds(2))).await.is_err() && n > 1 {
            self.note("late");
        }
        let helper = timeout(seconds(2), self.slow(ctx, n)).await;
        Ok(format!("{a:?} {b:?} {c:?} {d} {e} {f:?} {g} {both:?} {helper:?}"))
    }

    async fn slow(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.note("begin");
        ctx.sleep(seconds(u64::from(n))).await;
        self.note("end");
        Ok(num(n).await?)
    }
}

#[workflow]
impl TimeoutsOfBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = timeout(seconds(3), async {
            let x = num(n).await?;
            ctx.sleep(seconds(2)).await;
            Ok::<_, Failure>(x)
        })
        .await;
        let b = timeout(seconds(3), async {
            for i in 0..n {
                ctx.sleep(seconds(1)).await;
                self.log.push(i.to_string());
            }
            'd'
        })
        .await;
        let c = timeout(seconds(1), async { if n > 100 { return 1; } num(2).await.unwrap() }).await;
        Ok(format!("{a:?} {b:?} {c:?}"))
    }
}

#[workflow]
impl NestedConcurrency {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let outer = text("outer".to_owned()).await?;
        let (a, b) = join!(
            async {
                let (x, y) = join!(num(1), async { num(2).await.unwrap() + num(3).await.unwrap() });
                let z = timeout(seconds(1), ctx.sleep(seconds(2))).await.is_err();
                format!("{x:?} {y} {z} {outer}")
            },
            async {
                let mut seen = Vec::new();
                loop {
                    select! {
                        _ = ctx.sleep(seconds(1)) => seen.push(1),
                        x = async { ctx.sleep(seconds(1)).await; num(5).await } => { seen.push(x.unwrap()); }
                    }
                    if seen.len() as u32 > n { break seen; }
                }
            },
        );
        let c = select! {
            pair = async { try_join!(check(n), check(500)) } => format!("{pair:?}"),
            _ = ctx.sleep(seconds(1)) => String::new(),
        };
        let d = timeout(seconds(1), async { join!(ctx.sleep(seconds(5)), num(1)).1 }).await;
        Ok(format!("{a} {b:?} {c} {d:?}"))
    }
}

#[workflow]
impl ConcurrencyInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        for i in 0..n {
            let name = text(i.to_string()).await?;
            let (a, b) = try_join!(num(i), async {
                ctx.sleep(seconds(1)).await;
                let word = text(name.clone()).await?;
                Ok(word.len() as u32 + name.len() as u32)
            })?;
            all.push(a + b);
            if a == 20 { continue; }
            let mut tries = 0;
            while timeout(seconds(2), ctx.sleep(seconds(u64::from(3 - tries)))).await.is_err() {
                tries += 1;
            }
            all.push(tries);
        }
        Ok(format!("{all:?}"))
    }
}

#[workflow]
impl ReturnsInBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(
            async {
                if n > 2 { return 1; }
                for i in 0..5 {
                    if num(i).await.unwrap() == 20 { return i; }
                }
                9
            },
            async {
                let result: Result<u32, Failure> = async_result(n);
                let x = result?;
                let y = match maybe(x).await? { Some(y) => y, None => return Err(Failure::msg("none")) };
                check(y).await?;
                check(y + 100).await.map_err(Failure::from)
            },
        );
        let c = select! {
            x = async { ctx.sleep(seconds(2)).await; Some(maybe(0).await.ok()??) } => x,
            _ = ctx.sleep(seconds(3)) => Some(3),
        };
        Ok(format!("{a} {b:?} {c:?}"))
    }
}

fn async_result(n: u32) -> Result<u32, Failure> {
    Ok(n)
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
impl Tails {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        match n {
            0 => Ok(text("zero".to_owned()).await?),
            1 => if flag(1).await? { text("one".to_owned()).await.map_err(Failure::from) } else { Ok(String::new()) },
            2 => loop { if flag(3).await? { break Ok("two".to_owned()); } },
            3 => { let x = num(3).await?; { Ok(format!("three {x}")) } }
            4 => unreachable!("never {}", num(4).await?),
            5 => 'a: { if flag(5).await? { break 'a Err(Failure::msg("five")); } Ok(String::new()) },
            _ => Err(Failure::msg(num(n).await?)),
        }
    }
}

#[workflow]
impl Patterns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, (b, c)) = (num(1).await?, pair(n).await?);
        let Order { id, items: ref kept, .. } = order(2).await?;
        let length = kept.len();
        let [first, .., last] = [num(2).await?, 1, num(3).await?];
        let (mut x, y): (u32, u32) = (1, 2);
        x += num(y).await?;
        let Point { x: px, y: _, z } = Point { x: 1, y: 2, z: num(4).await? };
        let whole @ (l, r) = (num(5).await?, 6);
        none().await?;
        let _ = num(6).await?;
        let _ignored = num(7).await?;
        Ok(format!("{a} {b} {c} {id} {length} {first} {last} {x} {y} {px} {z} {whole:?} {l} {r}"))
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
impl LaterBeginnings {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        // What stands behind a branch that is done at once is never begun.
        let a = select! {
            x = async { n } => x,
            y = num(1) => y?,
        };
        let b = select! {
            x = async { num(n).await } => x?,
            y = num(2) => y?,
        };
        let (c, d) = join!(async { num(3).await.unwrap() }, num(4));
        let e = try_join!(async { Err::<u32, Failure>(Failure::msg("at once")) }, async { Ok(num(5).await?) });
        let f = timeout(seconds(1), async { 6 }).await;
        let call = num(7);
        let g = num(8).await?;
        let h = call.await?;
        ctx.sleep(seconds(1)).await;
        Ok(format!("{a} {b} {c} {d:?} {e:?} {f:?} {g} {h}"))
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
impl Verbatim {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for round in 0..3 {
            none().await?;
            for i in 0..10 {
                if i == 2 { continue; }
                if i == 5 { break; }
                let n = i + round;
                if n == 6 { return Ok(format!("{seen:?} {n}")); }
                match n { 1 => seen.push(1), 3 => { let seen = self.checked(n)?; self.note(seen); } _ => {} }
            }
            if round == 1 && n == 3 { continue; }
            let found = 'find: {
                for x in &seen { if *x > 5 { break 'find Some(*x); } }
                None
            };
            while let Some(x) = found { if x > 1 { break } }
            unsafe_free(&mut seen);
        }
        let parsed: Result<u32, Failure> = (|| Ok("12".parse::<u32>()?))();
        Ok(format!("{seen:?} {parsed:?}"))
    }

    fn checked(&self, n: u32) -> Result<u32, Refused> {
        Ok(n)
    }
}

fn unsafe_free(seen: &mut Vec<u32>) {
    seen.push(seen.len() as u32);
}

#[workflow]
impl DeepNesting {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        'outer: for i in 0..n {
            if let Some(a) = maybe(i).await? {
                match flag(a).await? {
                    true => {
                        let mut left = a;
                        while left > 0 {
                            left -= 1;
                            let value = { let x = num(left).await?; if x == 10 { break; } x };
                            all.push(if value > 0 { add(value, a).await? } else { let y = loop { break num(9).await?; }; y });
                            if all.len() > 7 { break 'outer; }
                        }
                    }
                    false => {
                        select! {
                            _ = ctx.sleep(seconds(1)) => { for j in 0..2 { if j == a { continue 'outer; } all.push(j); none().await?; } }
                            x = async { none().await?; ctx.sleep(seconds(u64::from(a))).await; num(a).await } => all.push(x?),
                        }
                    }
                }
            }
        }
        Ok(format!("{all:?}"))
    }
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
impl NoContext {
    #[run]
    pub async fn run(&mut self, _: &Context) -> String {
        let x = num(1).await;
        format!("{x:?}")
    }
}

#[workflow]
impl BreakFromMatch {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut i = 0;
        let value = loop {
            i += 1;
            let x = match maybe(i % 3).await? {
                Some(x) if x == 2 => continue,
                Some(x) => x,
                None => break i,
            };
            let y = if x > 5 { break 5 } else { num(x).await? };
            self.note(y + n);
        };
        let doubled = { let z = match check(value).await { Ok(z) => z, Err(_) => return Ok(0) }; z * 2 };
        Ok(doubled)
    }
}

#[workflow]
impl Strings {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut out = String::from("a");
        out.push_str(&format!("{n}"));
        out = out + &text("b".to_owned()).await? + "c" + &text("d".to_owned()).await?;
        let joined = [text("e".to_owned()).await?, text("f".to_owned()).await?].join("-");
        let parts: Vec<String> = out.split('<').map(str::to_owned).collect();
        none().await?;
        Ok(joined + &parts.concat())
    }
}

#[workflow]
impl Unit {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) {
        for i in 0..n {
            ctx.sleep(seconds(1)).await;
            self.note(i);
        }
        if n == 1 { return; }
        let done = none().await;
        self.note(done.is_ok())
            ;
        none().await.unwrap_or_default()
    }
}

#[workflow]
impl Indexed {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut orders = vec![order(1).await?, order(2).await?];
        let mut i = 0;
        while i < orders.len() {
            orders[i].items.push(num(n).await?);
            let last = orders.len() - 1;
            orders[last - i].items.extend(list(2).await?);
            let name = &mut orders[i].name;
            name.push_str(&text("x".to_owned()).await?);
            i += 1;
            name.push('y');
        }
        let mut values = vec![1, 2, 3];
        let mut at = 0;
        let sum = values[at] + num({ at += 1; 1 }).await? + values[at];
        let item = &values[at];
        at = 2;
        let sum = sum + item + num(*item).await? + item;
        values[at] = num(at as u32).await?;
        let part = &values[at - 1..at];
        none().await?;
        let less = values[at] < { at = 0; num(1).await? };
        Ok(format!("{orders:?} {sum} {part:?} {less} {at} {}", values.len()))
    }
}

#[workflow]
impl BranchForms {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = "w".to_owned();
        let moved = word.clone();
        let (a, b) = join!(async move { text(moved).await.unwrap() }, async { text(word.clone()).await.unwrap() });
        let c = select! {
            x = timeout(seconds(1), num(n)) => x.unwrap().unwrap(),
            _ = ctx.sleep(seconds(5)) => 0,
        };
        let mut total = 1;
        total += if n > 2 { num(1).await? } else { 0 };
        total = loop { if flag(total).await? { break total + 1; } total += 1; };
        let d = timeout(seconds(1), async {
            for i in 0.. {
                if let Some(x) = maybe(i).await? {
                    match check(x * 60).await { Ok(_) => continue, Err(error) => { self.note(&error); return Ok::<_, Failure>(x); } }
                }
            }
            Ok(0)
        }).await;
        let e = try_join!(async { check(1).await }, check(2), async { let x = check(3).await?; check(x).await })?;
        let f = match select! { x = num(1) => Some(x?), _ = ctx.sleep(seconds(1)) => None } { Some(x) => x + num(2).await?, None => 0 };
        Ok(format!("{a} {b} {c} {total} {d:?} {e:?} {f}"))
    }
}
