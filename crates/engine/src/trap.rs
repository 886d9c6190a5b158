//! From what the signal handler recorded to an error.

use crate::error::Error;
use bident_abi::VmTrap;

/// The error for a trap that compiled code ran into.
pub(crate) fn error(trap: VmTrap) -> Error {
    let code = trap.code.expect("the handler records the code");
    Error::from(code)
}
