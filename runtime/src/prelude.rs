//! What a workflow's source needs: `use longhaul::prelude::*;`.

pub use crate::{
    Activity, ActivityCall, ActivityContext, ActivityError, Context, Elapsed, Failure, Workflow, activities,
    activity, days, hours, minutes, query, run, seconds, signal, timeout, workflow,
};
pub use serde::{Deserialize, Serialize};
