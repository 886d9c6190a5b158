//! Modules: from what an `import` or a `require` says to a file, and from the file to a module.
//!
//! ```text
//!   import ─► loader ─► resolve ─► package        which file
//!                │                                 ES module, JSON, WebAssembly: declared here
//!                └─► commonjs ◄─► node/module.js ◄─ require
//!                        └─ lexer                  names that an ES module may import of a CommonJS module
//! ```

mod commonjs;
mod data_url;
mod errors;
mod lexer;
mod loader;
mod package;
mod resolve;

pub(crate) use commonjs::{facade, natives as commonjs_natives};
pub(crate) use loader::{MainContext, ModuleLoader};
