//! A limiter that compares with numbers.

use super::{ResourceLimiter, ResourceLimiterAsync};
use crate::error::Error;
use std::fmt;

/// A limiter with fixed limits; at first there is none.
///
/// ```
/// use bident::{Engine, Instance, Module, Store, StoreLimits};
///
/// # fn main() -> Result<(), bident::Error> {
/// let engine = Engine::default();
/// let module = Module::from_text_or_binary(&engine, br#"(module
///     (memory 1)
///     (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#)?;
/// let mut store = Store::new(&engine, ());
/// store.limiter(StoreLimits::new().memory_size(128 << 10).instances(1));
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let grow = instance.get_typed_func::<(), i32>(&mut store, "grow")?;
/// assert_eq!(grow.call(&mut store, ())?, 1);
/// assert_eq!(grow.call(&mut store, ())?, -1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: u64,
    table_elements: u64,
    heap_size: u64,
    stack_size: u64,
    instances: usize,
    memories: usize,
    tables: usize,
    tasks: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memory_size: u64::MAX,
            table_elements: u64::MAX,
            heap_size: u64::MAX,
            stack_size: u64::MAX,
            instances: usize::MAX,
            memories: usize::MAX,
            tables: usize::MAX,
            tasks: usize::MAX,
            trap_on_grow_failure: false,
        }
    }
}

/// What [`StoreLimits::trap_on_grow_failure`] ends a call with, where a limit was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitReached {
    what: &'static str,
    desired: u64,
    limit: u64,
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            desired,
            limit,
        } = self;
        write!(
            f,
            "{what} of {desired} exceeds the store's limit of {limit}"
        )
    }
}

impl std::error::Error for LimitReached {}

impl StoreLimits {
    /// No limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most bytes of each linear memory.
    pub fn memory_size(mut self, bytes: u64) -> Self {
        self.memory_size = bytes;
        self
    }

    /// Most elements of each table.
    pub fn table_elements(mut self, elements: u64) -> Self {
        self.table_elements = elements;
        self
    }

    /// Most bytes of structures and arrays together. They take 64 KiB at a time.
    pub fn heap_size(mut self, bytes: u64) -> Self {
        self.heap_size = bytes;
        self
    }

    /// Most bytes of stacks together. They take 64 KiB at a time.
    pub fn stack_size(mut self, bytes: u64) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Most instances.
    pub fn instances(mut self, most: usize) -> Self {
        self.instances = most;
        self
    }

    /// Most linear memories.
    pub fn memories(mut self, most: usize) -> Self {
        self.memories = most;
        self
    }

    /// Most tables.
    pub fn tables(mut self, most: usize) -> Self {
        self.tables = most;
        self
    }

    /// Most tasks at once.
    pub fn tasks(mut self, most: usize) -> Self {
        self.tasks = most;
        self
    }

    /// Whether a memory or a table that cannot grow ends the call with an error, [`LimitReached`] where it is one of these
    /// limits, instead of giving -1. Default: no.
    pub fn trap_on_grow_failure(mut self, on: bool) -> Self {
        self.trap_on_grow_failure = on;
        self
    }

    fn decide(&self, what: &'static str, desired: u64, limit: u64) -> Result<bool, Error> {
        match desired <= limit {
            false if self.trap_on_grow_failure => Err(Error::new(LimitReached {
                what,
                desired,
                limit,
            })),
            allowed => Ok(allowed),
        }
    }

    fn failed(&self, error: Error) -> Result<(), Error> {
        match self.trap_on_grow_failure {
            true => Err(error),
            false => Ok(()),
        }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _: u64, desired: u64, _: Option<u64>) -> Result<bool, Error> {
        self.decide("a memory size in bytes", desired, self.memory_size)
    }

    fn table_growing(&mut self, _: u64, desired: u64, _: Option<u64>) -> Result<bool, Error> {
        self.decide("a table size in elements", desired, self.table_elements)
    }

    fn heap_growing(&mut self, _: u64, desired: u64, _: u64) -> Result<bool, Error> {
        Ok(desired <= self.heap_size)
    }

    fn stacks_growing(&mut self, _: u64, desired: u64, _: u64) -> Result<bool, Error> {
        Ok(desired <= self.stack_size)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.failed(error)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        self.failed(error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.memories
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn tasks(&self) -> usize {
        self.tasks
    }
}

impl ResourceLimiterAsync for StoreLimits {}
