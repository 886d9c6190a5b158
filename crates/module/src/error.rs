//! Why bytes are not a module.

use crate::printable::printable;

/// Malformed or invalid bytes: what is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("at offset {offset:#x}: {message}")]
pub struct Error {
    message: String,
    offset: usize,
}

impl Error {
    /// An error at a position in the binary.
    pub fn new(message: impl Into<String>, offset: usize) -> Self {
        Self {
            message: message.into(),
            offset,
        }
    }

    /// What is wrong, without the position.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Position in the binary.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl From<wasmparser::Error> for Error {
    fn from(error: wasmparser::Error) -> Self {
        // It may quote names.
        let message = printable(error.message()).to_string();
        Self::new(message, error.offset() as usize)
    }
}
