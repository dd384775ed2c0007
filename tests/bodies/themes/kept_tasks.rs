// What keeps tasks to the end of its scope, as any value that they are put into.

bodies! {
    KeptOwnMethod { tasks_are_put_by_a_method_of_ones_own(3); }
    KeptOwnStruct { tasks_are_parts_of_values(3); }
    KeptMaps { maps_keep_tasks(3); }
    KeptOptions { options_keep_tasks(3); }
    KeptClosures { closures_begin_tasks_that_are_kept(3); }
    KeptExtends { chains_begin_tasks_that_are_kept(3); }
    KeptHelpers { functions_put_tasks_into_variables(3); }
}

use std::collections::{BTreeMap, VecDeque};

#[derive(Serialize, Deserialize)]
pub struct Pool<T> { tasks: Vec<T>, added: u32 }
impl<T> Pool<T> {
    fn new() -> Self { Pool { tasks: Vec::new(), added: 0 } }
    fn add(&mut self, task: T) -> &mut Self { self.tasks.push(task); self.added += 1; self }
    fn with(mut self, task: T) -> Self { self.tasks.push(task); self }
}
#[derive(Serialize, Deserialize)]
pub struct Pending<T> { task: T, what: String }

#[workflow]
impl KeptOwnMethod {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut pool = Pool::new();
        pool.add(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n).await.unwrap() }));
        let t = ctx.spawn(num(7));
        pool.add(ctx.spawn(async move { num(n + 1).await.unwrap() })).added += 1;
        let mut alone = Pool::new();
        alone.add(ctx.spawn(async move { num(1009).await.ok(); none().await.ok(); num(n + 8).await.unwrap() }));
        let mut second = Pool::new(); second.add(ctx.spawn(num(17))).add(ctx.spawn(num(18)));
        none().await?;
        let pool = pool.with(ctx.spawn(async move { num(n + 2).await.unwrap() }));
        none().await?;
        none().await?;
        ctx.sleep(seconds(60)).await;
        self.note("end");
        Ok(format!("{}", 1))
    }
}

#[workflow]
impl KeptOwnStruct {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let p = Pending { task: ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n).await.unwrap() }), what: "x".to_owned() };
        let pair = (ctx.spawn(async move { num(1006).await.ok(); none().await.ok(); num(n).await.unwrap() }), 3);
        let arr = [ctx.spawn(async move { num(1007).await.ok(); none().await.ok(); num(n).await.unwrap() })];
        let some = Some(ctx.spawn(async move { num(1008).await.ok(); none().await.ok(); num(n).await.unwrap() }));
        let boxed = Box::new(ctx.spawn(async move { num(1009).await.ok(); none().await.ok(); num(n).await.unwrap() }));
        none().await?;
        ctx.sleep(seconds(60)).await;
        self.note("end");
        Ok("done".to_owned())
    }
}

#[workflow]
impl KeptMaps {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut map: BTreeMap<String, _> = BTreeMap::new();
        for i in 0..n { map.insert(format!("t{i}"), ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(i).await.unwrap() })); }
        map.entry("e".to_owned()).or_insert_with(|| ctx.spawn(async move { num(1004).await.ok(); none().await.ok(); num(99).await.unwrap() }));
        let mut q = VecDeque::new();
        q.push_front(ctx.spawn(async move { num(1003).await.ok(); none().await.ok(); num(98).await.unwrap() }));
        let nested: Vec<(u32, Vec<_>)> = (0..2).map(|i| (i, vec![ctx.spawn(async move { num(1002).await.ok(); none().await.ok(); num(i).await.unwrap() })])).collect();
        none().await?;
        map.insert("t0".to_owned(), ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(70).await.unwrap() }));
        none().await?;
        map.remove("t1");
        ctx.sleep(seconds(60)).await;
        Ok("done".to_owned())
    }
}

#[workflow]
impl KeptOptions {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut slot: Option<_> = None;
        slot.replace(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n).await.unwrap() }));
        none().await?;
        slot.insert(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n + 1).await.unwrap() }));
        let mut other: Option<_> = None;
        other.get_or_insert_with(|| ctx.spawn(async move { num(1006).await.ok(); none().await.ok(); num(n + 2).await.unwrap() }));
        let mut third = None;
        third.get_or_insert(ctx.spawn(async move { num(1006).await.ok(); none().await.ok(); num(n + 3).await.unwrap() }));
        let mut fourth;
        fourth = Some(ctx.spawn(async move { num(1006).await.ok(); none().await.ok(); num(n + 4).await.unwrap() }));
        none().await?;
        if n > 2 { fourth = None; }
        let old = std::mem::replace(&mut slot, Some(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n + 5).await.unwrap() })));
        none().await?;
        drop(old);
        ctx.sleep(seconds(60)).await;
        Ok("done".to_owned())
    }
}

#[workflow]
impl KeptClosures {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks = Vec::new();
        let mut start = |i: u32| tasks.push(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(i).await.unwrap() }));
        start(1);
        start(2);
        let make = |i: u32| ctx.spawn(async move { num(1006).await.ok(); none().await.ok(); num(i).await.unwrap() });
        let a = make(3);
        let mut more = Vec::new();
        (0..n).for_each(|i| more.push(make(i + 10)));
        none().await?;
        ctx.sleep(seconds(60)).await;
        Ok("done".to_owned())
    }
}

#[workflow]
impl KeptExtends {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks: Vec<_> = vec![];
        tasks.extend((0..n).map(|i| ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(i).await.unwrap() })));
        let (even, odd): (Vec<_>, Vec<_>) = (0..n).map(|i| (i, ctx.spawn(async move { num(1007).await.ok(); none().await.ok(); num(i + 50).await.unwrap() }))).partition(|(i, _)| i % 2 == 0);
        let by: BTreeMap<u32, _> = (0..n).map(|i| (i, ctx.spawn(async move { num(1008).await.ok(); none().await.ok(); num(i + 80).await.unwrap() }))).collect();
        let kept = std::iter::once(ctx.spawn(async move { num(1008).await.ok(); none().await.ok(); num(200).await.unwrap() })).collect::<Vec<_>>();
        none().await?;
        ctx.sleep(seconds(60)).await;
        Ok("done".to_owned())
    }
}

fn begin<T>(ctx: &Context, pool: &mut Vec<T>, task: T) { pool.push(task); }
fn wrap<T>(task: T) -> Pending<T> { Pending { task, what: "w".to_owned() } }

#[workflow]
impl KeptHelpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut pool = Vec::new();
        begin(ctx, &mut pool, ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n).await.unwrap() }));
        let w = wrap(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n + 1).await.unwrap() }));
        let ws = vec![wrap(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n + 2).await.unwrap() }))];
        let inner = { let t = ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n + 3).await.unwrap() }); wrap(t) };
        if n > 1 { let dropped = wrap(ctx.spawn(async move { num(1005).await.ok(); none().await.ok(); num(n + 4).await.unwrap() })); none().await?; self.note("x"); }
        none().await?;
        ctx.sleep(seconds(60)).await;
        Ok("done".to_owned())
    }
}

