//! Why a module could not be compiled.

/// Why a module could not be compiled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A function body is malformed or invalid.
    #[error(transparent)]
    Invalid(#[from] bident_module::Error),
    /// This machine lacks what compiled code needs.
    #[error("this machine cannot run compiled WebAssembly: {0}")]
    Target(String),
    /// The code generator gave up on a function.
    #[error("cannot compile {what}: {reason}")]
    Codegen {
        /// The function or trampoline.
        what: String,
        /// What the code generator said.
        reason: String,
    },
    /// A function, or all of a module, would take long to compile for its size. [`crate::Limits`] says
    /// what is counted.
    #[error("{what}: more than {limit} units of work for the compiler, which is the limit")]
    TooMuchWork {
        /// The function, or the module.
        what: String,
        /// The largest possible number of units.
        limit: u64,
    },
    /// The code of all functions together is too large to address.
    #[error("the compiled code of the module is larger than {limit} bytes")]
    TooLarge {
        /// The largest possible size.
        limit: usize,
    },
}

impl From<wasmparser::Error> for Error {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid(error.into())
    }
}
