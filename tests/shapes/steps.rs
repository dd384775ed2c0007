//! Many steps that may each be left out: each state leads to all that come later.
use std::time::Duration;

use longhaul::Workflow;
use longhaul::machine::Cause;
use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Steps {
    wanted: u32,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[workflow]
impl Steps {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        if self.wanted > 0 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 1 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 2 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 3 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 4 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 5 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 6 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 7 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 8 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 9 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 10 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 11 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 12 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 13 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 14 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 15 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 16 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 17 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 18 {
            ctx.sleep(seconds(1)).await;
        }
        if self.wanted > 19 {
            ctx.sleep(seconds(1)).await;
        }
    }
}

#[test]
fn each_state_leads_to_all_later_ones() {
    let machine = &Steps::describe()[0];
    let names: Vec<&str> = machine.states.iter().map(|state| state.name).collect();
    assert_eq!(names.len(), 22);
    for (number, from) in names.iter().enumerate() {
        let ways = machine.transitions.iter().filter(|way| way.from == *from);
        let (given_up, next): (Vec<_>, Vec<_>) = ways.partition(|way| way.cause == Cause::GivenUp);
        assert_eq!(next.iter().map(|way| way.to).collect::<Vec<_>>(), names[number + 1..], "after {from}");
        let waits = *from != "Start" && *from != "Done";
        assert_eq!(
            given_up.iter().map(|way| way.to).collect::<Vec<_>>(),
            if waits { &["Done"][..] } else { &[] }
        );
    }
}
