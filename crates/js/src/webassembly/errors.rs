//! Errors: the classes of the namespace, and what becomes of an error of the engine.

use super::intrinsics::Intrinsics;
use super::realm::{self, HostData, Realm};
use super::{exception, trace};
use crate::raw::{Attempt, Call, Env, Kind, Own, Ref, Stored, Thrown, function};
use bident::{Error, ErrorKind, FrameInfo, StoreContextMut, TrapCode};
use rquickjs::atom::PredefinedAtom;
use rquickjs::function::{Args, Constructor};
use rquickjs::object::Property;
use rquickjs::{Ctx, Exception, Function, Object, Result, Value};
use std::rc::Rc;

/// Makes the constructor of one of the error classes: a subclass of `Error` that behaves like
/// `TypeError`, callable with and without `new`.
pub(super) fn define<'js>(
    ctx: &Ctx<'js>,
    name: &'static str,
    which: impl Fn(&Intrinsics) -> &Stored + Copy + 'static,
) -> Result<Function<'js>> {
    let error: Function = ctx.globals().get(PredefinedAtom::Error)?;
    let constructor = function(ctx, name, 1, Kind::ConstructorOrFunction, move |call| {
        construct(call, which)
    })?;
    constructor.set_prototype(Some(&error))?;
    let prototype = Object::new(ctx.clone())?;
    prototype.set_prototype(Some(&error.get::<_, Object>(PredefinedAtom::Prototype)?))?;
    prototype.prop("name", Property::from(name).writable().configurable())?;
    prototype.prop("message", Property::from("").writable().configurable())?;
    prototype.prop(
        "constructor",
        Property::from(constructor.clone())
            .writable()
            .configurable(),
    )?;
    constructor.prop(PredefinedAtom::Prototype, Property::from(prototype))?;
    Ok(constructor)
}

/// `new E(message, options)` and `E(message, options)`.
fn construct<'js>(call: &Call<'js>, which: impl Fn(&Intrinsics) -> &Stored) -> Result<Value<'js>> {
    let (ctx, env) = (&call.ctx, Env::new(&call.ctx));
    let realm = realm::of(ctx)?;
    let error = Constructor::from_value(realm.intrinsic(env, |i| &i.error).into_value())?;
    let mut args = Args::new(ctx.clone(), 2);
    args.push_args([call.arg(0), call.arg(1)])?;
    let made: Object = error.construct_args(args)?;
    let own_class = || realm.intrinsic(env, &which).into_value();
    let target = call
        .this
        .as_object()
        .cloned()
        .or_else(|| own_class().into_object());
    set_class(&made, target)?;
    if let Some(stack) = stack_below(&realm, env, &made)? {
        env.set_stack_of(Ref::new(made.as_value()), &realm.stacks(env), &stack);
    }
    Ok(made.into_value())
}

/// Source that makes `Error.stackTraceLimit` 0 where it is set to what is no number, and `Error.prepareStackTrace`
/// `undefined` where that is no function. QuickJS would run the code of such a limit whenever it writes a stack, and gives
/// back neither of them, so that the process ends with the runtime.
pub(super) const GUARD_SETTERS: &str = "((apply, describe, define) => {
    const guard = (name, type, otherwise) => {
        const property = describe(Error, name);
        const set = function (value) {
            apply(property.set, this, [typeof value === type ? value : otherwise]);
        };
        define(Error, name, { ...property, set });
    };
    guard('stackTraceLimit', 'number', 0);
    guard('prepareStackTrace', 'function', undefined);
})(Reflect.apply, Object.getOwnPropertyDescriptor, Object.defineProperty)";

/// Source of a function that lets `stack` of an error be what a map has for it, and where that has nothing, what QuickJS
/// has written.
pub(super) const SHOW_STACKS: &str = "((apply, find, describe, define) => (stacks) => {
    const { get, set } = describe(Error.prototype, 'stack');
    const shown = { get stack() { return apply(find, stacks, [this]) ?? apply(get, this, []); } };
    define(Error.prototype, 'stack', { ...describe(shown, 'stack'), set, enumerable: false });
})(Reflect.apply, WeakMap.prototype.get, Object.getOwnPropertyDescriptor, Object.defineProperty)";

