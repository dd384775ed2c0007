//! What a workflow's source needs: `use longhaul::prelude::*;`.

pub use crate::{
    Activity, ActivityCall, ActivityContext, ActivityError, Cancelled, Context, Elapsed, Failure, Stored,
    Task, Trigger, Workflow, activities, activity, days, hours, join_all, minutes, query, run, seconds,
    shield, signal, timeout, try_join_all, update, workflow,
};
pub use serde::{Deserialize, Serialize};
