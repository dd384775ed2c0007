//! The store on disk, and what can happen to a disk.

#[path = "../engine/script.rs"]
#[allow(dead_code)] // the engine's own tests use all of it
mod script;

mod child;
mod corruption;
mod directory;
mod failing_commit;
mod failing_sync;
mod full_disk;
mod old_data;
mod repair;
mod shim;
