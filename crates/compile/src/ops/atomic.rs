//! Atomic accesses to linear memory, waiting and notifying.
//!
//! An access traps where its address, index and offset together, is no multiple of its width; where that is
//! beyond the end, too, either trap is right. Everything here is sequentially consistent, and Cranelift moves
//! no other access across it.

use super::call::{builtin, constant, position, unsigned};
use super::memory::address;
use crate::error::Error;
use crate::function::Translator;
use crate::record;
use crate::trap;
use bident_abi::{Builtin, TrapCode};
use bident_module::{AddressType, MemoryIndex};
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Type, Value};
use wasmparser::{MemArg, MemArgTarget, Operator};

/// Translates an operator of the threads proposal; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    use Operator as O;
    match op {
        O::AtomicFence { .. } => {
            t.b.ins().fence();
        }
        O::MemoryAtomicNotify { memarg } => notify(t, memarg)?,
        O::MemoryAtomicWait32 { memarg } => wait(t, memarg, Builtin::AtomicWait32)?,
        O::MemoryAtomicWait64 { memarg } => wait(t, memarg, Builtin::AtomicWait64)?,
        _ => {
            if let Some((access, memarg)) = as_load(op) {
                load(t, access, memarg)?;
            } else if let Some((access, memarg)) = as_store(op) {
                store(t, access, memarg)?;
            } else if let Some((how, access, memarg)) = as_rmw(op) {
                rmw(t, how, access, memarg)?;
            } else if let Some((access, memarg)) = as_cmpxchg(op) {
                cmpxchg(t, access, memarg)?;
            } else {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Types of an access: what the operand stack has, and what memory has.
#[derive(Clone, Copy)]
struct Access {
    value: Type,
    memory: Type,
}

const fn access(value: Type, memory: Type) -> Access {
    Access { value, memory }
}

impl Access {
    /// An operand as memory has it.
    fn narrow(self, t: &mut Translator<'_, '_>, operand: Value) -> Value {
        match self.value == self.memory {
            true => operand,
            false => t.b.ins().ireduce(self.memory, operand),
        }
    }

    /// Pushes what was in memory, the rest zeros.
    fn push(self, t: &mut Translator<'_, '_>, value: Value) {
        let value = match self.value == self.memory {
            true => value,
            false => t.b.ins().uextend(self.value, value),
        };
        t.operands.push(value);
    }
}

fn load(t: &mut Translator<'_, '_>, access: Access, memarg: &MemArg) -> Result<(), Error> {
    let (address, flags) = aligned(t, access, memarg)?;
    let value = t.b.ins().atomic_load(access.memory, flags, address);
    access.push(t, value);
    Ok(())
}

fn store(t: &mut Translator<'_, '_>, access: Access, memarg: &MemArg) -> Result<(), Error> {
    let value = t.operands.pop();
    let value = access.narrow(t, value);
    let (address, flags) = aligned(t, access, memarg)?;
    t.b.ins().atomic_store(flags, value, address);
    Ok(())
}

fn rmw(
    t: &mut Translator<'_, '_>,
    how: AtomicRmwOp,
    access: Access,
    memarg: &MemArg,
) -> Result<(), Error> {
    let operand = t.operands.pop();
    let operand = access.narrow(t, operand);
    let (address, flags) = aligned(t, access, memarg)?;
    let old =
        t.b.ins()
            .atomic_rmw(access.memory, flags, how, address, operand);
    access.push(t, old);
    Ok(())
}

/// Of a value that is wider than what memory has, only as much is compared.
fn cmpxchg(t: &mut Translator<'_, '_>, access: Access, memarg: &MemArg) -> Result<(), Error> {
    let (new, expected) = (t.operands.pop(), t.operands.pop());
    let new = access.narrow(t, new);
    let expected = access.narrow(t, expected);
    let (address, flags) = aligned(t, access, memarg)?;
    let old = t.b.ins().atomic_cas(flags, address, expected, new);
    access.push(t, old);
    Ok(())
}

/// Address of an access whose index is the topmost operand, and its flags. These instructions hold no offset.
fn aligned(
    t: &mut Translator<'_, '_>,
    access: Access,
    memarg: &MemArg,
) -> Result<(Value, MemFlagsData), Error> {
    let width = access.memory.bytes();
    let (base, offset) = address(t, memarg, width)?;
    let address = match i64::from(offset) {
        0 => base,
        offset => t.b.ins().iadd_imm_s(base, offset),
    };
    if width > 1 {
        // A memory begins with a page of the system.
        let rest = t.b.ins().band_imm_u(address, i64::from(width - 1));
        t.trap_if(rest, TrapCode::UnalignedAtomic);
    }
    Ok((address, record::linear_memory()))
}

fn notify(t: &mut Translator<'_, '_>, memarg: &MemArg) -> Result<(), Error> {
    let count = t.operands.pop();
    let (memory, address) = place(t, memarg)?;
    let count = unsigned(t, count);
    let woken = builtin(t, Builtin::AtomicNotify, &[memory, address, count]);
    push_i32(t, woken);
    Ok(())
}

fn wait(t: &mut Translator<'_, '_>, memarg: &MemArg, function: Builtin) -> Result<(), Error> {
    let (timeout, expected) = (t.operands.pop(), t.operands.pop());
    let (memory, address) = place(t, memarg)?;
    let expected = match function {
        Builtin::AtomicWait32 => unsigned(t, expected),
        _ => expected,
    };
    let result = builtin(t, function, &[memory, address, expected, timeout]);
    push_i32(t, result);
    Ok(())
}

fn push_i32(t: &mut Translator<'_, '_>, word: Value) {
    let value = t.b.ins().ireduce(I32, word);
    t.operands.push(value);
}

/// The memory and the address that a builtin gets, which checks both. The topmost operand is the index.
fn place(t: &mut Translator<'_, '_>, memarg: &MemArg) -> Result<(Value, Value), Error> {
    let MemArgTarget::Memory(index) = memarg.target else {
        return Err(t.unsupported("waiting at an array"));
    };
    let ty = t.module.memories[MemoryIndex(index).index()].address;
    let operand = t.operands.pop();
    let mut address = position(t, ty, operand);
    if memarg.offset != 0 {
        let offset = constant(t, memarg.offset);
        address = match ty {
            AddressType::I32 => t.b.ins().iadd(address, offset),
            AddressType::I64 => {
                let code = trap::to_clif(TrapCode::MemoryOutOfBounds);
                t.b.ins().uadd_overflow_trap(address, offset, code)
            }
        };
    }
    Ok((constant(t, index.into()), address))
}

fn as_load<'o>(op: &'o Operator<'_>) -> Option<(Access, &'o MemArg)> {
    use Operator as O;
    Some(match op {
        O::I32AtomicLoad { memarg } => (access(I32, I32), memarg),
        O::I32AtomicLoad8U { memarg } => (access(I32, I8), memarg),
        O::I32AtomicLoad16U { memarg } => (access(I32, I16), memarg),
        O::I64AtomicLoad { memarg } => (access(I64, I64), memarg),
        O::I64AtomicLoad8U { memarg } => (access(I64, I8), memarg),
        O::I64AtomicLoad16U { memarg } => (access(I64, I16), memarg),
        O::I64AtomicLoad32U { memarg } => (access(I64, I32), memarg),
        _ => return None,
    })
}

fn as_store<'o>(op: &'o Operator<'_>) -> Option<(Access, &'o MemArg)> {
    use Operator as O;
    Some(match op {
        O::I32AtomicStore { memarg } => (access(I32, I32), memarg),
        O::I32AtomicStore8 { memarg } => (access(I32, I8), memarg),
        O::I32AtomicStore16 { memarg } => (access(I32, I16), memarg),
        O::I64AtomicStore { memarg } => (access(I64, I64), memarg),
        O::I64AtomicStore8 { memarg } => (access(I64, I8), memarg),
        O::I64AtomicStore16 { memarg } => (access(I64, I16), memarg),
        O::I64AtomicStore32 { memarg } => (access(I64, I32), memarg),
        _ => return None,
    })
}

fn as_cmpxchg<'o>(op: &'o Operator<'_>) -> Option<(Access, &'o MemArg)> {
    use Operator as O;
    Some(match op {
        O::I32AtomicRmwCmpxchg { memarg } => (access(I32, I32), memarg),
        O::I32AtomicRmw8CmpxchgU { memarg } => (access(I32, I8), memarg),
        O::I32AtomicRmw16CmpxchgU { memarg } => (access(I32, I16), memarg),
        O::I64AtomicRmwCmpxchg { memarg } => (access(I64, I64), memarg),
        O::I64AtomicRmw8CmpxchgU { memarg } => (access(I64, I8), memarg),
        O::I64AtomicRmw16CmpxchgU { memarg } => (access(I64, I16), memarg),
        O::I64AtomicRmw32CmpxchgU { memarg } => (access(I64, I32), memarg),
        _ => return None,
    })
}

