//! `ToWebAssemblyValue` and `ToJSValue`.
//!
//! Conversions may run JavaScript (`valueOf`, iterators), so the store must be free or lent meanwhile.

use super::realm::Realm;
use super::{Payload, errors};
use crate::raw::{self, Attempt, Env, Own, Ref, Thrown};
use bident::{
    AnyKind, AnyRef, ExternRef, Func, FuncType, HeapType, Kept, Kind, Lasting, RefType, Val,
    ValType,
};
use rquickjs::atom::PredefinedAtom;
use rquickjs::function::This;
use rquickjs::{Coerced, Ctx, Exception, Function, Object, Value};
use std::rc::Rc;

/// `ToValueType`.
pub(super) fn val_type<'js>(ctx: &Ctx<'js>, name: &Value<'js>) -> rquickjs::Result<ValType> {
    Ok(match &*name.get::<Coerced<String>>()?.0 {
        "i32" => ValType::I32,
        "i64" => ValType::I64,
        "f32" => ValType::F32,
        "f64" => ValType::F64,
        "v128" => ValType::V128,
        "externref" => ValType::EXTERNREF,
        "anyfunc" | "funcref" => ValType::FUNCREF,
        other => {
            let message = format!("no value type \"{other}\"");
            return Err(errors::throw_type(ctx, &message));
        }
    })
}

/// `ToWebAssemblyValue`.
pub(super) fn to_wasm(
    realm: &Rc<Realm>,
    env: Env<'_>,
    value: Ref<'_>,
    ty: ValType,
) -> Attempt<Val> {
    let mut result = Val::I32(0);
    write_wasm(realm, env, value, ty, &mut result)?;
    Ok(result)
}

/// `ToWebAssemblyValue` into its place: a `Val` that is passed on by value is written in parts and read
/// as a whole, which processors do slowly.
#[inline]
pub(super) fn write_wasm(
    realm: &Rc<Realm>,
    env: Env<'_>,
    value: Ref<'_>,
    ty: ValType,
    result: &mut Val,
) -> Attempt<()> {
    match ty {
        ValType::I32 => *result = Val::I32(env.to_i32(value)?),
        ValType::I64 => *result = Val::I64(env.to_i64(value)?),
        ValType::F32 => *result = Val::F32(to_word(env, value, ty)? as u32),
        ValType::F64 => *result = Val::F64(to_word(env, value, ty)?),
        ValType::V128 => return Err(refuse(env)),
        ValType::Ref(ty) => *result = to_reference(realm, env, value, ty)?,
    }
    Ok(())
}

/// Whether all values of a function are numbers, with one result at most: then its calls work on their
/// bits.
pub(super) fn is_of_words(ty: &FuncType) -> bool {
    let mut all = ty.params().iter().chain(ty.results());
    all.all(|ty| ty.is_number()) && ty.results().len() <= 1
}

/// `ToWebAssemblyValue` of a number: its bits.
#[inline(always)]
pub(super) fn to_word(env: Env<'_>, value: Ref<'_>, ty: ValType) -> Attempt<u64> {
    Ok(match ty {
        ValType::I32 => u64::from(env.to_i32(value)? as u32),
        ValType::I64 => env.to_i64(value)? as u64,
        ValType::F32 => u64::from((env.to_f64(value)? as f32).to_bits()),
        ValType::F64 => env.to_f64(value)?.to_bits(),
        ValType::V128 | ValType::Ref(_) => return Err(refuse(env)),
    })
}

/// `ToJSValue` of a number, by its bits.
#[inline(always)]
pub(super) fn word_to_js<'js>(env: Env<'js>, word: u64, ty: ValType) -> Attempt<Own<'js>> {
    match ty {
        ValType::I32 => Ok(env.int(word as i32)),
        ValType::I64 => env.bigint(word as i64),
        ValType::F32 => Ok(env.float(f32::from_bits(word as u32).into())),
        ValType::F64 => Ok(env.float(f64::from_bits(word))),
        ValType::V128 | ValType::Ref(_) => Err(refuse(env)),
    }
}

