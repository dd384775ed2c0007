//! What is read of a place before an await, while a signal changes the place: rustc says what is copied before, since the same
//! expression stands here once more, with a block that changes the place instead of the await.

use longhaul::machine::Ended;
use longhaul::prelude::*;

use crate::driven::Driven;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

/// `Copy`, with methods of each kind.
#[derive(Debug, Default, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Span {
    from: u32,
    to: u32,
}

impl Span {
    fn with(self, more: u32) -> u32 {
        self.from * 100 + self.to * 10 + more
    }
    fn grow(&mut self, by: u32) -> &mut u32 {
        self.to += by;
        &mut self.to
    }
}

/// What the signal changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    count: u32,
    boxed: Box<u32>,
    list: Vec<u32>,
    pair: [u32; 2],
    span: Span,
    maybe: Option<u32>,
    word: String,
}

impl Place {
    fn before() -> Self {
        Place {
            count: 5,
            boxed: Box::new(5),
            list: vec![5, 6],
            pair: [5, 6],
            span: Span { from: 1, to: 2 },
            maybe: Some(1),
            word: "before".to_owned(),
        }
    }
    /// What the signal makes of it.
    fn change(&mut self) -> u32 {
        *self = Place {
            count: 100,
            boxed: Box::new(100),
            list: vec![100, 200],
            pair: [100, 200],
            span: Span { from: 3, to: 4 },
            maybe: Some(9),
            word: "after".to_owned(),
        };
        7
    }
}

/// For each case a workflow that ends with what the expression gives and what is at the place then.
macro_rules! cases {
    ($self:ident: $($name:ident: $machine:expr, $plain:expr;)*) => {$(
        mod $name {
            use super::*;

            #[derive(Serialize, Deserialize)]
            struct Case {
                it: Place,
            }

            impl Default for Case {
                fn default() -> Self {
                    Case { it: Place::before() }
                }
            }

            #[workflow]
            impl Case {
                #[run]
                async fn run(&mut $self, ctx: &Context) -> Result<String, Failure> {
                    ctx.sleep(seconds(0)).await;
                    let gives = format!("{:?}", $machine);
                    Ok(format!("{gives} of {:?}", $self.it))
                }

                #[signal]
                fn change(&mut $self) {
                    $self.it.change();
                }

                #[allow(clippy::all, clippy::pedantic, unused)]
                fn plain(&mut $self) -> String {
                    let gives = format!("{:?}", $plain);
                    format!("{gives} of {:?}", $self.it)
                }
            }

            #[test]
            fn is_as_in_plain_rust() {
                let mut run = Driven::<Case>::start(());
                run.fire();
                run.signal("change", &());
                run.done("num", &7);
                match run.ended() {
                    Some(Ended::Completed(text)) => assert_eq!(*text, Case::default().plain()),
                    other => panic!("{other:?}"),
                }
            }
        }
    )*};
}

