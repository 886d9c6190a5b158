//! Settings of an engine.

use crate::image::Cache;
use bident_compile::{Limits as CompileLimits, Observer, Progress};
use bident_module::{Module, Optional};
use bident_stack::Limits;
use std::fmt;
use std::sync::Arc;

/// Settings of an [`crate::Engine`].
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) stress: bool,
    pub(crate) smallest_stacks: bool,
    pub(crate) max_stack_size: usize,
    pub(crate) max_stack_memory: usize,
    pub(crate) max_exception_memory: usize,
    pub(crate) max_heap_memory: usize,
    pub(crate) max_memory_size: u64,
    pub(crate) moving_memories: bool,
    pub(crate) max_table_elements: u64,
    pub(crate) compile_limits: CompileLimits,
    pub(crate) quick_code: bool,
    pub(crate) tiers: bool,
    pub(crate) compile: Compile,
    pub(crate) optional: Optional,
    pub(crate) deterministic: bool,
    pub(crate) park_waits: bool,
    pub(crate) share_second_stack: bool,
    pub(crate) epochs: bool,
    pub(crate) fuel: bool,
    pub(crate) initial_fuel: u64,
    pub(crate) observer: Option<Observed>,
    pub(crate) cache: Option<Cache>,
}

/// Who is told how far the compiler has come.
#[derive(Clone)]
pub(crate) struct Observed(pub(crate) Observer);

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fn(Progress)")
    }
}

/// When the functions of a module are compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Compile {
    /// All of them, by [`crate::Module::new`].
    Eager,
    /// Each when it is first called. [`crate::Module::new`] only validates, which takes about a hundredth of
    /// the time.
    ///
    /// What can go wrong with the code of a function then goes wrong in the call, as an error of kind `Limit`:
    /// the function is more work than [`Config::max_function_work`], or all so far are more than
    /// [`Config::max_work_per_byte`] allows, or there is no memory for the code.
    Lazy,
    /// [`Compile::Lazy`] for modules whose functions have at least this many bytes together, else
    /// [`Compile::Eager`].
    LazyFrom(usize),
}

impl Compile {
    /// Whether the functions of this module are compiled when they are called.
    pub(crate) fn is_late(self, module: &Module) -> bool {
        let bytes = || module.bodies.iter().map(|body| body.range.len());
        match self {
            Self::Eager => false,
            Self::Lazy => true,
            Self::LazyFrom(least) => bytes().sum::<usize>() >= least,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            stress: is_on("BIDENT_STRESS"),
            smallest_stacks: is_on("BIDENT_SMALLEST_STACKS"),
            max_stack_size: 4 << 20,
            max_stack_memory: 16 << 30,
            max_exception_memory: 1 << 30,
            max_heap_memory: 2 << 30,
            max_memory_size: 4 << 30,
            moving_memories: is_on("BIDENT_MOVING_MEMORIES"),
            max_table_elements: 10_000_000,
            compile_limits: CompileLimits::default(),
            quick_code: is_on("BIDENT_QUICK_CODE"),
            tiers: std::env::var_os("BIDENT_TIERS").is_none_or(|value| value != "0"),
            compile: match is_on("BIDENT_LAZY") {
                true => Compile::Lazy,
                false => Compile::Eager,
            },
            optional: Optional::default(),
            deterministic: false,
            park_waits: false,
            share_second_stack: false,
            epochs: false,
            fuel: false,
            initial_fuel: 0,
            observer: None,
            cache: std::env::var_os("BIDENT_CACHE")
                .filter(|directory| !directory.is_empty())
                .map(|directory| Cache::new(directory).min_module(0)),
        }
    }
}

impl Config {
    /// The default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the stacklet whenever WebAssembly calls the host, whenever it is parked and whenever a
    /// transfer comes to it; collects at every allocation, until there were many stacks. Slow; finds
    /// code that keeps an address it must not keep, and references that a collection does not see.
    /// Default: off, unless the environment variable `BIDENT_STRESS` is set to something other than
    /// `0`.
    pub fn stress(mut self, on: bool) -> Self {
        self.stress = on;
        self
    }

    /// Starts every stack at the smallest size. Otherwise the engine remembers for each function how
    /// large its stacks grew, and starts the next there. For tests: every stack that needs more then
    /// grows anew. Default: off, unless the environment variable `BIDENT_SMALLEST_STACKS` is set to
    /// something other than `0`.
    pub fn smallest_stacks(mut self, on: bool) -> Self {
        self.smallest_stacks = on;
        self
    }

