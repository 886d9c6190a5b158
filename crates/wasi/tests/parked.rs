//! What the other files test, for guests whose calls are parked where they have to wait.

#![allow(clippy::duplicate_mod, reason = "each of them brings what it uses")]

#[path = "directories.rs"]
mod directories;
#[path = "files.rs"]
mod files;
#[path = "hostile.rs"]
mod hostile;
#[path = "process.rs"]
mod process;
