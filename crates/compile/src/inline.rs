//! Calls of small functions around transfers, translated in place.
//!
//! ```text
//!  caller           callee's body as a block of the caller
//!   ┊ arguments ──► locals of its own
//!  call             ┊ its operators; `return` is a branch to the end
//!   ┊ results  ◄──  end
//! ```
//!
//! A recursive one is in place once, within itself:
//!
//! ```text
//!  walk(node):               so an activation has three nodes, and each third
//!    walk(left)    ┐ in      call remains. Deeper gained nothing.
//!    suspend       │ place
//!    walk(right)   ┘
//! ```
//!
//! Of a function that begins with a test (`guard.rs` of `bident-module`) that comes before the call.
//!
//! What is left of a call in place in a backtrace is in [`Origins`]: for each operator of the callee, where
//! the call is.

use crate::artifact::INLINED;
use crate::error::Error;
use crate::function::Translator;
use crate::locals::Locals;
use crate::operands::{Construct, ConstructKind};
use crate::ops;
use crate::signature::clif_types;
use bident_module::{FuncIndex, FuncType, Inline};
use cranelift_codegen::ir::{Block, InstBuilder, SourceLoc};
use wasmparser::{Operator, OperatorsReader};

/// Bytes of bodies that are translated in place in one function, at most: so the size of the code stays
/// in proportion to that of the module.
const MOST_BYTES: usize = 1024;

/// Bodies in place within each other, at most.
const MOST_DEPTH: u32 = 4;

/// What source locations stand for.
#[derive(Default, Debug)]
pub(crate) struct Origins {
    /// Operators that were translated in place: position in the binary, and location of the call.
    pub(crate) inlined: Vec<(u32, u32)>,
    /// Bytes of bodies that were.
    bytes: usize,
}

impl Origins {
    fn note(&mut self, position: u32, call: SourceLoc) -> SourceLoc {
        self.inlined.push((position, call.bits()));
        SourceLoc::new(INLINED | (self.inlined.len() - 1) as u32)
    }
}

/// A body in place.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Location of the call.
    call: SourceLoc,
    /// How many constructs lie around.
    pub(crate) around: usize,
    /// How many bodies are in place within each other.
    depth: u32,
}

/// The function whose code is being translated: the one that is compiled, or one in place.
pub(crate) struct Body<'m> {
    /// Its type.
    pub(crate) ty: &'m FuncType,
    pub(crate) locals: Locals,
    /// Where it is, if it is in place.
    pub(crate) place: Option<Place>,
}

/// Location of the operator at a position in the binary.
pub(crate) fn location(t: &mut Translator<'_, '_>, position: usize) -> SourceLoc {
    let position = position as u32;
    match t.body.place {
        None => SourceLoc::new(position),
        Some(place) => t.origins.note(position, place.call),
    }
}

/// Whether a call of this function is translated in place here.
pub(crate) fn is_wanted(t: &mut Translator<'_, '_>, defined: usize) -> bool {
    let module = t.module;
    let depth = t.body.place.map_or(0, |place| place.depth);
    let wanted = match t.inline.get(defined) {
        Some(Inline::Always) => depth < MOST_DEPTH,
        Some(Inline::Inside) => depth > 0,
        Some(Inline::Itself(_)) => defined == t.defined && depth == 0,
        Some(Inline::Never | Inline::Test(_)) | None => false,
    };
    let bytes = t.origins.bytes + module.bodies[defined].range.len();
    // Positions have to be told from `INLINED`.
    let wanted = wanted && bytes <= MOST_BYTES && module.bytes.len() < INLINED as usize;
    if wanted {
        t.origins.bytes = bytes;
    }
    wanted
}

/// Before a call of a function that begins with a test: leads around the call where it would do nothing. Gives
/// where the two ways come together.
pub(crate) fn test(
    t: &mut Translator<'_, '_>,
    func: FuncIndex,
    defined: usize,
) -> Result<Option<Block>, Error> {
    let Some(&(Inline::Test(guard) | Inline::Itself(Some(guard)))) = t.inline.get(defined) else {
        return Ok(None);
    };
    let module = t.module;
    let ty = module.func_type(func);
    let height = t.operands.height();
    let args = t.operands.top(ty.params().len()).to_vec();
    let place = t.body.place;
    let locals = Locals::variables(args.len());
    let caller = std::mem::replace(&mut t.body, Body { ty, locals, place });
    t.declare_params(args);
    let mut operators = module.function_body(defined).get_operators_reader()?;
    for _ in 0..guard.operators {
        let op = operators.read()?;
        t.work.foresee(module, &op);
        if !matches!(op, Operator::Block { .. }) {
            ops::translate(t, &op)?;
        }
    }
    t.check_work()?;
    t.body = caller;
    let condition = t.operands.pop();
    t.operands.truncate(height);
    let (call, behind) = (t.b.create_block(), t.b.create_block());
    let (zero, other) = if guard.returns_at_zero {
        (behind, call)
    } else {
        (call, behind)
    };
    t.b.ins().brif(condition, other, &[], zero, &[]);
    t.b.seal_block(call);
    t.b.switch_to_block(call);
    Ok(Some(behind))
}

/// Translates the body of a function, which is valid, in place of a call.
pub(crate) fn call(
    t: &mut Translator<'_, '_>,
    func: FuncIndex,
    defined: usize,
) -> Result<(), Error> {
    let module = t.module;
    let ty = module.func_type(func);
    let call = t.offset;
    let args: Vec<_> = t.operands.pop_many(ty.params().len()).collect();
    let label = t.block_with(clif_types(ty.results()));
    let around = t.operands.constructs();
    let depth = t.body.place.map_or(1, |place| place.depth + 1);
    let caller = std::mem::replace(
        &mut t.body,
        Body {
            ty,
            locals: Locals::variables(args.len()),
            place: Some(Place {
                call: t.b.srcloc(),
                around,
                depth,
            }),
        },
    );
    t.declare_params(args);
    t.operands.enter(Construct {
        kind: ConstructKind::Block,
        label,
        arity: ty.results().len(),
        used: false,
        height: t.operands.height(),
    });
    let body = module.function_body(defined);
    let mut locals = body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let (count, ty) = locals.read()?;
        t.declare_zeroed(count, ty);
    }
    let mut operators = OperatorsReader::new(locals.get_binary_reader());
    while !operators.eof() {
        let (op, offset) = operators.read_with_offset()?;
        t.at(offset as usize);
        t.work.foresee(module, &op);
        t.check_work()?;
        ops::translate(t, &op)?;
    }
    t.body = caller;
    t.at(call);
    Ok(())
}