    /// Largest size of one stack in bytes, rounded up to a power of two between 512 B and 64 MiB;
    /// beyond it WebAssembly traps with `StackOverflow`. Default: 4 MiB. Frames of huge
    /// functions take much: one of a million instructions may have one of 2 MiB.
    pub fn max_stack_size(mut self, bytes: usize) -> Self {
        self.max_stack_size = bytes;
        self
    }

    /// Largest size of all stacks of a store together in bytes. Beyond it, once those that nobody can
    /// reach are freed, a call that needs a stack is an error of kind `Limit`; where a stack has to
    /// grow, or WebAssembly makes one, it traps with `StackMemoryExhausted`. Default: 16 GiB.
    pub fn max_stack_memory(mut self, bytes: usize) -> Self {
        self.max_stack_memory = bytes;
        self
    }

    /// Largest size of all exceptions of a store together in bytes: what they carry, 16 bytes for each
    /// value, and 80 bytes for each exception. Beyond it, once those that nobody can reach are
    /// freed, throwing traps with `ExceptionMemoryExhausted`, and [`crate::Exception::new`] gives an
    /// error of kind `Limit`. Default: 1 GiB.
    pub fn max_exception_memory(mut self, bytes: usize) -> Self {
        self.max_exception_memory = bytes;
        self
    }

    /// Largest size of all structures and arrays of a store together in bytes, with the room between them; at
    /// most 2.75 GiB. Beyond it, once those that nobody can reach are freed, making one traps with
    /// `HeapMemoryExhausted`; so it does where less than 1/32 of the limit would be free again. Default: 2 GiB.
    pub fn max_heap_memory(mut self, bytes: usize) -> Self {
        self.max_heap_memory = bytes;
        self
    }

    /// Largest size of one linear memory in bytes. A module that asks for more cannot be
    /// instantiated; `memory.grow` beyond it answers -1. Of more than 1 TiB a 64-bit memory gets only
    /// what it has at the start. Default: 4 GiB.
    pub fn max_memory_size(mut self, bytes: u64) -> Self {
        self.max_memory_size = bytes;
        self
    }

    /// Whether linear memories move when they grow, as stacks do, instead of each having all the address space it may
    /// need: for very many small guests. A memory then takes what it has, and no mapping of its own, so there can be
    /// a million in a process instead of about 16,000; but each access of a guest is compared with the length, which
    /// makes code slower. [`crate::Memory::data_ptr`] is good until the memory grows. Shared memories stay where
    /// they are. `WebAssembly` in JavaScript cannot have such an engine: its buffers keep addresses. Default:
    /// off, unless the environment variable `BIDENT_MOVING_MEMORIES` is set to something other than `0`.
    pub fn moving_memories(mut self, on: bool) -> Self {
        self.moving_memories = on;
        self
    }

    /// Whether they do: see [`Config::moving_memories`].
    pub fn has_moving_memories(&self) -> bool {
        self.moving_memories
    }

    /// Largest size of one table in elements (8 bytes each). Default: 10,000,000.
    pub fn max_table_elements(mut self, elements: u64) -> Self {
        self.max_table_elements = elements;
        self
    }

    /// Most work that one function may be for the compiler, in units: instructions, values that they
    /// take and define, and edges into blocks across which a value lives. Functions made by other
    /// compilers have up to a million. A module with a larger one is an error of kind `Compile`,
    /// which names the function. Default: 16,000,000.
    pub fn max_function_work(mut self, units: u64) -> Self {
        self.compile_limits.function = units;
        self
    }

    /// Most work that all functions of a module together may be for each byte of their bodies, in the
    /// units of [`Config::max_function_work`], on top of 1,000,000 for the module. Functions made by
    /// other compilers have up to 12. A module with more is an error of kind `Compile`. So compiling
    /// takes no longer than a constant times the size of the module. Default: 32.
    pub fn max_work_per_byte(mut self, units: u64) -> Self {
        self.compile_limits.per_byte = units;
        self
    }

    /// Compiles every function in the way of those for which the usual one would take too long: in
    /// less time, to slower code. For tests. Default: off, unless the environment variable
    /// `BIDENT_QUICK_CODE` is set to something other than `0`.
    pub fn quick_code(mut self, on: bool) -> Self {
        self.quick_code = on;
        self
    }

    /// Whether functions that are compiled when they are called ([`Compile::Lazy`]) are compiled quickly first, unless
    /// they have loops, and again, by another thread, once they were called often. Default: on, unless the environment
    /// variable `BIDENT_TIERS` is set to `0`.
    pub fn tiers(mut self, on: bool) -> Self {
        self.tiers = on;
        self
    }

    /// Whether they are. Code that is always quick need not be compiled again.
    pub(crate) fn has_tiers(&self) -> bool {
        self.tiers && !self.quick_code
    }

