//! How long the values of a function live, which decides what allocating registers for it costs.

use cranelift_codegen::Context;
use cranelift_codegen::entity::{EntityRef, SecondaryMap};
use cranelift_codegen::ir::{Block, Function, Value};

/// Climbs for each of [`Lives::size`] beyond which nothing is counted.
pub(crate) const MOST_CLIMBS: u64 = 100;

/// Lengths of lives, all values of a function together.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Lives {
    /// Instructions, values they take and pass on, and values that they and blocks define.
    pub(crate) size: u64,
    /// Places where a value comes into a block, one per edge.
    pub(crate) crossings: u64,
    /// Instructions that a value lives across.
    pub(crate) length: u64,
    /// How often the larger allocator looks at an edge that carries values, when it decides where to
    /// move those that are defined later.
    pub(crate) rescans: u64,
    /// Pieces that it copies when it joins the values that a block gets from different edges.
    pub(crate) joins: u64,
    /// Blocks that it passes on the way up to what dominates all edges into a block. Edges from a chain
    /// of blocks cost the square of its length.
    pub(crate) climbs: u64,
}

impl Lives {
    /// Measures a function whose flow graph is known. Gives up when it finds more than `most` units.
    pub(crate) fn of(context: &Context, most: u64) -> Self {
        let program = Program::new(context);
        let mut walk = Walk::new(&program);
        walk.lives.size = program.size();
        for &block in &program.layout {
            for &definition in program.defined(block) {
                if walk.lives.units() > most {
                    return walk.lives;
                }
                walk.value(&program, definition);
            }
        }
        walk.lives.joins = joins(&context.func, &program, &walk.pieces);
        walk.lives.climbs = climbs(&program, MOST_CLIMBS * walk.lives.size);
        walk.lives
    }

    /// As [`crate::Limits`] counts.
    pub(crate) fn units(&self) -> u64 {
        self.size + self.crossings
    }
}

/// A function by numbers: blocks in the order in which registers are allocated, with their
/// instructions.
struct Program {
    /// Blocks in the order in which their values get their numbers.
    layout: Vec<u32>,
    /// Block of each instruction.
    block_of: Vec<u32>,
    /// First instruction of each block, and the end.
    starts: Vec<u32>,
    /// For each block, where its edges begin in `preds`.
    pred_starts: Vec<u32>,
    preds: Vec<u32>,
    /// The block that dominates each one; the first has itself.
    idoms: Vec<u32>,
    /// What each block defines, and where that of each begins.
    defined: Vec<Definition>,
    defined_starts: Vec<u32>,
    /// For each value, where its uses begin in `uses`.
    use_starts: Vec<u32>,
    /// Instructions.
    uses: Vec<u32>,
}

/// Where a value comes from.
#[derive(Clone, Copy)]
struct Definition {
    value: Value,
    block: u32,
    at: u32,
    /// Whether it is a parameter of its block.
    param: bool,
}

impl Program {
    fn new(context: &Context) -> Self {
        let func = &context.func;
        let blocks: Vec<Block> = context.domtree.cfg_rpo().copied().collect();
        let mut numbers = SecondaryMap::<Block, u32>::with_capacity(func.dfg.num_blocks());
        for (number, &block) in (0..).zip(&blocks) {
            numbers[block] = number;
        }
        let mut program = Self {
            layout: func.layout.blocks().map(|block| numbers[block]).collect(),
            block_of: Vec::with_capacity(func.dfg.num_insts()),
            starts: Vec::new(),
            pred_starts: Vec::new(),
            preds: Vec::new(),
            idoms: Vec::with_capacity(blocks.len()),
            defined: Vec::with_capacity(func.dfg.num_values()),
            defined_starts: Vec::new(),
            use_starts: vec![0; func.dfg.num_values() + 1],
            uses: Vec::new(),
        };
        for (number, &block) in (0..).zip(&blocks) {
            program.pred_starts.push(program.preds.len() as u32);
            let preds = context.cfg.pred_iter(block).map(|pred| numbers[pred.block]);
            program.preds.extend(preds);
            let idom = context.domtree.idom(block).unwrap_or(block);
            program.idoms.push(numbers[idom]);
            program.starts.push(program.block_of.len() as u32);
            program.defined_starts.push(program.defined.len() as u32);
            program.block(func, number, block);
        }
        program.defined_starts.push(program.defined.len() as u32);
        program.starts.push(program.block_of.len() as u32);
        program.pred_starts.push(program.preds.len() as u32);
        program.find_uses(func, &blocks);
        program
    }

