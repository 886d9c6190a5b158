//! How much work functions are for the code generator, and how much they may be.
//!
//! A few bytes of a body can stand for much: a call with a thousand results, a branch that passes on a
//! thousand values, a value that lives through thousands of blocks. So work is counted in *units*: an
//! instruction of the code generator, a value that an instruction or a block defines or takes, an edge
//! into a block across which a value lives. Programs made by compilers have 2 to 12 for a byte.

use crate::compiler::describe;
use crate::error::Error;
use bident_module::{Module, TagIndex};
use cranelift_codegen::ir::Function;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmparser::{Catch, Handle, Operator};

/// How much work a module may be, in units. See [`crate::Error::TooMuchWork`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// For one function.
    pub function: u64,
    /// For each byte of the bodies of all functions together, on top of [`Limits::FREE`].
    pub per_byte: u64,
}

impl Limits {
    /// Units that any module may have.
    pub const FREE: u64 = 1_000_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            function: 16_000_000,
            per_byte: 32,
        }
    }
}

/// What the functions of one module may still be; shared by the threads that compile them.
pub(crate) struct Budget {
    /// For a function.
    pub(crate) function: u64,
    module: u64,
    spent: AtomicU64,
}

impl Budget {
    /// For a module with this many bytes in its bodies.
    pub(crate) fn new(limits: Limits, bytes: u64) -> Self {
        let module = bytes.saturating_mul(limits.per_byte);
        let module = module.saturating_add(Limits::FREE);
        Self {
            function: limits.function.min(module),
            module,
            spent: AtomicU64::new(0),
        }
    }

    /// Takes what a function is.
    pub(crate) fn spend(&self, units: u64) -> Result<(), Error> {
        let module = self.module;
        let fits = |spent: u64| spent.checked_add(units).filter(|&spent| spent <= module);
        // What is refused is no burden on smaller functions, where those are compiled one by one.
        let Err(spent) = (self.spent).fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        else {
            return Ok(());
        };
        // Threads come here in any order: the message must not depend on it.
        let what = || "the functions of the module together".to_owned();
        check(what, spent.saturating_add(units), module)
    }
}

/// Refuses what is more than a limit.
pub(crate) fn check(what: impl FnOnce() -> String, units: u64, limit: u64) -> Result<(), Error> {
    if units <= limit {
        return Ok(());
    }
    let what = what();
    Err(Error::TooMuchWork { what, limit })
}

/// The work of a function that is being translated: what its operators became so far, and what will
/// become of its locals.
pub(crate) struct Work {
    /// Position of the function among the defined ones.
    defined: usize,
    /// What it may become.
    most: u64,
    /// Values that branches pass on.
    carried: u64,
    /// Entries of jump tables.
    entries: u64,
    /// Locals that anything reads or writes.
    locals: u64,
    /// Loops around each loop, all together.
    nesting: u64,
}

impl Work {
    pub(crate) fn new(defined: usize, most: u64) -> Self {
        Self {
            defined,
            most,
            carried: 0,
            entries: 0,
            locals: 0,
            nesting: 0,
        }
    }

    /// Refuses the function if it has become too much.
    pub(crate) fn check(&self, module: &Module, func: &Function) -> Result<(), Error> {
        check(
            || describe(module, self.defined),
            self.units(func),
            self.most,
        )
    }

    /// Counts what an operator will become where that is more than what it leaves on the stack: the
    /// values of all clauses.
    pub(crate) fn foresee(&mut self, module: &Module, op: &Operator<'_>) {
        let params = |tag: TagIndex| module.tag_type(tag).params().len();
        match op {
            Operator::TryTable { try_table } => {
                for clause in &try_table.catches {
                    if let Catch::One { tag, .. } | Catch::OneRef { tag, .. } = *clause {
                        self.carry(params(tag.into()));
                    }
                }
            }
            Operator::Resume { resume_table, .. }
            | Operator::ResumeThrow { resume_table, .. }
            | Operator::ResumeThrowRef { resume_table, .. } => {
                for clause in &resume_table.handlers {
                    if let Handle::OnLabel { tag, .. } = *clause {
                        self.carry(params(tag.into()));
                    }
                }
            }
            _ => {}
        }
    }

    /// A branch passes on values.
    pub(crate) fn carry(&mut self, values: usize) {
        self.carried += values as u64;
    }

    /// A jump table has an entry, for a branch that passes on values.
    pub(crate) fn entry(&mut self, values: usize) {
        self.entries += 1;
        // The validator looks at them; nothing else does.
        self.carried += values as u64 / 16;
    }

    /// A loop ends that is in so many loops, with itself.
    pub(crate) fn nested(&mut self, loops: usize) {
        self.nesting += loops as u64;
    }

    /// A local is read or written for the first time.
    pub(crate) fn local(&mut self) {
        self.locals += 1;
    }

    /// Units so far. A bound of what the locals need in any block: most are not needed in most. And of the way
    /// outwards through the loops, which the code generator goes for each loop, and for each local in it.
    pub(crate) fn units(&self, func: &Function) -> u64 {
        let dfg = &func.dfg;
        let places = self.locals * (dfg.num_blocks() as u64 + self.entries) / 8;
        let climbs = (self.locals + 1).saturating_mul(self.nesting) / 16;
        ((dfg.num_insts() + dfg.num_values()) as u64)
            .saturating_add(self.carried + places)
            .saturating_add(climbs)
    }
}
