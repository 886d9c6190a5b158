//! Modules in, artifacts out: what is compiled where.

use crate::artifact::Artifact;
use crate::error::Error;
use crate::function::{self, Scratch, Shared};
use crate::generators::Generators;
use crate::image::{self, Code};
use crate::late::Effort;
use crate::progress::{Observer, Watch};
use crate::trampoline::{self, Order, Trampoline};
use crate::work::{self, Budget, Limits};
use bident_abi::VmLayout;
use bident_module::{BodyValidator, FuncType, Inline, Module, printable};
use cranelift_codegen::Context;
use cranelift_codegen::ir::Function;
use rayon::prelude::*;

/// Bodies of this many bytes together are worth a thread's attention; below it, handing them over
/// costs more than it saves.
const CHUNK: usize = 4096;

/// The code generator, set up for a machine. One serves any number of modules and threads.
pub struct Compiler {
    generators: Generators,
    limits: Limits,
    epochs: bool,
    moving_memories: bool,
    fuel: bool,
    observer: Option<Observer>,
}

/// Bodies that one thread compiles: positions among the defined functions, with their validators.
type Chunk = Vec<(usize, BodyValidator)>;

impl Compiler {
    /// A compiler for the machine that this program runs on.
    pub fn host() -> Result<Self, Error> {
        Ok(Self {
            generators: Generators::host()?,
            limits: Limits::default(),
            epochs: false,
            moving_memories: false,
            fuel: false,
            observer: None,
        })
    }

    /// The same, whose code gives the same results on every machine: NaNs that operators make are the
    /// canonical one, and relaxed operators do what the specification's deterministic profile says.
    pub fn deterministic() -> Result<Self, Error> {
        Ok(Self {
            generators: Generators::deterministic()?,
            limits: Limits::default(),
            epochs: false,
            moving_memories: false,
            fuel: false,
            observer: None,
        })
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same, which compiles every function in the way of those that the usual one would take too
    /// long for, or not.
    pub fn with_quick_code(mut self, on: bool) -> Self {
        self.generators.only_quick = on;
        self
    }

    /// The same, whose code looks for its deadline ([`bident_abi::VmStore::deadline`]) at loop heads, where
    /// functions begin and in instructions that may take long, or not.
    pub fn with_epochs(self, epochs: bool) -> Self {
        Self { epochs, ..self }
    }

    /// Whether memories that are not shared move when they grow, and nothing is reserved behind their ends.
    #[must_use]
    pub fn with_moving_memories(self, moving_memories: bool) -> Self {
        Self {
            moving_memories,
            ..self
        }
    }

    /// The same, whose code takes fuel ([`bident_abi::VmStore::fuel`]) for what it does, or not. Calls are then not
    /// translated in place: each operator is paid once.
    pub fn with_fuel(self, fuel: bool) -> Self {
        Self { fuel, ..self }
    }

    /// The same, which tells how far it has come with a module: that it begins, then at most every 50 ms, when a
    /// function is compiled, and that it ends. On any of the threads that compile.
    pub fn with_observer(self, observer: Option<Observer>) -> Self {
        Self { observer, ..self }
    }

    /// All that decides what code becomes, apart from the program: settings, and what the processor has.
    pub fn settings(&self) -> String {
        let Self {
            generators,
            limits,
            epochs,
            moving_memories,
            fuel,
            observer: _,
        } = self;
        let generators = generators.settings();
        format!(
            "{limits:?} epochs {epochs} moving memories {moving_memories} fuel {fuel} {generators}"
        )
    }

    /// Validates and compiles the bodies of a module. `bodies` is what `bident_module::decode` gave
    /// along with it.
    ///
    /// If several bodies are invalid, the error is that of the first.
    pub fn compile(&self, module: &Module, bodies: Vec<BodyValidator>) -> Result<Artifact, Error> {
        let layout = VmLayout::new(module);
        let inline = inlined(module, &bodies);
        let shared = self.shared(module, &layout, &inline, &|_| true);
        let budget = &self.budget(module);
        let watch = &Watch::new(self.observer.as_ref(), bytes(module));
        let chunks = chunks(module, bodies);
        let results: Vec<_> = match chunks.len() {
            0 | 1 => {
                let chunks = chunks.into_iter();
                chunks
                    .map(|c| self.chunk(shared, budget, watch, c))
                    .collect()
            }
            _ => {
                let chunks = chunks.into_par_iter();
                chunks
                    .map(|c| self.chunk(shared, budget, watch, c))
                    .collect()
            }
        };
        let mut codes = Vec::with_capacity(module.bodies.len());
        for result in results {
            codes.extend(result?);
        }
        let starts = (0..codes.len()).map(|defined| start(module, defined));
        image::link(codes, Vec::new(), starts, false)
    }

    /// The functions of a module as Cranelift's text, as translated, before any optimisation.
    pub fn clif(&self, module: &Module, bodies: Vec<BodyValidator>) -> Result<Vec<String>, Error> {
        let layout = VmLayout::new(module);
        let inline = inlined(module, &bodies);
        let shared = self.shared(module, &layout, &inline, &|_| true);
        let mut scratch = Scratch::default();
        let mut func = Function::new();
        let functions = bodies.into_iter().enumerate().map(|(defined, validator)| {
            func.clear();
            let most = self.limits.function;
            function::translate(shared, defined, validator, most, &mut scratch, &mut func)?;
            Ok(func.display().to_string())
        });
        functions.collect()
    }

    /// Code that calls a function of this type with parameters from the transfer buffer, where they
    /// lie in this order, and puts its results there: array or transfer convention to WebAssembly
    /// convention.
    ///
    /// Takes the context of the function and its code, as the first two integer arguments.
    pub fn enter_trampoline(&self, ty: &FuncType, order: Order) -> Result<Trampoline, Error> {
        trampoline::enter(self.generators.usual(), ty, order)
    }

    /// Code that stands for a host function of this type: puts the parameters into the
    /// transfer buffer, calls the stub at the address `leave_host` with its own context, and takes the
    /// results from there. WebAssembly convention to array convention.
    pub fn leave_trampoline(&self, ty: &FuncType, leave_host: usize) -> Result<Trampoline, Error> {
        trampoline::leave(self.generators.usual(), ty, leave_host)
    }

    /// Code that stands for a function of this type whose module is loaded at its first call: while
    /// the [`bident_abi::VmLateFunc`] of its context has no target, it calls the loader through the
    /// stub at the address `leave_host`; then it goes on as the target, with the same arguments.
    pub fn late_trampoline(&self, ty: &FuncType, leave_host: usize) -> Result<Trampoline, Error> {
        trampoline::late(self.generators.usual(), ty, leave_host)
    }

    /// What the functions of a module may be.
    pub(crate) fn budget(&self, module: &Module) -> Budget {
        Budget::new(self.limits, bytes(module))
    }

    pub(crate) fn shared<'m>(
        &self,
        module: &'m Module,
        layout: &'m VmLayout,
        inline: &'m [Inline],
        is_near: &'m (dyn Fn(usize) -> bool + Sync),
    ) -> Shared<'m> {
        Shared {
            effort: Effort::Full,
            inline: if self.fuel { &[] } else { inline },
            epochs: self.epochs,
            moving_memories: self.moving_memories,
            is_near,
            fuel: self.fuel,
            relaxed: self.generators.relaxed(),
            module,
            layout,
            frontend: self.generators.frontend(),
        }
    }

    /// Compiles bodies on this thread, up to the first error.
    fn chunk(
        &self,
        shared: Shared<'_>,
        budget: &Budget,
        watch: &Watch<'_>,
        chunk: Chunk,
    ) -> Result<Vec<Code>, Error> {
        let mut scratch = Scratch::default();
        let mut context = Context::new();
        let mut codes = Vec::with_capacity(chunk.len());
        for (defined, validator) in chunk {
            context.clear();
            codes.push(self.body(
                shared,
                budget,
                defined,
                validator,
                &mut scratch,
                &mut context,
            )?);
            watch.advance(shared.module.bodies[defined].range.len() as u64);
        }
        Ok(codes)
    }

    /// Compiles one body. The context is empty.
    pub(crate) fn body(
        &self,
        shared: Shared<'_>,
        budget: &Budget,
        defined: usize,
        validator: BodyValidator,
        scratch: &mut Scratch,
        context: &mut Context,
    ) -> Result<Code, Error> {
        let (func, most) = (&mut context.func, budget.function);
        let translated = function::translate(shared, defined, validator, most, scratch, func)?;
        let what = || describe(shared.module, defined);
        let units = translated.units;
        let choice = match shared.effort {
            Effort::Quick => self.generators.quick(context, units, most),
            Effort::Full | Effort::Again => self.generators.choose(context, units, most),
        };
        let choice = choice.map_err(|error| image::failed(what(), error))?;
        work::check(what, choice.units, most)?;
        if shared.effort != Effort::Again {
            budget.spend(choice.units)?;
        }
        image::compile(choice.isa, context, &translated.origins, what)
    }
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compiler({})", self.generators.usual().triple())
    }
}