    /// Notes what a block defines, and counts what it uses.
    fn block(&mut self, func: &Function, number: u32, block: Block) {
        let mut define = |value: Value, at: usize, param| {
            self.defined.push(Definition {
                value,
                block: number,
                at: at as u32,
                param,
            });
        };
        for &param in func.dfg.block_params(block) {
            define(param, self.block_of.len(), true);
        }
        for inst in func.layout.block_insts(block) {
            for &result in func.dfg.inst_results(inst) {
                define(result, self.block_of.len(), false);
            }
            for value in func.dfg.inst_values(inst) {
                self.use_starts[value.index()] += 1;
            }
            self.block_of.push(number);
        }
    }

    /// Turns the counts of uses into a table of uses.
    fn find_uses(&mut self, func: &Function, blocks: &[Block]) {
        let mut total = 0;
        for start in &mut self.use_starts {
            total += *start;
            *start = total;
        }
        self.uses.resize(total as usize, 0);
        let insts = blocks.iter().flat_map(|&b| func.layout.block_insts(b));
        for (at, inst) in (0..).zip(insts) {
            for value in func.dfg.inst_values(inst) {
                let start = &mut self.use_starts[value.index()];
                *start -= 1;
                self.uses[*start as usize] = at;
            }
        }
    }

    fn defined(&self, block: u32) -> &[Definition] {
        let block = block as usize;
        let starts = &self.defined_starts;
        &self.defined[starts[block] as usize..starts[block + 1] as usize]
    }

    fn size(&self) -> u64 {
        (self.block_of.len() + self.defined.len() + self.uses.len()) as u64
    }

    fn preds(&self, block: u32) -> &[u32] {
        let block = block as usize;
        &self.preds[self.pred_starts[block] as usize..self.pred_starts[block + 1] as usize]
    }

    fn uses(&self, value: Value) -> &[u32] {
        let value = value.index();
        &self.uses[self.use_starts[value] as usize..self.use_starts[value + 1] as usize]
    }

    fn length(&self, block: u32) -> u64 {
        u64::from(self.end(block) - self.starts[block as usize])
    }

    fn end(&self, block: u32) -> u32 {
        self.starts[block as usize + 1]
    }
}

/// From the uses of a value back to where it is defined.
struct Walk {
    lives: Lives,
    /// The last value that was found to come into each block, as a number from one.
    seen: Vec<u32>,
    /// Blocks that the value in hand comes into; those from `done` on are still to be looked at.
    entered: Vec<u32>,
    /// Pieces of each value: runs of blocks in which it lives.
    pieces: Vec<u32>,
    /// Edges that carry values, so far; and those before the last value in pieces.
    edges: u64,
    skipped: u64,
}

impl Walk {
    fn new(program: &Program) -> Self {
        Self {
            lives: Lives::default(),
            seen: vec![0; program.starts.len()],
            entered: Vec::new(),
            pieces: vec![0; program.use_starts.len()],
            edges: 0,
            skipped: 0,
        }
    }

