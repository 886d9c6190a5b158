//! What the other files test, for guests whose memory is shared, which other threads may write at any time.

#[path = "directories.rs"]
mod directories;
#[path = "files.rs"]
mod files;
#[path = "hostile.rs"]
mod hostile;
#[path = "process.rs"]
mod process;