fn to_reference(realm: &Rc<Realm>, env: Env<'_>, value: Ref<'_>, ty: RefType) -> Attempt<Val> {
    reference(realm, env, value, ty)?.ok_or_else(|| {
        let message = match ty {
            RefType::FUNC => "a funcref is null or a function that WebAssembly exported".to_owned(),
            ty if stays_inside(ValType::Ref(ty)) => return refuse(env),
            ty => format!("not a value of type {ty}"),
        };
        env.raise(errors::throw_type(&env.ctx(), &message))
    })
}

/// The reference of a type that a JavaScript value stands for, if it does.
pub(super) fn reference(
    realm: &Rc<Realm>,
    env: Env<'_>,
    value: Ref<'_>,
    ty: RefType,
) -> Attempt<Option<Val>> {
    let is_null = value.is_null();
    let reference = match ty.heap {
        HeapType::Extern | HeapType::NoExtern => {
            Val::ExternRef((!is_null).then(|| to_extern(realm, env, value)))
        }
        HeapType::Func | HeapType::NoFunc | HeapType::Canon(_, Kind::Func) => match is_null {
            true => Val::FuncRef(None),
            false => match exported(realm, value) {
                Some(func) => Val::FuncRef(Some(func)),
                None => return Ok(None),
            },
        },
        heap if is_collected(heap) => match is_null {
            true => Val::AnyRef(None),
            false => match to_any(realm, env, value, heap)? {
                Some(any) => Val::AnyRef(Some(any)),
                None => return Ok(None),
            },
        },
        _ => return Ok(None),
    };
    let fits = matches!(ty, RefType::EXTERN | RefType::FUNC)
        || (realm.store).with(|store| reference.matches(&*store, ValType::Ref(ty)));
    Ok(fits.then_some(reference))
}

/// What WebAssembly holds of a JavaScript value, which is not null. A number of 31 bits, and what stands for a
/// structure or an array, become those where `any.convert_extern` asks.
#[inline]
pub(super) fn to_extern(realm: &Realm, env: Env<'_>, value: Ref<'_>) -> ExternRef {
    match small_or_collected(realm, env, value) {
        Some(any) => ExternRef::new(any),
        None => realm.hold(value.to_owned(env)),
    }
}

#[inline]
fn small_or_collected(realm: &Realm, env: Env<'_>, value: Ref<'_>) -> Option<AnyRef> {
    match value.as_i31() {
        Some(number) => AnyRef::new_i31(number),
        None => realm.collected(env, value),
    }
}

/// The same as a value of the `any` hierarchy; `None` where only those are asked for that `ref.eq` compares,
/// and it is none.
fn to_any(
    realm: &Rc<Realm>,
    env: Env<'_>,
    value: Ref<'_>,
    heap: HeapType,
) -> Attempt<Option<AnyRef>> {
    let any = small_or_collected(realm, env, value);
    if any.is_some() || heap != HeapType::Any {
        return Ok(any);
    }
    let held = realm.hold(value.to_owned(env));
    let any = (realm.store).with(|store| AnyRef::from_extern(store, held));
    any.map(Some)
        .map_err(|error| errors::throw(realm, env, &error))
}

/// Whether references are to garbage-collected values.
fn is_collected(heap: HeapType) -> bool {
    use HeapType::{Any, Array, Canon, Eq, I31, None, Struct};
    matches!(
        heap,
        Any | Eq | I31 | Struct | Array | None | Canon(_, Kind::Struct | Kind::Array)
    )
}

/// Whether values of a type never reach JavaScript: vectors, references to exceptions and
/// continuations.
pub(super) fn stays_inside(ty: ValType) -> bool {
    let ValType::Ref(ty) = ty else {
        return ty == ValType::V128;
    };
    match ty.heap {
        HeapType::Exn | HeapType::NoExn | HeapType::Cont | HeapType::NoCont => true,
        HeapType::Canon(_, kind) => kind == Kind::Cont,
        _ => false,
    }
}

/// Checks that all values of a function can cross between JavaScript and WebAssembly.
#[inline]
pub(super) fn check_signature(env: Env<'_>, ty: &FuncType) -> Attempt<()> {
    let mut types = ty.params().iter().chain(ty.results());
    match types.any(|ty| stays_inside(*ty)) {
        false => Ok(()),
        true => Err(refuse(env)),
    }
}

