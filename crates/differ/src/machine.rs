//! What a case asks of an engine.

use crate::seen::{Ended, HostCall, Kind, State};

/// An engine.
pub trait Machine {
    /// What it is called in reports.
    fn name(&self) -> &'static str;

    /// Whether it takes a module for valid; if not, why.
    ///
    /// # Errors
    /// The module is invalid.
    fn validate(&self, bytes: &[u8]) -> Result<(), String>;

    /// Compiles a module. `deterministic`: whether the engine sees to it that NaNs are the same everywhere;
    /// otherwise the module does. The seed chooses among the ways to compile and run it that the engine has.
    ///
    /// # Errors
    /// The engine refuses it.
    fn load(&self, bytes: &[u8], deterministic: bool, seed: u64) -> Result<Box<dyn Guest>, String>;
}

/// A module in a store of its own.
pub trait Guest {
    /// Makes the instance, with imports of the host.
    fn start(&mut self) -> Ended;

    /// The exports of the instance, in the order of the module.
    fn exports(&self) -> Vec<(String, Kind)>;

    /// Sets a global of type `i32`.
    fn set(&mut self, export: usize, value: i32);

    /// Calls an exported function with arguments of the seed; keeps references among the results for
    /// arguments of later calls.
    fn call(&mut self, export: usize, seed: u64) -> Ended;

    /// What an exported global, table or memory holds; `None` for others.
    fn state(&mut self, export: usize) -> Option<State>;

    /// Calls of the host since this was asked last.
    fn host_calls(&mut self) -> Vec<HostCall>;

    /// The message of the last error.
    fn said(&self) -> &str;

    /// Whether a call within one of the host's was out of stack, or of memory for objects.
    fn exhausted(&self) -> bool;

    /// Frees what nobody reaches.
    fn collect(&mut self);
}