    fn value(&mut self, program: &Program, definition: Definition) {
        let Definition { value, block, .. } = definition;
        let number = value.as_u32() + 1;
        let mut end = definition.at;
        self.entered.clear();
        for &at in program.uses(value) {
            match program.block_of[at as usize] {
                own if own == block => end = end.max(at),
                other => self.enter(number, other),
            }
        }
        let mut done = 0;
        while let Some(&entered) = self.entered.get(done) {
            done += 1;
            self.lives.length += program.length(entered);
            for &pred in program.preds(entered) {
                self.lives.crossings += 1;
                match pred {
                    own if own == block => end = program.end(block),
                    other => self.enter(number, other),
                }
            }
        }
        self.lives.length += u64::from(end - definition.at);
        self.finish(program, definition, number);
    }

    fn enter(&mut self, number: u32, block: u32) {
        let seen = &mut self.seen[block as usize];
        if *seen != number {
            *seen = number;
            self.entered.push(block);
        }
    }

    /// Counts what follows from where a value lives.
    fn finish(&mut self, program: &Program, definition: Definition, number: u32) {
        let own = definition.block;
        let lives_in = |block: u32| block == own || self.seen[block as usize] == number;
        let begins = |block: u32| block != own && (block == 0 || !lives_in(block - 1));
        let mut pieces = self.entered.iter().filter(|&&block| begins(block)).count() as u32;
        if own == 0 || self.seen[own as usize - 1] != number {
            pieces += 1;
        }
        self.pieces[definition.value.index()] = pieces;
        if pieces > 1 {
            self.skipped = self.edges;
        }
        let starts = self.entered.len() as u64 + u64::from(definition.param);
        self.lives.rescans += starts * (self.edges - self.skipped);
        if definition.param {
            self.edges += program.preds(own).len() as u64;
        }
    }
}

/// Blocks passed, as soon as they are more than `most`.
fn climbs(program: &Program, most: u64) -> u64 {
    let mut climbs = 0;
    for block in 0..program.idoms.len() as u32 {
        let mut preds = program.preds(block).iter().copied().filter(|&p| p < block);
        let Some(mut top) = preds.next() else {
            continue;
        };
        for mut pred in preds {
            while pred != top && climbs <= most {
                let lower = if pred > top { &mut pred } else { &mut top };
                *lower = program.idoms[*lower as usize];
                climbs += 1;
            }
        }
    }
    climbs
}

/// Pieces that are copied when all values that become one parameter are joined.
fn joins(func: &Function, program: &Program, pieces: &[u32]) -> u64 {
    let mut sets = Sets::new(pieces);
    let insts = func
        .layout
        .blocks()
        .flat_map(|b| func.layout.block_insts(b));
    for inst in insts {
        let dfg = &func.dfg;
        let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        for call in calls {
            let params = dfg.block_params(call.block(&dfg.value_lists));
            for (&param, arg) in params.iter().zip(call.args(&dfg.value_lists)) {
                if let Some(arg) = arg.as_value() {
                    sets.join(param.as_u32(), arg.as_u32());
                }
            }
        }
    }
    program
        .defined
        .iter()
        .map(|definition| definition.value.as_u32())
        .filter(|&value| sets.of[value as usize] == value)
        .map(|root| u64::from(sets.pieces[root as usize]) * u64::from(sets.joined[root as usize]))
        .sum()
}

/// Values that become one.
struct Sets {
    of: Vec<u32>,
    pieces: Vec<u32>,
    joined: Vec<u32>,
}

impl Sets {
    fn new(pieces: &[u32]) -> Self {
        Self {
            of: (0..pieces.len() as u32).collect(),
            pieces: pieces.to_vec(),
            joined: vec![0; pieces.len()],
        }
    }

    fn root(&mut self, mut value: u32) -> u32 {
        while self.of[value as usize] != value {
            let above = self.of[self.of[value as usize] as usize];
            self.of[value as usize] = above;
            value = above;
        }
        value
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (large, small) = match self.joined[a as usize] >= self.joined[b as usize] {
            true => (a, b),
            false => (b, a),
        };
        self.of[small as usize] = large;
        self.pieces[large as usize] += self.pieces[small as usize];
        self.joined[large as usize] += self.joined[small as usize] + 1;
    }
}
