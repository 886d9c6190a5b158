//! Calls of small functions around transfers, translated in place.
//!
//! ```text
//!  caller           callee's body as a block of the caller
//!   ┊ arguments ──► locals of its own
//!  call             ┊ its operators; `return` is a branch to the end
//!   ┊ results  ◄──  end
//! ```
//!
//! What is left of such a call in a backtrace is in [`Origins`]: where its operator is, for each operator
//! of the callee.

use crate::error::Error;
use crate::function::Translator;
use crate::operands::{Frame, FrameKind};
use crate::ops;
use crate::signature::clif_types;
use bident_module::{FuncIndex, FuncType};
use cranelift_codegen::ir::SourceLoc;
use cranelift_frontend::Variable;
use wasmparser::OperatorsReader;

/// Bytes of bodies that are translated in place in one function, at most: so the size of the code stays
/// in proportion to that of the module.
const MOST_BYTES: usize = 1024;

/// Positions in the binary that source locations stand for.
#[derive(Default, Debug)]
pub(crate) struct Origins {
    /// Of operators that were translated in place: their position, and that of the call.
    inlined: Vec<(u32, u32)>,
    /// Bytes of bodies that were.
    bytes: usize,
}

/// Source locations from here on are positions in [`Origins::inlined`], others positions in the binary.
const INLINED: u32 = 1 << 31;

impl Origins {
    /// Position of an operator, and that of the call which it was translated in place of.
    pub(crate) fn of(&self, location: SourceLoc) -> (u32, Option<u32>) {
        let bits = location.bits();
        match bits.checked_sub(INLINED) {
            None => (bits, None),
            Some(at) => {
                let (position, call) = self.inlined[at as usize];
                (position, Some(call))
            }
        }
    }

    fn note(&mut self, position: u32, call: u32) -> SourceLoc {
        self.inlined.push((position, call));
        SourceLoc::new(INLINED | (self.inlined.len() - 1) as u32)
    }
}

/// The function whose code is being translated: the one that is compiled, or one in place.
pub(crate) struct Body<'m> {
    /// Its type.
    pub(crate) ty: &'m FuncType,
    /// Its locals.
    pub(crate) locals: Vec<Variable>,
    /// Of a body in place: where the call is, and how many frames lie around.
    pub(crate) inlined: Option<(u32, usize)>,
}

/// Location of the operator at a position in the binary.
pub(crate) fn location(t: &mut Translator<'_, '_>, position: usize) -> SourceLoc {
    let position = position as u32;
    match t.body.inlined {
        None => SourceLoc::new(position),
        Some((call, _)) => t.origins.note(position, call),
    }
}

/// Whether a call of this function is translated in place here.
pub(crate) fn is_inlined(t: &mut Translator<'_, '_>, defined: usize) -> bool {
    let module = t.module;
    let size = module.bodies[defined].range.len();
    // Bodies in place have none themselves, and positions have to be told from `INLINED`.
    let wanted = t.inline.get(defined) == Some(&true)
        && t.body.inlined.is_none()
        && module.bytes.len() < INLINED as usize
        && t.origins.bytes + size <= MOST_BYTES;
    if wanted {
        t.origins.bytes += size;
    }
    wanted
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
    let around = t.operands.frames();
    let caller = std::mem::replace(
        &mut t.body,
        Body {
            ty,
            locals: Vec::with_capacity(args.len()),
            inlined: Some((call as u32, around)),
        },
    );
    for (value, ty) in args.into_iter().zip(clif_types(ty.params())) {
        t.declare(ty, value);
    }
    t.operands.enter(Frame {
        kind: FrameKind::Block,
        label,
        arity: ty.results().len(),
        used: false,
        height: t.operands.height(),
    });
    let body = module.function_body(defined);
    let mut locals = body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let (count, ty) = locals.read()?;
        t.declare_zeroed(count, ty)?;
    }
    let mut operators = OperatorsReader::new(locals.get_binary_reader());
    while !operators.eof() {
        let (op, offset) = operators.read_with_offset()?;
        t.at(offset as usize);
        ops::translate(t, &op)?;
    }
    t.body = caller;
    t.at(call);
    Ok(())
}
