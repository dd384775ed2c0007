//! Blocks that use `self` and the context, and methods that give tasks.

use super::*;

#[activity]
async fn num(number: u32) -> u32 {
    number
}

#[derive(Default, Serialize, Deserialize)]
struct BlocksOfSelf {
    log: Vec<String>,
    items: Vec<u32>,
    count: u32,
}

impl BlocksOfSelf {
    fn note(&mut self, text: impl std::fmt::Display) {
        self.log.push(text.to_string());
    }
}

#[workflow]
impl BlocksOfSelf {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let task = ctx.spawn(async move {
            for x in 0..n {
                let got = num(x).await.unwrap();
                self.note(got);
                self.items.push(got);
                let more = self.items.len() as u32;
                self.count += num(more).await.unwrap();
            }
            self.helper(n).await
        });
        let helped = self.helper(1).await;
        self.note("main");
        let got = task.await?;
        Ok(format!("{helped} {got} {} {:?}", self.count, self.items))
    }

    async fn helper(&mut self, x: u32) -> u32 {
        let got = num(x).await.unwrap();
        self.note(format!("helper {got}"));
        got + self.count
    }
}

#[derive(Default, Serialize, Deserialize)]
struct SpawningMethods {
    log: Vec<String>,
}

impl SpawningMethods {
    fn note(&mut self, text: impl std::fmt::Display) {
        self.log.push(text.to_string());
    }
}

#[workflow]
impl SpawningMethods {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let one = self.begin(ctx, n).await;
        let two = self.both(ctx, n).await;
        let three = self.begin(ctx, 4).await;
        Ok(format!("{} {two:?} {}", one.await?, three.await?))
    }

    async fn begin(&mut self, ctx: &Context, n: u32) -> Task<u32> {
        let before = num(n).await.unwrap();
        self.note(before);
        ctx.spawn(async move { num(before).await.unwrap() + n })
    }

    async fn twice(n: u32) -> u32 {
        num(n).await.unwrap() * 2
    }

    async fn both(&mut self, ctx: &Context, n: u32) -> (u32, Vec<u32>) {
        let task = ctx.spawn(async move {
            self.note("in both");
            num(n).await.unwrap()
        });
        let all = join_all((0..n).map(|x| async move { num(x).await.unwrap() })).await;
        (task.await.unwrap(), all)
    }
}

/// Answers each activity with ten times what it is called with, the first that is waited for first.
fn answer_all<W: Workflow<Output = String, Error = Failure>>(run: &mut Driven<W>) -> String {
    for _ in 0..100 {
        if run.ended().is_some() {
            break;
        }
        let first = run.armed()[0].to_owned();
        let number: u32 = first.trim_start_matches("num ").parse().unwrap();
        run.done(&first, &(number * 10));
    }
    completed(run.ended()).to_owned()
}

#[test]
fn blocks_use_self_and_the_context() {
    let mut run = Driven::<BlocksOfSelf>::start(3);
    answer_all(&mut run);
    assert_eq!(run.value.items, [0, 10, 20]);
    assert_eq!(run.value.log, ["helper 10", "main", "0", "10", "20", "helper 30"]);
}

#[test]
fn methods_spawn_and_give_tasks() {
    let mut run = Driven::<SpawningMethods>::start(3);
    assert_eq!(answer_all(&mut run), "303 (30, [0, 10, 20]) 404");
}

/// Keeps what its method began, and does not name it again.
#[derive(Default, Serialize, Deserialize)]
struct NotNamedAgain {
    log: Vec<String>,
}

#[workflow]
impl NotNamedAgain {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        {
            let _kept = self.begin(ctx, n).await;
            let (_both, _) = (self.begin(ctx, n + 1).await, 0);
            num(100).await.unwrap();
        }
        num(200).await.unwrap();
        Ok(self.log.join(" "))
    }

    async fn begin(&mut self, ctx: &Context, n: u32) -> Task<()> {
        ctx.spawn(async move {
            let got = num(n).await.unwrap();
            self.log.push(format!("got {got}"));
            num(n * 10).await.unwrap();
            self.log.push("never".to_owned());
        })
    }
}

#[test]
fn a_task_that_a_method_gave_lives_to_the_end_of_its_scope() {
    let mut run = Driven::<NotNamedAgain>::start(3);
    run.done("num 3", &30);
    run.done("num 4", &40);
    run.done("num 100", &0);
    assert_eq!(run.armed(), ["num 200"]);
    run.done("num 200", &0);
    assert_eq!(completed(run.ended()), "got 30 got 40");
}
