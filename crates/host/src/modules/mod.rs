//! Modules: from what an `import` says to a file, and from the file to a module.

mod loader;
mod resolve;

pub(crate) use loader::{ModuleLoader, Program};