/// Bytes of all bodies.
fn bytes(module: &Module) -> u64 {
    let bytes = module.bodies.iter().map(|body| body.range.len() as u64);
    bytes.sum()
}

/// For each body, where calls of its function are translated in place.
fn inlined(module: &Module, bodies: &[BodyValidator]) -> Vec<Inline> {
    let mut wanted: Vec<_> = module.wrappers.iter().map(|w| w.inline).collect();
    let begins =
        |inline: &Inline| matches!(inline, Inline::Always | Inline::Test(_) | Inline::Itself(_));
    if wanted.iter().any(begins) {
        for (defined, inline) in wanted.iter_mut().enumerate() {
            if *inline != Inline::Never
                && !bident_module::is_valid_body(module, defined, &bodies[defined])
            {
                *inline = Inline::Never;
            }
        }
    }
    wanted
}

/// Splits bodies, in order, into pieces of at least [`CHUNK`] bytes (the last may be smaller).
fn chunks(module: &Module, bodies: Vec<BodyValidator>) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let (mut chunk, mut size) = (Chunk::new(), 0);
    for (defined, validator) in bodies.into_iter().enumerate() {
        size += module.bodies[defined].range.len();
        chunk.push((defined, validator));
        if size >= CHUNK {
            chunks.push(std::mem::take(&mut chunk));
            size = 0;
        }
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

/// Where a body begins in the binary.
pub(crate) fn start(module: &Module, defined: usize) -> u32 {
    module.bodies[defined].range.start as u32
}

/// A function in an error message.
pub(crate) fn describe(module: &Module, defined: usize) -> String {
    let index = module.func_of(defined);
    match module.func_name(index) {
        Some(name) => format!("function {} (`{}`)", index.0, printable(name)),
        None => format!("function {}", index.0),
    }
}
