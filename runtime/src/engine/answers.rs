//! Answers on their way to those who asked.

use tokio::runtime::{Handle, RuntimeFlavor};

/// From so many on, a task of tokio hands them over: each may wake a thread, and the engine's has other things to do.
const MANY: usize = 8;

/// Answers whose causes are durable. They are handed over when this is dropped, wherever that is: also where a runtime ends that was
/// to do it.
#[derive(Default)]
pub(super) struct Answers(Vec<Box<dyn FnOnce() + Send>>);

impl Answers {
    pub(super) fn push(&mut self, send: Box<dyn FnOnce() + Send>) {
        self.0.push(send);
    }

    /// Hands them over: here, unless they are many and `elsewhere` may be used. A runtime without threads of its own may not be:
    /// whoever drives it may be the one who waits for these.
    pub(super) fn hand_over(self, elsewhere: Option<&Handle>) {
        let has_threads = |tokio: &&Handle| tokio.runtime_flavor() != RuntimeFlavor::CurrentThread;
        if let Some(tokio) = elsewhere.filter(|_| self.0.len() >= MANY).filter(has_threads) {
            tokio.spawn(async move { drop(self) });
        }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|send| send());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn answers(many: usize) -> (Answers, mpsc::Receiver<usize>) {
        let (sender, receiver) = mpsc::channel();
        let mut answers = Answers::default();
        for number in 0..many {
            let sender = sender.clone();
            answers.push(Box::new(move || sender.send(number).unwrap()));
        }
        (answers, receiver)
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap()
    }

    #[test]
    fn many_answers_are_handed_over_by_the_runtime_and_few_are_here() {
        let runtime = runtime();
        // Its only thread has something else to do until it is told.
        let (go_on, told_to) = mpsc::channel::<()>();
        runtime.spawn(async move { told_to.recv() });
        let (few, told) = answers(MANY - 1);
        few.hand_over(Some(runtime.handle()));
        assert_eq!(told.try_iter().count(), MANY - 1);
        let (many, told) = answers(MANY);
        many.hand_over(Some(runtime.handle()));
        assert_eq!(told.try_iter().count(), 0);
        drop(go_on);
        assert!(told.iter().eq(0..MANY));
    }

    #[test]
    fn a_runtime_that_nobody_drives_is_not_waited_for() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (answers, told) = answers(MANY);
        answers.hand_over(Some(runtime.handle()));
        assert_eq!(told.try_iter().count(), MANY);
    }

    #[test]
    fn without_a_runtime_many_answers_are_handed_over_here_in_their_order() {
        let (answers, told) = answers(MANY);
        answers.hand_over(None);
        assert!(told.try_iter().eq(0..MANY));
    }

    #[test]
    fn answers_arrive_though_the_runtime_that_was_to_hand_them_over_has_ended() {
        let runtime = runtime();
        let (go_on, told_to) = mpsc::channel::<()>();
        runtime.spawn(async move { told_to.recv() });
        let (waiting, told) = answers(MANY);
        waiting.hand_over(Some(runtime.handle()));
        drop(go_on);
        let handle = runtime.handle().clone();
        drop(runtime);
        assert_eq!(told.try_iter().count(), MANY);
        let (late, told) = answers(MANY);
        late.hand_over(Some(&handle));
        assert_eq!(told.try_iter().count(), MANY);
    }
}