cases! { self:
    // By value: copied before.
    max: self.it.count.max(num(7).await?), self.it.count.max(self.it.change());
    wrapping_add: self.it.count.wrapping_add(num(7).await?), self.it.count.wrapping_add(self.it.change());
    clamp: self.it.count.clamp(1, num(7).await?), self.it.count.clamp(1, self.it.change());
    min_of_both: self.it.count.min(self.it.list[0].max(num(7).await?)),
        self.it.count.min(self.it.list[0].max(self.it.change()));
    an_element: self.it.list[0].pow(num(2).await?), { let n = self.it.list[0]; self.it.change(); n.pow(7) };
    a_box: self.it.boxed.wrapping_add(num(7).await?), {
        let n = *self.it.boxed;
        n.wrapping_add(self.it.change())
    };
    of_an_option: self.it.maybe.unwrap_or(num(7).await?), self.it.maybe.unwrap_or(self.it.change());
    an_option_or: self.it.maybe.xor(Some(num(7).await?)), self.it.maybe.xor(Some(self.it.change()));
    of_ones_own: self.it.span.with(num(7).await?), self.it.span.with(self.it.change());
    found: self.it.list.first().unwrap().wrapping_add(num(7).await?), {
        let first = *self.it.list.first().unwrap();
        first.wrapping_add(self.it.change())
    };
    borrowed: { let count = &self.it.count; count.wrapping_add(num(7).await?) }, {
        let count = self.it.count;
        count.wrapping_add(self.it.change())
    };
    taken_apart: { let Span { from, .. } = &self.it.span; from.wrapping_add(num(7).await?) }, {
        let from = self.it.span.from;
        from.wrapping_add(self.it.change())
    };
    // What is changed is the place.
    push: { self.it.list.push(num(7).await?); self.it.list.len() }, {
        let n = self.it.change();
        self.it.list.push(n);
        self.it.list.len()
    };
    insert: { self.it.list.insert(0, num(7).await?); self.it.list[0] }, {
        let n = self.it.change();
        self.it.list.insert(0, n);
        n
    };
    replace: self.it.maybe.replace(num(7).await?), { let n = self.it.change(); self.it.maybe.replace(n) };
    insert_into_an_option: { *self.it.maybe.insert(num(7).await?) += 1; self.it.maybe }, {
        let n = self.it.change();
        *self.it.maybe.insert(n) += 1;
        self.it.maybe
    };
    swap: { self.it.pair.swap(0, num(7).await? as usize % 2); self.it.pair }, {
        let n = self.it.change();
        self.it.pair.swap(0, n as usize % 2);
        self.it.pair
    };
    grow: { let to = self.it.span.grow(num(7).await?); *to += 1; *to }, {
        let n = self.it.change();
        let to = self.it.span.grow(n);
        *to += 1;
        *to
    };
    push_str: { self.it.word.push_str(&format!("{}", num(7).await?)); self.it.word.len() }, {
        let n = self.it.change();
        self.it.word.push_str(&format!("{n}"));
        self.it.word.len()
    };
    // What is no `Copy` is lent, and looked at afterwards.
    lent: self.it.word.replace("e", &num(7).await?.to_string()), {
        let n = self.it.change();
        self.it.word.replace("e", &n.to_string())
    };
    // Operators.
    add: self.it.count + num(7).await?, self.it.count + self.it.change();
    add_an_element: self.it.list[1] * 2 + num(7).await?, self.it.list[1] * 2 + self.it.change();
    add_assign: { self.it.count += num(7).await?; self.it.count }, {
        self.it.count += self.it.change();
        self.it.count
    };
    assign_an_element: { self.it.pair[1] = num(7).await?; self.it.pair }, {
        self.it.pair[1] = self.it.change();
        self.it.pair
    };
    equal: self.it.count == num(7).await? - 2, self.it.count == self.it.change() - 2;
    less: self.it.list[0] < num(7).await?, self.it.list[0] < self.it.change();
    equal_spans: self.it.span == Span { from: 1, to: num(7).await? - 5 }, {
        let span = self.it.span;
        span == Span { from: 1, to: self.it.change() - 5 }
    };
    equal_words: self.it.word == format!("aft{}r", if num(7).await? == 7 { "e" } else { "" }), {
        let n = self.it.change();
        self.it.word == format!("aft{}r", if n == 7 { "e" } else { "" })
    };
    a_found_word: self.it.word.get(..2).unwrap() == &"bcaf"[num(7).await? as usize - 5..], {
        let n = self.it.change();
        self.it.word.get(..2).unwrap() == &"bcaf"[n as usize - 5..]
    };
    negated: -(self.it.count as i64) + num(7).await? as i64, -(self.it.count as i64) + self.it.change() as i64;
    either: self.it.count == 5 && num(7).await? == 7 && self.it.count == 100,
        self.it.count == 5 && self.it.change() == 7 && self.it.count == 100;
    in_a_chain: if let Some(_) = self.it.list.first_mut() && self.it.count.min(num(7).await?) < 6 { 1 } else { 2 },
        if self.it.count.min(self.it.change()) < 6 { 1 } else { 2 };
    range: (self.it.count..num(7).await?), (self.it.count..self.it.change());
    // Operands of other kinds.
    indexed: self.it.pair[num(7).await? as usize - 6], self.it.pair[self.it.change() as usize - 6];
    argument: u32::max(self.it.count, num(7).await?), u32::max(self.it.count, self.it.change());
    tuple: (self.it.count, num(7).await?), (self.it.count, self.it.change());
    array: [self.it.count, num(7).await?, self.it.count], [self.it.count, self.it.change(), self.it.count];
    literal: Span { from: self.it.count, to: num(7).await? }, Span { from: self.it.count, to: self.it.change() };
    base: Span { from: num(7).await?, ..self.it.span }, Span { from: self.it.change(), ..self.it.span };
    listed: vec![self.it.count, num(7).await?], vec![self.it.count, self.it.change()];
}

/// Branches share variables, which plain async Rust has no form for.
#[derive(Default, Serialize, Deserialize)]
struct Beside {}

#[workflow]
impl Beside {
    #[run]
    async fn run(&mut self) -> Result<String, Failure> {
        let mut left = 5_u32;
        let mut words = vec!["a".to_owned()];
        let (most, same, text, ()) = join!(
            async { left.max(num(7).await.unwrap_or(0)) },
            async { left == num(8).await.unwrap_or(0) },
            async {
                words.push(num(9).await.unwrap_or(0).to_string());
                words.join("/")
            },
            async {
                num(1).await.ok();
                left = 100;
                words.push("b".to_owned());
            }
        );
        Ok(format!("{most} {same} {text} {left}"))
    }
}

#[test]
fn a_branch_reads_what_was_there_before_the_branch_beside_changed_it() {
    let mut run = Driven::<Beside>::start(());
    run.done("num 1", &1);
    run.done("num 7", &7);
    run.done("num 8", &5);
    run.done("num 9", &9);
    match run.ended() {
        Some(Ended::Completed(text)) => assert_eq!(text, "7 true a/b/9 100"),
        other => panic!("{other:?}"),
    }
}