/// The stack of an error that one of our functions has made, without the frame of that function: it is
/// none of the program's.
fn stack_below(realm: &Realm, env: Env<'_>, error: &Object<'_>) -> Result<Option<String>> {
    let stack = written_stack(realm, env, error)?;
    Ok(stack.map(|stack| match stack.split_once('\n') {
        Some((first, rest)) if first.ends_with("(native)") => rest.to_owned(),
        _ => stack,
    }))
}

/// What QuickJS has written as the stack of an error.
fn written_stack(realm: &Realm, env: Env<'_>, error: &Object<'_>) -> Result<Option<String>> {
    let getter = realm.intrinsic(env, |i| &i.error_stack);
    let stack = env.call(getter.get(), Ref::new(error.as_value()), &[])?;
    stack.into_value().get()
}

/// The stack of the program that has called one of our functions.
pub(super) fn current_stack(realm: &Realm, env: Env<'_>) -> Result<String> {
    let error = Constructor::from_value(realm.intrinsic(env, |i| &i.error).into_value())?;
    Ok(stack_below(realm, env, &error.construct(())?)?.unwrap_or_default())
}

fn set_class<'js>(error: &Object<'js>, class: Option<Object<'js>>) -> Result<()> {
    if let Some(prototype) = class
        .map(|class| class.get::<_, Value>(PredefinedAtom::Prototype))
        .transpose()?
        && prototype.is_object()
    {
        error.set_prototype(prototype.as_object())?;
    }
    Ok(())
}

/// A new error of one of the classes.
pub(super) fn make<'js>(
    realm: &Realm,
    env: Env<'js>,
    class: impl FnOnce(&Intrinsics) -> &Stored,
    message: &str,
    frames: &[FrameInfo],
) -> Result<Value<'js>> {
    let error = Constructor::from_value(realm.intrinsic(env, |i| &i.error).into_value())?;
    let made: Object = error.construct((message,))?;
    set_class(
        &made,
        realm.intrinsic(env, class).into_value().into_object(),
    )?;
    if !frames.is_empty() {
        let mut stack: String = trace::lines(frames).collect();
        stack.push_str(&written_stack(realm, env, &made)?.unwrap_or_default());
        env.set_stack_of(Ref::new(made.as_value()), &realm.stacks(env), &stack);
    }
    Ok(made.into_value())
}

/// Throws a `TypeError` with a message of any length.
#[cold]
pub(super) fn throw_type(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    whole(ctx, Exception::throw_type(ctx, message), message)
}

/// Throws a `RangeError` with a message of any length.
#[cold]
pub(super) fn throw_range(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    whole(ctx, Exception::throw_range(ctx, message), message)
}

/// The exception that was just thrown, with all of its message: QuickJS keeps 255 bytes.
fn whole(ctx: &Ctx<'_>, thrown: rquickjs::Error, message: &str) -> rquickjs::Error {
    if message.len() < 255 {
        return thrown;
    }
    let error = ctx.catch();
    let message = Property::from(message).writable().configurable();
    match error
        .as_object()
        .map(|error| error.prop("message", message))
    {
        Some(Err(failed)) => failed,
        _ => ctx.throw(error),
    }
}

/// Throws a new error of one of the classes.
pub(super) fn throw_new(
    realm: &Realm,
    env: Env<'_>,
    class: impl FnOnce(&Intrinsics) -> &Stored,
    message: &str,
) -> Thrown {
    match make(realm, env, class, message, &[]) {
        Ok(error) => env.raise(env.ctx().throw(error)),
        Err(error) => env.raise(error),
    }
}

/// Throws a `RuntimeError` that goes through WebAssembly as a trap does.
#[cold]
pub(super) fn throw_trap(realm: &Realm, env: Env<'_>, message: &str) -> Thrown {
    match make(realm, env, |i| &i.runtime_error, message, &[]) {
        Ok(error) => {
            let error = env.own(&error);
            note_trap(realm, env, &error);
            env.throw(error)
        }
        Err(error) => env.raise(error),
    }
}

