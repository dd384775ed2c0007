//! How an attempt reaches its engine.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Message;
use super::driver::Work;
use super::limits::Bounds;
use crate::activity::{Link, Reports};
use crate::codec::Payload;
use crate::core::{Input, Token};
use crate::error::TooLarge;
use crate::store::TaskId;
use crate::time::Moment;

/// How often a heartbeat is passed on where there is no timeout for them.
const PAUSE: Duration = Duration::from_secs(30);

/// What all attempts have of their engine.
pub(super) struct Office {
    pub(super) messages: Sender<Message>,
    pub(super) tokio: Handle,
    /// Whether time is not the system's.
    pub(super) is_virtual: bool,
    pub(super) bounds: Bounds,
}

/// The engine, as an attempt sees it. There is one for each that runs.
pub(super) struct Report {
    task: TaskId,
    attempt: u32,
    office: Arc<Office>,
    /// How often a heartbeat is passed on.
    every: Option<Duration>,
    link: Weak<Link>,
}

/// A wait of an attempt, under virtual time.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) task: TaskId,
    pub(super) attempt: u32,
    pub(super) duration: Duration,
    /// Dropped when the time has come.
    pub(super) wake: oneshot::Sender<()>,
}

impl Office {
    pub(super) fn send(&self, message: Message) {
        // An engine that has stopped needs to know nothing of its attempts.
        drop(self.messages.send(message));
    }

    /// What an attempt holds of its engine; heartbeats are passed on this often.
    pub(super) fn link(
        self: &Arc<Self>,
        task: TaskId,
        attempt: u32,
        every: Option<Duration>,
        details: Option<Payload>,
        deadline: Moment,
    ) -> Arc<Link> {
        Arc::new_cyclic(|link| {
            let report = Report { task, attempt, office: Arc::clone(self), every, link: link.clone() };
            Link::new(details, deadline, Box::new(report))
        })
    }
}

impl Reports for Report {
    fn heartbeat(&self, details: Payload) {
        let (task, attempt) = (self.task, self.attempt);
        self.office.send(Message::Work(Work::Input(Input::Heartbeat { task, attempt, details })));
    }

    fn check(&self, details: &Payload) -> Result<(), TooLarge> {
        self.office.bounds.check("what it tells", details)
    }

    fn pause(&self) -> Option<Duration> {
        (!self.office.is_virtual).then(|| self.every.map_or(PAUSE, |every| every.min(PAUSE)))
    }

    fn flush_in(&self, pause: Duration) {
        let link = self.link.clone();
        self.office.tokio.spawn(async move {
            tokio::time::sleep(pause).await;
            if let Some(link) = link.upgrade() {
                link.flush();
            }
        });
    }

    fn token(&self) -> String {
        let (task, attempt) = (self.task, self.attempt);
        let secret = uuid::Uuid::new_v4().simple().to_string();
        self.office.send(Message::Work(Work::Input(Input::Token { task, attempt, secret: secret.clone() })));
        Token { task, attempt, secret }.to_string()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if !self.office.is_virtual {
            return Box::pin(tokio::time::sleep(duration));
        }
        let (task, attempt, office) = (self.task, self.attempt, Arc::clone(&self.office));
        Box::pin(async move {
            let (wake, woken) = oneshot::channel();
            office.send(Message::Rest(Rest { task, attempt, duration, wake }));
            // However it ends, the time has come; or the engine has stopped, and nobody waits for the attempt.
            drop(woken.await);
        })
    }
}
