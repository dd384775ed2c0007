#![allow(missing_docs, unused_variables, unused_mut, unreachable_code, non_camel_case_types)]
#![allow(clippy::items_after_statements)] // as the generator writes it
use longhaul::machine as lh;
use longhaul::machine::{Context, Op, OpId, Resolution, Slot, State, StateEntry, Step, Sub};
use std::task::Poll;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandState {
    Start,
    AwaitSleep,
    AwaitSleep2,
    Done,
}
impl State for HandState {
    const MACHINE: &'static str = "Hand::run";
    const ALL: &'static [Self] =
        &[HandState::Start, HandState::AwaitSleep, HandState::AwaitSleep2, HandState::Done];
    const TABLE: &'static [StateEntry] =
        &[("Start", &[]), ("AwaitSleep", &[0, 1, 2]), ("AwaitSleep2", &[1, 3]), ("Done", &[])];

    fn place(self) -> usize {
        self as usize
    }
}
pub struct HandFrame<S0, S1, W2, W3> {
    pub at: HandState,
    pub s0: Slot<S0>,
    pub s1: Slot<S1>,
    pub w2: Slot<W2>,
    pub w3: Slot<W3>,
}
impl<S0: Send + 'static, S1: Send + 'static, W2: Send + 'static, W3: Send + 'static> lh::Frame
    for HandFrame<S0, S1, W2, W3>
{
    type State = HandState;
    const EMPTY: Self = HandFrame {
        at: HandState::Start,
        s0: Slot::empty(),
        s1: Slot::empty(),
        w2: Slot::empty(),
        w3: Slot::empty(),
    };
}
#[derive(Default)]
struct Hand {
    n: u32,
}
impl Hand {
    fn run(&mut self, ctx: &Context, sub: &mut Sub<(u32,)>) -> Poll<u32> {
        lh::drive(sub, ctx, |frame: &mut HandFrame<_, _, _, _>, op| {
            let mut args = match op {
                Op::Step(a) => a,
                Op::Spawned(spawned) => return lh::no_such_task(ctx, spawned),
                Op::Slots(s) => {
                    s.at(&mut frame.at);
                    s.kept(0, "n", &mut frame.s0);
                    s.kept(1, "v", &mut frame.s1);
                    s.wait(2, "w2", &mut frame.w2);
                    s.wait(3, "w3", &mut frame.w3);
                    return Poll::Pending;
                }
            };
            enum B {
                Start,
                A1,
                A2,
            }
            let mut block = match frame.at {
                HandState::Start => B::Start,
                HandState::AwaitSleep => B::A1,
                HandState::AwaitSleep2 => B::A2,
                HandState::Done => unreachable!(),
            };
            loop {
                match block {
                    B::Start => {
                        let (n,) = args.take().unwrap();
                        let mut v = Vec::new();
                        frame.w2.put(lh::begin(ctx.sleep(Duration::from_secs(1)), ctx));
                        frame.s0.put(n);
                        frame.s1.put(v);
                        frame.at = HandState::AwaitSleep;
                        block = B::A1;
                    }
                    B::A1 => {
                        match frame.w2.get_mut().poll(ctx) {
                            Poll::Ready(()) => {}
                            Poll::Pending => return Poll::Pending,
                        }
                        let n = frame.s0.take();
                        let mut v = frame.s1.take();
                        v.push(n + 1);
                        self.n += 1;
                        frame.w3.put(lh::begin(ctx.sleep(Duration::from_secs(1)), ctx));
                        frame.s1.put(v);
                        frame.at = HandState::AwaitSleep2;
                        block = B::A2;
                    }
                    B::A2 => {
                        match frame.w3.get_mut().poll(ctx) {
                            Poll::Ready(()) => {}
                            Poll::Pending => return Poll::Pending,
                        }
                        let v = frame.s1.take();
                        return Poll::Ready(v[0]);
                    }
                }
            }
        })
    }
}
use longhaul::machine::Wait;
#[test]
fn it_runs_with_a_reload_at_each_state() {
    let mut hand = Hand::default();
    let mut sub = Sub::start((5u32,));
    let mut next_op = 0;
    let mut resolved: Option<OpId> = None;
    for _ in 0..3 {
        let mut step = Step { next_op, ..Step::default() };
        if let Some(op) = resolved {
            step.resolutions.insert(op, Resolution::TimerFired);
        }
        let ctx = Context::new("r", longhaul::Moment(0), step);
        let r = hand.run(&ctx, &mut sub);
        let step = ctx.into_step();
        assert_eq!(step.fault, None);
        next_op = step.next_op;
        if let Poll::Ready(v) = r {
            assert_eq!(v, 6);
            return;
        }
        resolved = sub.armed().first().copied();
        sub = Sub::stored(sub.encoded().to_vec());
    }
    panic!("not done");
}
