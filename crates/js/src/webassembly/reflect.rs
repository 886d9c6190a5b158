//! `type()`: what JavaScript may learn of the types of things, and the types that it names.

use super::address;
use super::convert;
use crate::raw::{Call, Env, Ref};
use bident::{AddressType, FuncType, RefType, ValType};
use rquickjs::{Array, Ctx, Exception, Object, Result, Value};

/// Most parameters and most results of a function type.
const MOST_VALUES: usize = 1000;

/// The word of the interface for a type.
pub(super) fn name(ty: ValType) -> String {
    ty.to_string()
}

/// An object with what is known of a size.
pub(super) fn limits<'js>(
    call: &Call<'js>,
    ty: AddressType,
    size: u64,
    most: Option<u64>,
) -> Result<Object<'js>> {
    let object = Object::new(call.ctx.clone())?;
    object.set("minimum", address::to_js(call, ty, size)?)?;
    if let Some(most) = most {
        object.set("maximum", address::to_js(call, ty, most)?)?;
    }
    if ty == AddressType::I64 {
        object.set("address", "i64")?;
    }
    Ok(object)
}

/// The type of a function; of a tag, which has no results, its parameters.
pub(super) fn function<'js>(ctx: &Ctx<'js>, ty: &FuncType, results: bool) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("parameters", list(ctx, ty.params())?)?;
    if results {
        object.set("results", list(ctx, ty.results())?)?;
    }
    Ok(object)
}

fn list<'js>(ctx: &Ctx<'js>, types: &[ValType]) -> Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (i, ty) in types.iter().enumerate() {
        list.set(i, name(*ty))?;
    }
    Ok(list)
}

/// The types that a member of a descriptor lists.
pub(super) fn types<'js>(ctx: &Ctx<'js>, list: &Value<'js>, what: &str) -> Result<Vec<ValType>> {
    let env = Env::new(ctx);
    let names = convert::list_from_iterable(env, Ref::new(list), what, MOST_VALUES)?;
    let Some(names) = names.all() else {
        let message = format!("{what} has at most {MOST_VALUES} types");
        return Err(Exception::throw_range(ctx, &message));
    };
    (names.into_iter())
        .map(|name| convert::val_type(ctx, &name.into_value()))
        .collect()
}

/// The element type of tables that a word stands for.
pub(super) fn element(name: &str) -> Option<RefType> {
    match name {
        "anyfunc" | "funcref" => Some(RefType::FUNC),
        "externref" => Some(RefType::EXTERN),
        _ => None,
    }
}
