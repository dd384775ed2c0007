//! A pointer that tells nothing of what it points to.
//!
//! Generic types are compiled in the crates that use them, and so is the dropping of all their parts. Of such a part,
//! this leaves one call.

use std::any::Any;
use std::marker::PhantomData;

const OTHER: &str = "nothing else was put in";

/// A `T` on the heap.
pub(super) struct Opaque<T> {
    inner: Box<dyn Any>,
    of: PhantomData<fn() -> T>,
}

impl<T: 'static> Opaque<T> {
    pub(super) fn new(inner: T) -> Self {
        Opaque { inner: Box::new(inner), of: PhantomData }
    }

    pub(super) fn get(&self) -> &T {
        self.inner.downcast_ref().expect(OTHER)
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        self.inner.downcast_mut().expect(OTHER)
    }
}
