//! Functions that begin with a test, and return at once where there is nothing to do.
//!
//! A recursive function calls itself as often in vain as not: a tree of n nodes has n + 1 places where a
//! node could be. So the test is translated before each call of such a function, and the call happens only where it does
//! something.
//!
//! ```text
//!  walk(node):                       elsewhere:
//!    if !node return                   if node walk(node)
//!    ┊
//! ```

use crate::module::Module;
use wasmparser::{BlockType, Operator, OperatorsReader};

/// The test that a function begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guard {
    /// How many operators compute the condition: they read parameters, and have no effect. Each `block` before
    /// or between them counts, and means nothing.
    pub operators: u32,
    /// The function returns at once where the condition is 0, or where it is not.
    pub returns_at_zero: bool,
}

/// Most operators of a condition, blocks included.
const MOST_OPERATORS: u32 = 8;

/// The test that a body begins with, if its function has no results; `None` also if it does not parse.
pub(crate) fn find(module: &Module, body: usize) -> Option<Guard> {
    let ty = module.func_type(module.func_of(body));
    if !ty.results().is_empty() {
        return None;
    }
    let params = ty.params().len() as u32;
    let mut operators = module.function_body(body).get_operators_reader().ok()?;
    let mut blocks = 0;
    for count in 0..=MOST_OPERATORS {
        let guard = |returns_at_zero| Guard {
            operators: count,
            returns_at_zero,
        };
        match operators.read().ok()? {
            Operator::Block {
                blockty: BlockType::Empty,
            } => blocks += 1,
            Operator::BrIf { relative_depth } => {
                let target = u32::checked_sub(blocks, relative_depth)?;
                return leads_out(operators, blocks, target).then(|| guard(false));
            }
            Operator::If {
                blockty: BlockType::Empty,
            } => {
                if matches!(operators.clone().read().ok()?, Operator::Return) {
                    return Some(guard(false));
                }
                return leads_out(operators, blocks + 1, blocks + 1).then(|| guard(true));
            }
            op if is_plain(&op, params) => {}
            _ => return None,
        }
    }
    None
}

/// Whether the end of the construct at nesting `target` is that of the function; those around it end there, too.
/// The function itself has nesting 0; the reader stands in `nesting`.
fn leads_out(mut operators: OperatorsReader<'_>, mut nesting: u32, target: u32) -> bool {
    let mut open = true;
    while !operators.eof() {
        let Ok(op) = operators.read() else {
            return false;
        };
        match op {
            Operator::End if nesting == target => open = false,
            Operator::Else if nesting == target => return false,
            Operator::End => {}
            _ if !open => return false,
            _ => {}
        }
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. } => nesting += 1,
            Operator::End | Operator::Delegate { .. } => nesting = nesting.saturating_sub(1),
            _ => {}
        }
    }
    !open
}

/// Whether an operator can stand in a condition: it has no effect, cannot trap, and costs little.
fn is_plain(op: &Operator<'_>, params: u32) -> bool {
    use Operator as O;
    match op {
        O::LocalGet { local_index } => *local_index < params,
        O::I32Const { .. } | O::I64Const { .. } | O::RefIsNull => true,
        O::I32Eqz | O::I32Eq | O::I32Ne => true,
        O::I32LtS | O::I32LtU | O::I32GtS | O::I32GtU => true,
        O::I32LeS | O::I32LeU | O::I32GeS | O::I32GeU => true,
        O::I64Eqz | O::I64Eq | O::I64Ne => true,
        O::I64LtS | O::I64LtU | O::I64GtS | O::I64GtU => true,
        O::I64LeS | O::I64LeU | O::I64GeS | O::I64GeU => true,
        O::I32Add | O::I32Sub | O::I32And | O::I32Or | O::I32Xor => true,
        _ => false,
    }
}
