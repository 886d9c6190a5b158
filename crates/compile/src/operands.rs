//! Operand stack and control stack while a body is translated.

use cranelift_codegen::ir::{Block, Value};
use wasmparser::Catch;

/// The two stacks, and whether the code in hand can be reached.
#[derive(Default, Debug)]
pub(crate) struct Operands {
    values: Vec<Value>,
    constructs: Vec<Construct>,
    /// How many of the constructs are loops.
    loops: usize,
    /// Those of the constructs whose exceptions land in this function, outermost first.
    regions: Vec<Region>,
    reachable: bool,
    /// Blocks that were begun where nothing can be reached: they have no construct.
    dead_constructs: usize,
}

/// A block, loop, conditional, `try` or function body in progress.
#[derive(Clone, Debug)]
pub(crate) struct Construct {
    pub(crate) kind: ConstructKind,
    /// Where a branch to this construct goes: the start of a loop, the end of anything else. Takes what
    /// the branch carries as parameters.
    pub(crate) label: Block,
    /// Number of values that a branch carries.
    pub(crate) arity: usize,
    /// Whether anything branches to `label`.
    pub(crate) used: bool,
    /// Operands that belong to outer constructs.
    pub(crate) height: usize,
}

impl Construct {
    pub(crate) fn is_loop(&self) -> bool {
        matches!(self.kind, ConstructKind::Loop)
    }
}

/// What began a construct, and how far it is.
#[derive(Clone, Debug)]
pub(crate) enum ConstructKind {
    /// `block`, an `if` past its `else`, the function; or a `try` past its first clause, if no
    /// exception can reach its clauses.
    Block,
    /// `loop`.
    Loop,
    /// `if`, as long as no `else` was seen.
    If {
        /// Where to go if the condition is false. Has the parameters of the `if`.
        otherwise: Block,
    },
    /// `try_table`. Its region is the innermost.
    TryTable {
        /// Its clauses.
        catches: Box<[Catch]>,
    },
    /// `try`, as long as no clause was seen. Its region is the innermost.
    Try,
    /// `try` at the `delegate` that ends it. Its region is the innermost.
    Delegate {
        /// The construct around it that gets its exceptions.
        depth: u32,
    },
    /// `try` in a clause, `catch` or `catch_all`.
    Catch {
        /// The exception that it caught.
        exn: Value,
        /// What it and the clauses before it did not catch; `None` past a `catch_all`.
        uncaught: Option<Uncaught>,
    },
}

/// An exception that landed and is looking for a clause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uncaught {
    /// Where the code that looks further goes: nothing is in it yet.
    pub(crate) block: Block,
    /// The exception.
    pub(crate) exn: Value,
    /// Address of its tag.
    pub(crate) tag: Value,
}

/// Code whose exceptions land in this function: the body of a `try_table`, or of a `try` up to its
/// first clause.
#[derive(Debug)]
struct Region {
    /// Position of its construct.
    construct: usize,
    /// Where they land, if there is anything in it that can throw.
    pad: Option<Block>,
}

impl Operands {
    /// Forgets everything, for a new function.
    pub(crate) fn reset(&mut self) {
        self.values.clear();
        self.constructs.clear();
        self.loops = 0;
        self.regions.clear();
        self.reachable = true;
        self.dead_constructs = 0;
    }

    pub(crate) fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    pub(crate) fn extend(&mut self, values: &[Value]) {
        self.values.extend_from_slice(values);
    }

    pub(crate) fn pop(&mut self) -> Value {
        self.values.pop().expect("the validator counts operands")
    }

    /// The topmost `count` operands, lowest first.
    pub(crate) fn top(&self, count: usize) -> &[Value] {
        &self.values[self.values.len() - count..]
    }

    /// Takes the topmost `count` operands, lowest first.
    pub(crate) fn pop_many(&mut self, count: usize) -> impl Iterator<Item = Value> + '_ {
        self.values.drain(self.values.len() - count..)
    }

    /// Number of operands.
    pub(crate) fn height(&self) -> usize {
        self.values.len()
    }

    /// Drops all operands above a height.
    pub(crate) fn truncate(&mut self, height: usize) {
        self.values.truncate(height);
    }

    /// Begins a construct.
    pub(crate) fn enter(&mut self, construct: Construct) {
        self.loops += usize::from(construct.is_loop());
        self.constructs.push(construct);
    }

    /// Ends the innermost construct.
    pub(crate) fn leave(&mut self) -> Construct {
        let construct = self.constructs.pop();
        let construct = construct.expect("the validator counts constructs");
        self.loops -= usize::from(construct.is_loop());
        construct
    }

    /// Number of loops that the code in hand is in.
    pub(crate) fn loops(&self) -> usize {
        self.loops
    }

    /// Number of constructs.
    pub(crate) fn constructs(&self) -> usize {
        self.constructs.len()
    }

    /// Whether the body has ended.
    pub(crate) fn is_complete(&self) -> bool {
        self.constructs.is_empty()
    }

    /// The construct that a branch of this depth refers to.
    pub(crate) fn construct(&mut self, depth: u32) -> &mut Construct {
        let innermost = self.constructs.len() - 1;
        &mut self.constructs[innermost - depth as usize]
    }

    /// Begins the region of the innermost construct.
    pub(crate) fn enter_region(&mut self) {
        let construct = self.constructs.len() - 1;
        self.regions.push(Region {
            construct,
            pad: None,
        });
    }

    /// Ends the innermost region; its landing pad, if it has one.
    pub(crate) fn leave_region(&mut self) -> Option<Block> {
        self.regions.pop().expect("a region per try").pad
    }

    /// Number of regions that the code in hand is in.
    pub(crate) fn regions(&self) -> usize {
        self.regions.len()
    }

    /// Number of regions that the construct at this depth is in, its own included.
    pub(crate) fn regions_at(&self, depth: u32) -> usize {
        let construct = self.constructs.len() - 1 - depth as usize;
        self.regions
            .partition_point(|region| region.construct <= construct)
    }

    /// The landing pad of a region, counted from the outermost.
    pub(crate) fn pad(&mut self, region: usize) -> &mut Option<Block> {
        &mut self.regions[region].pad
    }

    /// Whether the code in hand can be reached.
    pub(crate) fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// Says whether the code that follows can be reached.
    pub(crate) fn set_reachable(&mut self, reachable: bool) {
        self.reachable = reachable;
    }

    /// Begins a construct in code that cannot be reached.
    pub(crate) fn enter_dead(&mut self) {
        self.dead_constructs += 1;
    }

    /// Ends a construct that began in code that cannot be reached; false if there is none.
    pub(crate) fn leave_dead(&mut self) -> bool {
        let any = self.in_dead_construct();
        self.dead_constructs -= usize::from(any);
        any
    }

    /// Whether the innermost construct began in code that cannot be reached.
    pub(crate) fn in_dead_construct(&self) -> bool {
        self.dead_constructs > 0
    }
}