/// Checks that values of a type can cross between JavaScript and WebAssembly.
pub(super) fn check_type(env: Env<'_>, ty: ValType) -> Attempt<()> {
    match stays_inside(ty) {
        false => Ok(()),
        true => Err(refuse(env)),
    }
}

#[cold]
fn refuse(env: Env<'_>) -> Thrown {
    let message =
        "a vector or a reference to an exception or a continuation cannot reach JavaScript";
    env.raise(Exception::throw_type(&env.ctx(), message))
}

/// The function of this realm's store that an exported function stands for.
pub(super) fn exported(realm: &Rc<Realm>, value: Ref<'_>) -> Option<Func> {
    match raw::payload(realm.classes, value)? {
        Payload::Function(function) => function.func_in(realm),
        _ => None,
    }
}

/// `ToJSValue`.
#[inline]
pub(super) fn to_js<'js>(realm: &Rc<Realm>, env: Env<'js>, value: &Val) -> Attempt<Own<'js>> {
    match value {
        Val::I32(value) => Ok(env.int(*value)),
        Val::I64(value) => env.bigint(*value),
        Val::F32(bits) => Ok(env.float(f32::from_bits(*bits).into())),
        Val::F64(bits) => Ok(env.float(f64::from_bits(*bits))),
        reference => reference_to_js(realm, env, reference),
    }
}

fn reference_to_js<'js>(realm: &Rc<Realm>, env: Env<'js>, reference: &Val) -> Attempt<Own<'js>> {
    match reference {
        Val::FuncRef(Some(func)) => realm.given_function(env, *func),
        Val::ExternRef(Some(value)) => extern_to_js(realm, env, value),
        Val::V128(_) | Val::ExnRef(_) | Val::ContRef(_) => Err(refuse(env)),
        Val::AnyRef(Some(any)) => any_to_js(realm, env, any),
        _ => Ok(env.null()),
    }
}

fn extern_to_js<'js>(realm: &Rc<Realm>, env: Env<'js>, value: &ExternRef) -> Attempt<Own<'js>> {
    if let Some(value) = realm.value_of(env, value) {
        return Ok(value);
    }
    match value.data().downcast_ref::<AnyRef>() {
        Some(any) => any_to_js(realm, env, any),
        None => {
            let message = "an externref that JavaScript did not make";
            Err(env.raise(Exception::throw_type(&env.ctx(), message)))
        }
    }
}

fn any_to_js<'js>(realm: &Rc<Realm>, env: Env<'js>, any: &AnyRef) -> Attempt<Own<'js>> {
    if let Some(number) = any.i31() {
        return Ok(env.int(number));
    }
    match realm.store.with(|store| any.kind(&*store)) {
        AnyKind::Extern => {
            let value = realm.store.with(|store| any.to_extern(store));
            extern_to_js(realm, env, &value)
        }
        _ => realm.wrapper_of(env, any),
    }
}

/// Results of WebAssembly: `undefined`, the value, or an array of several.
pub(super) fn results_to_js<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    results: &[Val],
) -> Attempt<Own<'js>> {
    match results {
        [] => Ok(env.undefined()),
        [value] => to_js(realm, env, value),
        values => {
            let ctx = env.ctx();
            let _kept = keep_functions(realm, values);
            let array = rquickjs::Array::new(ctx).map_err(|error| env.raise(error))?;
            // All at once: filling the array may run JavaScript.
            let values = values.iter().map(|value| to_js(realm, env, value));
            let values = values.collect::<Attempt<Vec<_>>>()?;
            for (i, value) in values.into_iter().enumerate() {
                let set = array.set(i, value.into_value());
                set.map_err(|error| env.raise(error))?;
            }
            Ok(env.own(array.as_value()))
        }
    }
}

