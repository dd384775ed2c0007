//! What a workflow's source needs: `use longhaul::prelude::*;`.

pub use crate::{
    Activity, ActivityCall, ActivityContext, ActivityError, Context, Elapsed, Failure, Workflow, days, hours,
    minutes, seconds, timeout,
};
pub use serde::{Deserialize, Serialize};
