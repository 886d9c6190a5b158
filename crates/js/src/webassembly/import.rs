//! Imported functions: calling JavaScript from WebAssembly.

use super::jspi::{self, Frame};
use super::realm::{HostData, Realm};
use super::stacklet::Suspender;
use super::{convert, errors};
use crate::raw::{self, Attempt, Env, Marker, Own, Ref, Stored, Thrown};
use bident::{Answer, Caller, Error, Func, FuncType, Local, Payload, Val};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A JavaScript function that a module imported.
pub(crate) struct Import {
    function: Stored,
    suspender: Option<Rc<Suspender>>,
    /// Type of the host function.
    pub(super) ty: FuncType,
    module: String,
    name: String,
}

/// What the modules of a realm imported from JavaScript.
#[derive(Default)]
pub(super) struct Imports {
    /// By the number that the host functions know.
    list: RefCell<Vec<Rc<Import>>>,
    /// The numbers of the host functions.
    numbers: RefCell<HashMap<Func, u32>>,
}

impl Imports {
    /// Tells the collector about the functions.
    pub(super) fn mark(&self, marker: &Marker) {
        let list = self.list.borrow();
        list.iter().for_each(|import| import.function.mark(marker));
    }

    /// Forgets the functions.
    pub(super) fn clear(&self) {
        drop(self.list.take());
    }

    /// The import with this number.
    pub(super) fn get(&self, number: u32) -> Option<Rc<Import>> {
        self.list.borrow().get(number as usize).cloned()
    }

    /// The number that stands for the index of a host function, which has none in a module.
    pub(super) fn number_of(&self, func: Func) -> u32 {
        let numbers = self.numbers.borrow();
        numbers.get(&func).copied().unwrap_or_default()
    }
}

/// Whether an import waits for promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waits {
    /// A plain function.
    No,
    /// A `WebAssembly.Suspending`.
    Yes,
    /// For promises; any other value goes on at once.
    ForPromises,
}

/// A JavaScript function as a module imports it.
pub(super) struct Imported<'js> {
    pub(super) function: Own<'js>,
    pub(super) waits: Waits,
    /// What it suspends, if that was said.
    pub(super) suspender: Option<Rc<Suspender>>,
}

impl Import {
    /// Words for messages: the import, and the function's name if it has one.
    pub(super) fn describe(&self, env: Env<'_>) -> String {
        let function = self.function.to_owned(env).into_value();
        let name = function
            .as_object()
            .and_then(|f| f.get::<_, String>("name").ok())
            .unwrap_or_default();
        drop(function);
        match &*name {
            "" => format!("import \"{}\" \"{}\"", self.module, self.name),
            function => format!(
                "JavaScript function {function} (import \"{}\" \"{}\")",
                self.module, self.name
            ),
        }
    }
}

/// Makes the host function for a JavaScript function that a module imports.
pub(super) fn create(
    realm: &Rc<Realm>,
    imported: Imported<'_>,
    ty: FuncType,
    (module, name): (&str, &str),
) -> Result<Func, Error> {
    let waits = imported.waits;
    let import = Import {
        function: imported.function.store(),
        suspender: imported.suspender,
        ty: ty.clone(),
        module: module.to_owned(),
        name: name.to_owned(),
    };
    let number = realm.imports.list.borrow().len() as u32;
    let func = realm.store.with(|store| {
        Func::new(store, ty, move |mut caller, params, results| match waits {
            Waits::No => call(&mut caller, number, params, results),
            Waits::Yes => call_suspending(&mut caller, number, params),
            Waits::ForPromises => call_for_promises(&mut caller, number, params, results),
        })
    })?;
    realm.imports.list.borrow_mut().push(Rc::new(import));
    realm.imports.numbers.borrow_mut().insert(func, number);
    Ok(func)
}

type HostCaller<'a> = Caller<'a, HostData>;

pub(super) fn gone() -> Error {
    Error::msg("the JavaScript context is gone")
}

/// Runs `f` with the realm, the context and the import of a host function, and the store lent.
#[inline]
fn lent<R>(
    caller: &mut HostCaller<'_>,
    number: u32,
    f: impl for<'js> FnOnce(&Rc<Realm>, Env<'js>, &Import) -> Attempt<R>,
) -> Result<R, Error> {
    let realm = caller.data().realm().ok_or_else(gone)?;
    let import = realm.imports.get(number).ok_or_else(gone)?;
    let result = realm.store.lend(caller, || {
        (realm.running).with(|env| {
            f(&realm, env, &import).map_err(|thrown| errors::carry(&realm, env, thrown))
        })
    });
    result.unwrap_or_else(|| Err(gone()))
}

