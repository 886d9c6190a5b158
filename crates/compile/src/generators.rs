//! Which of Cranelift's ways to generate code a function gets.
//!
//! ```text
//! small ─────────────────────────────────────────► usual: optimised, registers with backtracking
//!                                                      ▲
//! others ──► optimised ──► liveness.rs ──► ordinary ───┘
//!                               │    └───► not ────────► quick: registers in a single pass
//!                               ▼ too much                 ▲
//! huge ───────────────────► not optimised ─────────────────┘
//! ```
//!
//! With backtracking, the time to allocate registers grows with the square of a function that keeps
//! thousands of values at once, carries values along thousands of edges, joins thousands of values
//! to one, or has thousands of blocks in a chain with an edge from each to one block. In a single pass
//! it grows with what [`Lives`] counts, which has a limit, but the code is slower: every value that
//! lives across a block has a place of its own in the frame.

use crate::error::Error;
use crate::liveness::{Lives, MOST_CLIMBS};
use crate::target::{self, Relaxed};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetFrontendConfig, TargetIsa};
use cranelift_codegen::{CodegenError, Context};
use cranelift_control::ControlPlane;
use std::sync::OnceLock;

/// Units ([`crate::Limits`]) up to which nothing can take long.
const SMALL: u64 = 2_000;

/// Units from which on optimising may make too much of a function that was not: then it is left as it
/// was.
const LARGE: u64 = 10_000;

/// Units from which on a function is not optimised: that, too, takes longer than in proportion, where
/// blocks are nested deeply. The largest of the programs that were measured ([`is_ordinary`]) has
/// fewer.
const HUGE: u64 = 1 << 18;

/// The code generator, set up in each way when something is to be compiled, or its settings are asked for: a program without
/// WebAssembly does not wait for that.
pub(crate) struct Generators {
    ways: OnceLock<Ways>,
    /// Whether results are the same on every machine.
    deterministic: bool,
    /// Whether every function gets the quick one.
    pub(crate) only_quick: bool,
}

struct Ways {
    usual: OwnedTargetIsa,
    /// As usual, for what is optimised already.
    optimized: OwnedTargetIsa,
    quick: OwnedTargetIsa,
    relaxed: Relaxed,
}

impl Ways {
    fn new(deterministic: bool) -> Result<Self, Error> {
        let unoptimized = ("opt_level", "none");
        let single_pass = ("regalloc_algorithm", "single_pass");
        let (usual, relaxed) = if deterministic {
            let usual = target::host(&[("enable_nan_canonicalization", "true")])?;
            (usual, Relaxed::Deterministic)
        } else {
            let usual = target::host(&[])?;
            let relaxed = Relaxed::machine(&usual);
            (usual, relaxed)
        };
        Ok(Self {
            usual,
            optimized: target::host(&[unoptimized])?,
            quick: target::host(&[unoptimized, single_pass])?,
            relaxed,
        })
    }
}

/// What was chosen for a function, and how much work it is.
pub(crate) struct Choice<'a> {
    pub(crate) isa: &'a dyn TargetIsa,
    pub(crate) units: u64,
}

impl Generators {
    /// For the machine that this program runs on.
    pub(crate) fn host() -> Result<Self, Error> {
        Self::new(false)
    }

    /// The same, for code that gives the same results on every machine.
    pub(crate) fn deterministic() -> Result<Self, Error> {
        Self::new(true)
    }

    fn new(deterministic: bool) -> Result<Self, Error> {
        target::check()?;
        Ok(Self {
            ways: OnceLock::new(),
            deterministic,
            only_quick: false,
        })
    }

    fn ways(&self) -> &Ways {
        let make = || Ways::new(self.deterministic).expect("`target::check` found the machine fit");
        self.ways.get_or_init(make)
    }

    /// What relaxed operators do.
    pub(crate) fn relaxed(&self) -> Relaxed {
        self.ways().relaxed
    }

    /// See [`crate::Compiler::settings`].
    pub(crate) fn settings(&self) -> String {
        let ways = self.ways();
        let (quick, relaxed) = (self.only_quick, ways.relaxed);
        let all = [&ways.usual, &ways.optimized, &ways.quick].map(|isa| {
            let machine = isa.isa_flags();
            let machine: Vec<_> = machine.iter().map(ToString::to_string).collect();
            format!("{} {} {machine:?}", isa.triple(), isa.flags())
        });
        format!("only quick {quick} {relaxed:?} {all:?}")
    }

    /// The usual one.
    pub(crate) fn usual(&self) -> &dyn TargetIsa {
        &*self.ways().usual
    }

    /// What translation has to know.
    pub(crate) fn frontend(&self) -> TargetFrontendConfig {
        self.usual().frontend_config()
    }

    /// Chooses for the function that the context holds, which is `work` units as translated. If it is
    /// more than `most`, [`Choice::units`] is, too, and it is not to be compiled.
    pub(crate) fn choose(
        &self,
        context: &mut Context,
        work: u64,
        most: u64,
    ) -> Result<Choice<'_>, CodegenError> {
        if work <= SMALL && !self.only_quick {
            let isa = self.usual();
            return Ok(Choice { isa, units: work });
        }
        if work <= HUGE {
            let translated = (work > LARGE).then(|| context.func.clone());
            let choice = self.optimize(context, work, most)?;
            match translated {
                // What several blocks compute in turn, optimised code computes behind them all, if
                // only then it is needed: what it takes may live through all of them.
                Some(func) if choice.units > most => context.func = func,
                _ => return Ok(choice),
            }
        }
        self.quick(context, work, most)
    }

    /// The quickest way for such a function.
    pub(crate) fn quick(
        &self,
        context: &mut Context,
        work: u64,
        most: u64,
    ) -> Result<Choice<'_>, CodegenError> {
        let isa = &*self.ways().quick;
        // Part of optimising where it is done the usual way, and then not to be done again.
        if let Relaxed::Deterministic = self.relaxed() {
            context.canonicalize_nans(isa)?;
        }
        if work <= SMALL {
            return Ok(Choice { isa, units: work });
        }
        context.optimize(isa, &mut ControlPlane::default())?;
        let units = work.max(Lives::of(context, most).units());
        Ok(Choice { isa, units })
    }

    /// Optimises, and chooses how to allocate registers.
    fn optimize(
        &self,
        context: &mut Context,
        work: u64,
        most: u64,
    ) -> Result<Choice<'_>, CodegenError> {
        context.optimize(self.usual(), &mut ControlPlane::default())?;
        let lives = Lives::of(context, most);
        let isa = if is_ordinary(&lives) && !self.only_quick {
            &*self.ways().optimized
        } else {
            &*self.ways().quick
        };
        let units = work.max(lives.units());
        Ok(Choice { isa, units })
    }
}

/// Whether backtracking takes no more than a few times as long as for an ordinary function of this
/// size. Of the 24,000 functions of SQLite, CPython and esbuild, at 1 to 2.5 us for a unit, the largest
/// ratios are 52, 41, 1,214 and 19.
fn is_ordinary(lives: &Lives) -> bool {
    lives.length <= 100 * lives.size
        && lives.rescans <= 100 * lives.size
        && lives.joins <= 1_500 * lives.size
        && lives.climbs <= MOST_CLIMBS * lives.size
}