    /// When functions are compiled: see [`Compile`]. Default: [`Compile::Eager`], unless the environment
    /// variable `BIDENT_LAZY` is set to something other than `0`: then [`Compile::Lazy`].
    pub fn compile(mut self, when: Compile) -> Self {
        self.compile = when;
        self
    }

    /// Is told how far the compiler has come with a module that is compiled at once: that it begins, then at most every
    /// 50 ms, when a function is compiled, and that it ends. Several modules may be compiled at a time, each by several
    /// threads, and `tell` is called on any of these; they wait for it. Default: nobody.
    pub fn on_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observed(Arc::new(tell)));
        self
    }

    /// Whether memories may have pages of one byte, as the proposal for custom page sizes has them.
    /// Every access to such a memory is compared with its length. Default: off.
    pub fn custom_page_sizes(mut self, on: bool) -> Self {
        self.optional.custom_page_sizes = on;
        self
    }

    /// Whether modules may use the instructions of the proposal for wide arithmetic: sums and
    /// differences of 128 bits, and whole products of 64. Default: off.
    pub fn wide_arithmetic(mut self, on: bool) -> Self {
        self.optional.wide_arithmetic = on;
        self
    }

    /// Makes numeric operators give the same results on every machine: a NaN that one makes is the
    /// positive canonical one, and the relaxed vector operators do what the specification's
    /// deterministic profile says. Otherwise those do what is best on this machine. Floating-point
    /// code becomes slower. What `memory.grow` and host functions answer is not affected. Default: off.
    pub fn deterministic(mut self, on: bool) -> Self {
        self.deterministic = on;
        self
    }

    /// Whether `memory.atomic.wait32` and `memory.atomic.wait64` park the call that waits, with a
    /// [`crate::MemoryWait`] as payload, instead of blocking the thread; resume it with the wait's result. Tasks and
    /// [`crate::Func::call_async`] do so by themselves.
    /// Where the call cannot be parked (see [`crate::Answer::Pending`]) they are then an error of kind
    /// `Barrier`. Default: off.
    pub fn park_waits(mut self, on: bool) -> Self {
        self.park_waits = on;
        self
    }

    /// Whether a call may begin by [`crate::Func::start`], [`crate::Func::call_async`] or as a task where another
    /// of the same instance has not ended, and both would use one stack in linear memory, on which C, C++ and
    /// Rust keep arrays: the instance has its pointer, a mutable `i32` that is exported or imported as
    /// `__stack_pointer` or has this name in the name section, and no [`crate::SecondStack`]. Such calls write over
    /// each other, unless each ends before those that began earlier go on. Default: off, they are an error
    /// of kind `Usage`.
    pub fn share_second_stack(mut self, on: bool) -> Self {
        self.share_second_stack = on;
        self
    }

    /// Whether WebAssembly can be stopped: compiled code then compares the engine's epoch
    /// ([`crate::Engine::increment_epoch`]) with the deadline of its store
    /// ([`crate::Store::set_epoch_deadline`]) at the head of each loop, where functions begin, and in
    /// instructions that may take long. Code becomes slower by some percent. Default: off.
    pub fn epoch_interruption(mut self, on: bool) -> Self {
        self.epochs = on;
        self
    }

    /// Whether WebAssembly takes fuel for what it does, and traps with [`crate::TrapCode::OutOfFuel`] where there is none
    /// left: see [`crate::Store::set_fuel`]. Code becomes slower; so does that around
    /// transfers, as no call is compiled in place. Default: off.
    pub fn consume_fuel(mut self, on: bool) -> Self {
        self.fuel = on;
        self
    }

    /// The fuel that a store has at first, in units: see [`crate::Store::set_fuel`]. Default: none.
    pub fn initial_fuel(mut self, units: u64) -> Self {
        self.initial_fuel = units;
        self
    }

    /// Where compiled code is kept from one run to the next. [`crate::Module::new`] then first looks there, and validates
    /// and compiles nothing that is found. What was compiled is written when the last handle of a module goes, when
    /// [`crate::Engine::keep_code`] is called, and now and then by the thread that compiles ahead; with
    /// [`Compile::Lazy`] that is what was called so far. Small modules are not kept ([`Cache::min_module`]). Default:
    /// nowhere, unless the environment variable `BIDENT_CACHE` names a directory; then modules of any size are kept there.
    pub fn cache(mut self, cache: impl Into<Option<Cache>>) -> Self {
        self.cache = cache.into();
        self
    }

    pub(crate) fn stack_limits(&self) -> Limits {
        Limits {
            stacklet: self.max_stack_size,
            total: self.max_stack_memory,
        }
    }
}

/// Whether an environment variable is set to something other than `0`.
fn is_on(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value != "0" && !value.is_empty())
}