/// Keeps the functions among several values, which are only numbers, until JavaScript has an object for each: to
/// make the first may let QuickJS collect.
pub(super) fn keep_functions(realm: &Realm, values: &[Val]) -> Vec<Kept> {
    let is_function = |value: &Val| matches!(value, Val::FuncRef(Some(_)));
    if values.len() < 2 || !values.iter().any(is_function) {
        return Vec::new();
    }
    let functions = values.iter().filter_map(|value| match value {
        Val::FuncRef(func) => *func,
        _ => None,
    });
    realm.store.with(|store| {
        let kept = functions.filter_map(|func| func.keep(&mut *store).ok());
        kept.collect()
    })
}

/// Result of a JavaScript function, as what WebAssembly expects of it: nothing, one value, or what an
/// iterable gives.
#[inline]
pub(super) fn results_to_wasm(
    realm: &Rc<Realm>,
    env: Env<'_>,
    value: Ref<'_>,
    types: &[ValType],
    results: &mut [Val],
) -> Attempt<()> {
    match types {
        [] => {}
        [ty] => write_wasm(realm, env, value, *ty, &mut results[0])?,
        _ => list_to_wasm(realm, env, value, types, results)?,
    }
    Ok(())
}

fn list_to_wasm(
    realm: &Rc<Realm>,
    env: Env<'_>,
    iterable: Ref<'_>,
    types: &[ValType],
    results: &mut [Val],
) -> Attempt<()> {
    let list = list_from_iterable(env, iterable, "several results", types.len())?;
    let values = list.exactly(types.len()).map_err(|given| {
        let message = format!(
            "expected {} results, the iterable gave {given}",
            types.len()
        );
        env.raise(errors::throw_type(&env.ctx(), &message))
    })?;
    for ((value, ty), result) in values.iter().zip(types).zip(results) {
        write_wasm(realm, env, value.get(), *ty, result)?;
    }
    Ok(())
}

/// What an iterable gave.
pub(super) struct List<'js> {
    /// The first values.
    values: Vec<Own<'js>>,
    /// How many there were.
    length: u64,
}

impl<'js> List<'js> {
    /// The values, where there were so many.
    ///
    /// # Errors
    /// How many there were.
    pub(super) fn exactly(self, length: usize) -> Result<Vec<Own<'js>>, u64> {
        match self.length == length as u64 {
            true => Ok(self.values),
            false => Err(self.length),
        }
    }

    /// The values, where none is missing.
    pub(super) fn all(self) -> Option<Vec<Own<'js>>> {
        (self.length == self.values.len() as u64).then_some(self.values)
    }
}

/// The values that `for (const value of iterable)` would see; `what` they are, for messages. All are
/// asked for, but only `most` are kept: an iterable may be endless.
pub(super) fn list_from_iterable<'js>(
    env: Env<'js>,
    iterable: Ref<'_>,
    what: &str,
    most: usize,
) -> Attempt<List<'js>> {
    let iterable = iterable.to_owned(env).into_value();
    match iterate(env, &iterable, most) {
        Ok(Some(list)) => Ok(list),
        Ok(None) => {
            let message = format!("{what} must come as an iterable object");
            Err(env.raise(errors::throw_type(&env.ctx(), &message)))
        }
        Err(error) => Err(env.raise(error)),
    }
}

/// `None` if the value is no iterable object.
fn iterate<'js>(
    env: Env<'js>,
    iterable: &Value<'js>,
    most: usize,
) -> rquickjs::Result<Option<List<'js>>> {
    let Some(object) = iterable.as_object() else {
        return Ok(None);
    };
    let method: Value<'js> = object.get(PredefinedAtom::SymbolIterator)?;
    let Some(method) = method.as_function() else {
        return Ok(None);
    };
    let iterator: Object<'js> = method.call((This(object.clone()),))?;
    let next: Function<'js> = iterator.get("next")?;
    let mut list = List {
        values: Vec::new(),
        length: 0,
    };
    loop {
        let step: Object<'js> = next.call((This(iterator.clone()),))?;
        if step.get::<_, Coerced<bool>>("done")?.0 {
            return Ok(Some(list));
        }
        let value: Value<'js> = step.get("value")?;
        list.length += 1;
        if list.values.len() < most {
            list.values.push(env.own(&value));
        }
    }
}