/// Takes the pending exception into WebAssembly: the error that a host function fails with.
#[cold]
pub(super) fn carry(realm: &Rc<Realm>, env: Env<'_>, thrown: Thrown) -> Error {
    carry_through(realm, env, thrown, |store| FrameInfo::of_running(store))
}

/// The same where it is thrown into these frames.
#[cold]
pub(super) fn carry_through(
    realm: &Rc<Realm>,
    env: Env<'_>,
    thrown: Thrown,
    frames: impl FnOnce(&StoreContextMut<'_, HostData>) -> Vec<FrameInfo>,
) -> Error {
    let caught = env.catch(thrown);
    if let Ok(value) = &caught {
        realm.trace(env, value.get(), frames);
    }
    match caught {
        Ok(value) if is_of_trap(realm, env, &value) => realm.carry(value),
        Ok(value) => exception::into_wasm(realm, env, value),
        Err(Thrown) => realm.carry(env.exception()),
    }
}

/// Throws what an error of the engine is in JavaScript.
#[cold]
pub(super) fn throw(realm: &Rc<Realm>, env: Env<'_>, error: &Error) -> Thrown {
    if let Some(exception) = realm.carried(env, error) {
        return env.throw(exception);
    }
    let value = match error.exception() {
        Some(exception) => exception::into_js(realm, env, exception),
        None => value_of(realm, env, error),
    };
    match value {
        Ok(value) => {
            if error.trap().is_some() {
                note_trap(realm, env, &value);
            }
            env.throw(value)
        }
        Err(thrown) => thrown,
    }
}

/// Notes that an error comes from a trap. Where JavaScript lets it pass, or throws it again, it goes
/// through WebAssembly as the trap would: no handler sees it.
fn note_trap(realm: &Realm, env: Env<'_>, error: &Own<'_>) {
    ask_traps(realm, env, |i| &i.traps_add, error);
}

fn is_of_trap(realm: &Realm, env: Env<'_>, value: &Own<'_>) -> bool {
    value.get().is_object() && ask_traps(realm, env, |i| &i.traps_has, value)
}

/// Calls a method of the set of such errors. It fails only where memory or stack is used up: then the
/// error is like any other.
fn ask_traps(
    realm: &Realm,
    env: Env<'_>,
    method: impl FnOnce(&Intrinsics) -> &Stored,
    value: &Own<'_>,
) -> bool {
    let (method, traps) = (
        realm.intrinsic(env, method),
        realm.intrinsic(env, |i| &i.traps),
    );
    match env.call(method.get(), traps.get(), &[value.get().to_owned(env)]) {
        Ok(answer) => answer.get().is_true(),
        Err(Thrown) => {
            drop(env.exception());
            false
        }
    }
}

fn value_of<'js>(realm: &Rc<Realm>, env: Env<'js>, error: &Error) -> Attempt<Own<'js>> {
    let message = format!("{error:#}");
    let class: fn(&Intrinsics) -> &Stored = match error.kind() {
        ErrorKind::Trap(TrapCode::StackOverflow | TrapCode::HostStackOverflow) => {
            let thrown = Exception::throw_range(&env.ctx(), "Maximum call stack size exceeded");
            env.raise(thrown);
            return Ok(env.exception());
        }
        ErrorKind::Limit => {
            env.raise(throw_range(&env.ctx(), &message));
            return Ok(env.exception());
        }
        ErrorKind::Usage => {
            env.raise(throw_type(&env.ctx(), &message));
            return Ok(env.exception());
        }
        ErrorKind::Compile => |i| &i.compile_error,
        ErrorKind::Link => |i| &i.link_error,
        ErrorKind::Barrier => |i| &i.suspend_error,
        _ => |i| &i.runtime_error,
    };
    let value =
        make(realm, env, class, &message, error.backtrace()).map_err(|error| env.raise(error))?;
    Ok(env.own(&value))
}
