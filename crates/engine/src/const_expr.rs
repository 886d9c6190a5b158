//! Values of constant expressions.
//!
//! They may make objects, and so collect. What they have so far lies in `StoreOpaque::under_way`, which is
//! a root.

use crate::alloc;
use crate::error::Error;
use crate::slots::InstanceNumber;
use crate::vm::gc::Object;
use crate::vm::store::StoreOpaque;
use bident_abi::VmValue;
use bident_module::{ConstExpr, ConstOp, FuncIndex, ObjectLayout, TypeIndex};

const WHAT: &str = "a constant expression";

/// Value of a constant expression that gives no vector.
pub(crate) fn evaluate(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    expr: &ConstExpr,
) -> Result<u64, Error> {
    Ok(evaluate_any(store, instance, expr)?.low)
}

/// Value of a constant expression, as compiled code holds it. The validator has checked that every step
/// finds its operands and that one value is left.
pub(crate) fn evaluate_any(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    expr: &ConstExpr,
) -> Result<VmValue, Error> {
    let before = store.under_way.len();
    let evaluated = steps(store, instance, expr);
    let value = evaluated.map(|()| pop_any(store));
    store.under_way.truncate(before);
    value
}

/// The same for several.
pub(crate) fn evaluate_all(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    exprs: &[ConstExpr],
) -> Result<Vec<u64>, Error> {
    let before = store.under_way.len();
    let evaluated = exprs
        .iter()
        .try_for_each(|expr| steps(store, instance, expr));
    let words = evaluated.and_then(|()| {
        let words = store.under_way[before..].iter().map(|value| value.low);
        alloc::collect(words, "an element segment")
    });
    store.under_way.truncate(before);
    words
}

/// The word of a function reference.
pub(crate) fn func_word(store: &StoreOpaque, instance: InstanceNumber, func: FuncIndex) -> u64 {
    store.instances[instance].func_ref(store, func).as_ptr() as u64
}

fn pop(store: &mut StoreOpaque) -> u64 {
    pop_any(store).low
}

fn pop_any(store: &mut StoreOpaque) -> VmValue {
    store.under_way.pop().expect("validated")
}

fn steps(store: &mut StoreOpaque, instance: InstanceNumber, expr: &ConstExpr) -> Result<(), Error> {
    for op in &expr.0 {
        let value = step(store, instance, *op).map_err(|error| match error.trap() {
            Some(code) => store.trapped(code),
            None => error,
        })?;
        alloc::push(&mut store.under_way, value, WHAT)?;
    }
    Ok(())
}

fn step(store: &mut StoreOpaque, instance: InstanceNumber, op: ConstOp) -> Result<VmValue, Error> {
    let word = match op {
        ConstOp::V128(bits) => return Ok(bits.into()),
        ConstOp::GlobalGet(g) => {
            return Ok(store.global(store.instances[instance].items.globals[g]));
        }
        ConstOp::I32(v) => u64::from(v as u32),
        ConstOp::I64(v) => v as u64,
        ConstOp::F32(bits) => u64::from(bits),
        ConstOp::F64(bits) => bits,
        ConstOp::RefNull(_) => 0,
        ConstOp::RefFunc(f) => func_word(store, instance, f),
        ConstOp::I32Add => binary(store, |a, b| narrow(a.wrapping_add(b))),
        ConstOp::I32Sub => binary(store, |a, b| narrow(a.wrapping_sub(b))),
        ConstOp::I32Mul => binary(store, |a, b| narrow(a.wrapping_mul(b))),
        ConstOp::I64Add => binary(store, u64::wrapping_add),
        ConstOp::I64Sub => binary(store, u64::wrapping_sub),
        ConstOp::I64Mul => binary(store, u64::wrapping_mul),
        ConstOp::RefI31 => narrow(pop(store) << 1 | 1),
        ConstOp::StructNew(ty) => structure(store, instance, ty)?,
        ConstOp::StructNewDefault(ty) => store.new_struct(instance, ty)?.0,
        ConstOp::ArrayNew(ty) => array(store, instance, ty)?,
        ConstOp::ArrayNewDefault(ty) => {
            let length = pop(store) as u32;
            store.new_array(instance, ty, length, 0)?.0
        }
        ConstOp::ArrayNewFixed(ty, length) => fixed(store, instance, ty, length)?,
        ConstOp::AnyConvertExtern => {
            let word = pop(store);
            store.any_of_extern(word)?
        }
        ConstOp::ExternConvertAny => {
            let word = pop(store);
            store.extern_of_any(word)
        }
    };
    Ok(word.into())
}

fn narrow(word: u64) -> u64 {
    u64::from(word as u32)
}

fn binary(store: &mut StoreOpaque, f: impl FnOnce(u64, u64) -> u64) -> u64 {
    let (b, a) = (pop(store), pop(store));
    f(a, b)
}

/// The operands stay where they are until the object is made.
fn structure(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    ty: TypeIndex,
) -> Result<u64, Error> {
    let (word, object) = store.new_struct(instance, ty)?;
    if let ObjectLayout::Struct { fields, .. } = object.places() {
        let first = store.under_way.len() - fields.len();
        for ((offset, slot), value) in fields.iter().zip(store.under_way.drain(first..)) {
            object.write(*offset, *slot, value);
        }
    }
    Ok(word)
}

fn fixed(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    ty: TypeIndex,
    length: u32,
) -> Result<u64, Error> {
    let (word, object, slot) = store.new_array(instance, ty, length, 0)?;
    let first = store.under_way.len() - length as usize;
    for (i, value) in (0..).zip(store.under_way.drain(first..)) {
        object.write(Object::element(slot, i), slot, value);
    }
    Ok(word)
}

fn array(store: &mut StoreOpaque, instance: InstanceNumber, ty: TypeIndex) -> Result<u64, Error> {
    let length = pop(store) as u32;
    let value = pop_any(store);
    let (word, object, slot) = store.new_array(instance, ty, length, value.low)?;
    for i in 0..length {
        object.write(Object::element(slot, i), slot, value);
    }
    Ok(word)
}
