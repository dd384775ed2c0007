//! Who asks an engine: a caller that awaits the other end of a channel.

use tokio::sync::oneshot;

use crate::core::Asker;

impl<A: Send> Asker<A> for oneshot::Sender<A> {
    fn send(self: Box<Self>, answer: A) {
        // A caller that has gone needs no answer.
        drop((*self).send(answer));
    }

    fn is_gone(&self) -> bool {
        self.is_closed()
    }
}
