//! Positions in memories and tables, and their sizes: numbers, or `BigInt`s where they are 64 bits wide.

use super::api::member;
use super::errors;
use super::realm::Realm;
use crate::raw::{Call, Env, Ref};
use bident::{AddressType, Limits};
use rquickjs::{Coerced, Ctx, Exception, Object, Result, Value};

/// The member `address` of a descriptor.
pub(super) fn of<'js>(call: &Call<'js>, descriptor: &Object<'js>) -> Result<AddressType> {
    let Some(address) = member(descriptor, "address")? else {
        return Ok(AddressType::I32);
    };
    match address.get::<Coerced<String>>()?.0.as_str() {
        "i32" => Ok(AddressType::I32),
        "i64" => Ok(AddressType::I64),
        _ => {
            let message = "`address` must be \"i32\" or \"i64\"";
            Err(Exception::throw_type(&call.ctx, message))
        }
    }
}

/// `AddressValueToU64`. May run JavaScript.
pub(super) fn to_u64<'js>(
    call: &Call<'js>,
    realm: &Realm,
    value: &Value<'js>,
    ty: AddressType,
    what: &str,
) -> Result<u64> {
    match ty {
        AddressType::I32 => Ok(to_u32(&call.ctx, value, what)?.into()),
        AddressType::I64 => {
            let env = Env::new(&call.ctx);
            let number = match is_no_bigint(value) {
                true => None,
                false => {
                    let as_int_n = realm.intrinsic(env, |i| &i.as_int_n);
                    env.to_u64(Ref::new(value), as_int_n.get())?
                }
            };
            number.ok_or_else(|| {
                let message = format!("{what} must be a BigInt from 0 to {}", u64::MAX);
                errors::throw_type(&call.ctx, &message)
            })
        }
    }
}

/// Whether a conversion to a `BigInt` would fail without running JavaScript: with a message that does not
/// say what was converted.
fn is_no_bigint(value: &Value<'_>) -> bool {
    value.is_number() || value.is_undefined() || value.is_null() || value.is_symbol()
}

/// `[EnforceRange] unsigned long`.
pub(super) fn to_u32<'js>(ctx: &Ctx<'js>, value: &Value<'js>, what: &str) -> Result<u32> {
    let number = match value.is_big_int() || value.is_symbol() {
        true => f64::NAN,
        false => value.get::<Coerced<f64>>()?.0.trunc(),
    };
    if !(0.0..=f64::from(u32::MAX)).contains(&number) {
        let message = format!("{what} must be a number from 0 to {}", u32::MAX);
        return Err(errors::throw_type(ctx, &message));
    }
    Ok(number as u32)
}

/// `U64ToAddressValue`.
pub(super) fn to_js<'js>(call: &Call<'js>, ty: AddressType, value: u64) -> Result<Value<'js>> {
    match ty {
        AddressType::I32 => Ok(Value::new_number(call.ctx.clone(), value as f64)),
        AddressType::I64 => Ok(Env::new(&call.ctx).biguint(value)?.into_value()),
    }
}

/// Sizes in a descriptor: `initial`, which may be called `minimum`, and `maximum` if it is there; `most` is the largest possible.
pub(super) fn limits<'js>(
    call: &Call<'js>,
    realm: &Realm,
    descriptor: &Object<'js>,
    ty: AddressType,
    most: u64,
) -> Result<Limits> {
    let ctx = &call.ctx;
    let size = |name: &str| -> Result<Option<u64>> {
        let value = member(descriptor, name)?;
        let size = value.map(|value| to_u64(call, realm, &value, ty, name));
        size.transpose()
    };
    let initial = size("initial")?;
    let max = size("maximum")?;
    let min = match (initial, size("minimum")?) {
        (Some(initial), None) => initial,
        (None, Some(minimum)) => minimum,
        (None, None) => {
            let message = "the descriptor must have `initial`";
            return Err(Exception::throw_type(ctx, message));
        }
        (Some(_), Some(_)) => {
            let message = "the descriptor must not have both `initial` and `minimum`";
            return Err(Exception::throw_type(ctx, message));
        }
    };
    let message = if max.is_some_and(|max| max < min) {
        format!("initial size {min} is above the maximum")
    } else if min.max(max.unwrap_or(0)) > most {
        format!("a size is above the largest possible, {most}")
    } else {
        return Ok(Limits { min, max });
    };
    Err(Exception::throw_range(ctx, &message))
}
