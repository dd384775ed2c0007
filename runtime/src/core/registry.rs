//! What an engine can run.

use std::collections::BTreeMap;

use super::instance::WorkflowType;
use crate::activity::ActivityOptions;

/// The workflows and activities that an engine knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registry {
    workflows: BTreeMap<&'static str, WorkflowType>,
    activities: BTreeMap<&'static str, ActivityOptions>,
    /// Whether runs may call activities that are not in `activities`.
    any_activity: bool,
}

impl Registry {
    /// Adds a workflow; `false` when its name is taken already.
    pub(crate) fn add_workflow(&mut self, workflow: WorkflowType) -> bool {
        self.workflows.insert(workflow.name, workflow).is_none()
    }

    /// Adds an activity; `false` when its name is taken already.
    pub(crate) fn add_activity(&mut self, name: &'static str, options: ActivityOptions) -> bool {
        self.activities.insert(name, options).is_none()
    }

    /// What a log of this workflow is folded with: all activities that it calls count as registered.
    pub(crate) fn to_fold(workflow: WorkflowType) -> Self {
        let mut registry = Registry { any_activity: true, ..Registry::default() };
        registry.add_workflow(workflow);
        registry
    }

    /// What a log of the workflow of this name is folded with, if it is registered.
    pub(super) fn folding(&self, workflow: &str) -> Option<Registry> {
        self.workflow(workflow).copied().map(Registry::to_fold)
    }

    /// Whether a run may call the activity of this name.
    pub(super) fn can_run(&self, activity: &str) -> bool {
        self.any_activity || self.activities.contains_key(activity)
    }

    /// The workflows' names.
    #[cfg(feature = "metrics")]
    pub(crate) fn workflow_names(&self) -> impl Iterator<Item = &'static str> {
        self.workflows.keys().copied()
    }

    /// The activities' names.
    #[cfg(feature = "metrics")]
    pub(crate) fn activity_names(&self) -> impl Iterator<Item = &'static str> {
        self.activities.keys().copied()
    }

    /// The workflow of this name.
    pub(crate) fn workflow(&self, name: &str) -> Option<&WorkflowType> {
        self.workflows.get(name)
    }

    /// The activity of this name.
    pub(crate) fn activity(&self, name: &str) -> Option<(&'static str, &ActivityOptions)> {
        self.activities.get_key_value(name).map(|(name, options)| (*name, options))
    }
}
