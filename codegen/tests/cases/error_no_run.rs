#[workflow]
impl Flow {
    #[signal]
    fn stop(&mut self) {}
}