/// One line per operation, seven widths each.
macro_rules! rmw {
    ($op:expr, $($how:ident: $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident;)*) => {
        match $op {
            $(Operator::$a { memarg } => Some((AtomicRmwOp::$how, access(I32, I32), memarg)),
            Operator::$b { memarg } => Some((AtomicRmwOp::$how, access(I32, I8), memarg)),
            Operator::$c { memarg } => Some((AtomicRmwOp::$how, access(I32, I16), memarg)),
            Operator::$d { memarg } => Some((AtomicRmwOp::$how, access(I64, I64), memarg)),
            Operator::$e { memarg } => Some((AtomicRmwOp::$how, access(I64, I8), memarg)),
            Operator::$f { memarg } => Some((AtomicRmwOp::$how, access(I64, I16), memarg)),
            Operator::$g { memarg } => Some((AtomicRmwOp::$how, access(I64, I32), memarg)),)*
            _ => None,
        }
    };
}

#[rustfmt::skip]
fn as_rmw<'o>(op: &'o Operator<'_>) -> Option<(AtomicRmwOp, Access, &'o MemArg)> {
    rmw! { op,
        Add: I32AtomicRmwAdd I32AtomicRmw8AddU I32AtomicRmw16AddU
            I64AtomicRmwAdd I64AtomicRmw8AddU I64AtomicRmw16AddU I64AtomicRmw32AddU;
        Sub: I32AtomicRmwSub I32AtomicRmw8SubU I32AtomicRmw16SubU
            I64AtomicRmwSub I64AtomicRmw8SubU I64AtomicRmw16SubU I64AtomicRmw32SubU;
        And: I32AtomicRmwAnd I32AtomicRmw8AndU I32AtomicRmw16AndU
            I64AtomicRmwAnd I64AtomicRmw8AndU I64AtomicRmw16AndU I64AtomicRmw32AndU;
        Or: I32AtomicRmwOr I32AtomicRmw8OrU I32AtomicRmw16OrU
            I64AtomicRmwOr I64AtomicRmw8OrU I64AtomicRmw16OrU I64AtomicRmw32OrU;
        Xor: I32AtomicRmwXor I32AtomicRmw8XorU I32AtomicRmw16XorU
            I64AtomicRmwXor I64AtomicRmw8XorU I64AtomicRmw16XorU I64AtomicRmw32XorU;
        Xchg: I32AtomicRmwXchg I32AtomicRmw8XchgU I32AtomicRmw16XchgU
            I64AtomicRmwXchg I64AtomicRmw8XchgU I64AtomicRmw16XchgU I64AtomicRmw32XchgU;
    }
}
