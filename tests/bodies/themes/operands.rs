// Awaits as operands: of operators, calls, literals, assignments, places.

bodies! {
    Operands { operands_are_evaluated_in_order(3); }
    Chains { method_chains_keep_their_receivers(3); }
    Literals { literals_are_evaluated_in_order(3); }
    Assignments { assignments_evaluate_the_value_first(3); }
    ShortCircuits { and_and_or_evaluate_only_what_is_needed(3); }
    Indexed { indexes_are_evaluated_where_they_stand(3); }
    Strings { strings_are_joined(3); }
    IndexedCompound { compound_assignments_to_elements_evaluate_the_value_first(3); }
    Uncertain { compound_assignments_to_computed_places_evaluate_the_value_first(3); }
    ManyOperands { all_kinds_of_operands_await(3); }
    IndexCalls { calls_stand_in_indexes(3); }
    Casts { casts_and_ranges(3); }
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
impl IndexedCompound {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut v = vec![1u32, 2, 3];
        let mut i = 0;
        v[i] += num(1).await?;
        v[1] -= num(0).await? + 1;
        v[i] += { i += 1; num(2).await? };
        v[i + 1] *= num(3).await?;
        self.items = vec![5, 6];
        self.items[0] += num(n).await?;
        let mut grid = vec![vec![0u64; 2]; 2];
        grid[1][i] += num(4).await? as u64;
        let mut words = vec![String::new(), "b".to_owned()];
        words[0] += &text("a".to_owned()).await?;
        let mut points = vec![Point::default()];
        points[0].x += num(5).await?;
        points[i - 1].y |= num(6).await? & 4;
        Ok(format!("{v:?} {:?} {grid:?} {words:?} {points:?} {i}", self.items))
    }
}

#[workflow]
impl Uncertain {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut map = std::collections::BTreeMap::new();
        *map.entry(n).or_insert(0) += num(1).await?;
        *map.entry(n).or_default() += num(2).await? + { self.note("value"); 1 };
        *map.get_mut({ self.note("key"); &n }).ok_or_else(|| Failure::msg("none"))? += num(self.note("value")).await?;
        let mut v = vec![1u32, 2, 3];
        v[self.note("i") as usize % 3] *= num(self.note("v")).await?;
        v[num(0).await? as usize] += num({ self.note("right"); 1 }).await?;
        *v.last_mut().unwrap() -= num(1).await?;
        let mut at = 0;
        v[{ at += 1; at }] += { at += 1; num(1).await? };
        Ok(format!("{map:?} {v:?}"))
    }
}

#[workflow]
impl ManyOperands {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = (num(1).await?, num(2).await?).0;
        let b = [num(1).await?, num(2).await?][1];
        let c = Point { x: num(1).await?, ..Point { y: num(2).await?, ..Default::default() } };
        let d = &mut [num(3).await?];
        d[0] += 1;
        let e = !flag(1).await?;
        let f = -(num(1).await? as i32);
        let g = (num(1).await? + num(2).await?) * (num(3).await? - num(1).await?) / num(1).await?.max(1) % 7;
        let h = num(1).await? << (num(0).await? + 1) >> 1 ^ num(2).await? | 1 & num(3).await?;
        let i = num(num(1).await? + { let x = num(2).await?; x + 1 }).await?;
        let j = Some(num(1).await?).map(|x| x + n).unwrap_or(num(5).await?);
        let k = text(format!("{}{}", text("in".to_owned()).await?, num(4).await?)).await?;
        let l = (num(1).await? < num(2).await?) == flag(3).await? && !(num(1).await? >= 11);
        let m = if num(1).await? > 5 { num(2).await? } else { num(3).await? } + match num(4).await? { 40 => 1, _ => 0 };
        let o = { num(1).await? } + { let y = 1; y } + num(1).await?;
        let p = order(n).await?.items[num(0).await? as usize];
        let q = order(n).await?.note.as_deref().map(str::len).unwrap_or_default() + list(2).await?.len();
        let r = Box::new(num(1).await?);
        let s = *r + num(*r).await?;
        let t = (self.note("x"), (num(1).await?, [self.note("y"), num(2).await?]));
        let u = Err::<u32, u32>(num(1).await?).or_else(|x| if x > 1 { Ok(x) } else { Err(x) }).map_err(|x| Failure::msg(x))?;
        let v = std::mem::replace(&mut self.count, num(7).await?);
        let w = u64::from(num(1).await?) + <u32 as Into<u64>>::into(num(2).await?);
        let x = Ok::<_, Failure>(num(1).await?)? + Some(num(2).await?).ok_or_else(|| Failure::msg("no"))?;
        Ok(format!("{a} {b} {c:?} {d:?} {e} {f} {g} {h} {i} {j} {k} {l} {m} {o} {p} {q} {r} {s} {t:?} {u} {v} {w} {x}"))
    }
}

#[workflow]
impl IndexCalls {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let v = list(20).await?;
        let a = v[num(1).await? as usize];
        let b = v[self.index(n).await?] + v[self.index(n + 1).await?];
        let c = list(5).await?[self.index(1).await?];
        let d = &v[num(0).await? as usize..self.index(2).await?];
        let e = v[v[num(0).await? as usize] as usize];
        let mut w = vec![0; 3];
        w[self.index(0).await?] = num(1).await?;
        w[num(0).await? as usize] = v[1];
        let map = std::collections::BTreeMap::from([(10, 'a'), (20, 'b')]);
        let f = map[&num(1).await?];
        let mut i = 0;
        let g = v[{ i += 1; i }] + num({ i += 1; i as u32 }).await? + v[i];
        Ok(format!("{a} {b} {c} {d:?} {e} {w:?} {f} {g}"))
    }

    async fn index(&mut self, n: u32) -> Result<usize, Failure> {
        self.note(n);
        Ok(num(n).await? as usize / 10)
    }
}

#[workflow]
impl Casts {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = num(n).await? as u8 as char;
        let b = (num(1).await?..=num(2).await?).contains(&15);
        let c = (..num(1).await?).contains(&n);
        let d = &"hello world"[num(0).await? as usize..num(1).await? as usize / 2];
        let e = num(1).await? as f64 / 4.0;
        let f = (num(1).await? as usize, -1i64 + num(2).await? as i64);
        let g = if let 1..=30 = num(n).await? { 'y' } else { 'n' };
        none().await?;
        Ok(format!("{a} {b} {c} {d} {e} {f:?} {g}"))
    }
}