fn call(
    caller: &mut HostCaller<'_>,
    number: u32,
    params: &[Val],
    results: &mut [Val],
) -> Result<Answer, Error> {
    lent(caller, number, |realm, env, import| {
        invoke(realm, env, number, import, params).and_then(|value| {
            let types = import.ty.results();
            convert::results_to_wasm(realm, env, value.get(), types, results)
        })
    })?;
    Ok(Answer::Ready)
}

fn call_suspending(
    caller: &mut HostCaller<'_>,
    number: u32,
    params: &[Val],
) -> Result<Answer, Error> {
    let may_park = caller.may_park();
    let awaited = lent(caller, number, |realm, env, import| {
        if !may_park {
            return Err(suspend_error(realm, env, import));
        }
        let value = invoke(realm, env, number, import, params)?;
        jspi::awaited_of(realm, env, value, number)
    })?;
    Ok(Answer::Pending(Payload::new(Local::new(awaited))))
}

fn call_for_promises(
    caller: &mut HostCaller<'_>,
    number: u32,
    params: &[Val],
    results: &mut [Val],
) -> Result<Answer, Error> {
    let may_park = caller.may_park();
    let awaited = lent(caller, number, |realm, env, import| {
        let mut leaving = match &import.suspender {
            Some(suspender) => Some(suspender.leave(realm, env, import)?),
            None => None,
        };
        let value = invoke(realm, env, number, import, params)?;
        if raw::promise_state(env, value.get()).is_none() {
            let types = import.ty.results();
            convert::results_to_wasm(realm, env, value.get(), types, results)?;
            return Ok(None);
        }
        if !may_park {
            return Err(suspend_error(realm, env, import));
        }
        let awaited = jspi::awaited_of(realm, env, value, number)?;
        if let Some(leaving) = &mut leaving {
            leaving.for_long();
        }
        Ok(Some(awaited))
    })?;
    Ok(match awaited {
        Some(awaited) => Answer::Pending(Payload::new(Local::new(awaited))),
        None => Answer::Ready,
    })
}

/// Calls the JavaScript function.
#[inline]
fn invoke<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    number: u32,
    import: &Import,
    params: &[Val],
) -> Attempt<Own<'js>> {
    convert::check_signature(env, &import.ty)?;
    realm.buffers.refresh(env, &realm.store);
    let _frame = realm.enter(Frame::Import(number));
    let arg = |param| convert::to_js(realm, env, param);
    let call = |args: &[Own<'js>]| env.call(import.function.get(), Ref::UNDEFINED, args);
    match params {
        [] => call(&[]),
        [a] => call(&[arg(a)?]),
        [a, b] => call(&[arg(a)?, arg(b)?]),
        [a, b, c] => call(&[arg(a)?, arg(b)?, arg(c)?]),
        many => call(&many.iter().map(arg).collect::<Attempt<Vec<_>>>()?),
    }
}

/// Throws the `SuspendError` of an import that cannot suspend its caller, and says what is in the way.
#[cold]
fn suspend_error(realm: &Rc<Realm>, env: Env<'_>, import: &Import) -> Thrown {
    let this = format!(
        "the suspending import \"{}\" \"{}\"",
        import.module, import.name
    );
    let frames = realm.frames.borrow().clone();
    let promising = frames
        .iter()
        .rposition(|frame| matches!(frame, Frame::Promising(_)));
    let between = promising.and_then(|i| {
        let outer = frames.get(i)?;
        let barrier = frames[i..].iter().rev().find_map(|frame| match frame {
            Frame::Import(number) => realm.imports.get(*number),
            Frame::Promising(_) | Frame::Loader => None,
        })?;
        Some((barrier, *outer))
    });
    let message = match between {
        Some((barrier, outer)) => format!(
            "{this} cannot suspend its caller: the frames of {} stand between it and the promising call of {}",
            barrier.describe(env),
            outer.describe(realm),
        ),
        None => format!(
            "{this} cannot suspend its caller: no call of a WebAssembly.promising function is under way"
        ),
    };
    errors::throw_new(realm, env, |i| &i.suspend_error, &message)
}
