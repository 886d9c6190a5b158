//! Imported functions: calling JavaScript from WebAssembly.

use super::jspi::{self, Frame};
use super::realm::{HostData, Realm};
use super::{convert, errors};
use crate::raw::{Attempt, Env, Own, Ref, Stored, Thrown};
use bident::{Answer, Caller, Error, Func, FuncType, Local, Val};
use std::rc::Rc;

/// A JavaScript function that a module imported.
pub(crate) struct Import {
    function: Stored,
    /// Type of the host function.
    pub(super) ty: FuncType,
    module: String,
    name: String,
    host: std::cell::Cell<Option<Func>>,
}

/// Whether an import waits for promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waits {
    /// A plain function.
    No,
    /// A `WebAssembly.Suspending`.
    Yes,
}

impl Import {
    /// The JavaScript function.
    pub(super) fn function(&self) -> &Stored {
        &self.function
    }

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
    function: Own<'_>,
    waits: Waits,
    ty: FuncType,
    (module, name): (&str, &str),
) -> Result<Func, Error> {
    let number = realm.imports.borrow().len() as u32;
    let import = Rc::new(Import {
        function: function.store(),
        ty: ty.clone(),
        module: module.to_owned(),
        name: name.to_owned(),
        host: std::cell::Cell::default(),
    });
    realm.imports.borrow_mut().push(import.clone());
    let func = realm.store.with(|store| {
        Func::new(store, ty, move |mut caller, params, results| match waits {
            Waits::No => call(&mut caller, number, params, results),
            Waits::Yes => call_suspending(&mut caller, number, params),
        })
    })?;
    import.host.set(Some(func));
    Ok(func)
}

impl Realm {
    /// The number that stands for the index of a host function, which has none in a module.
    pub(super) fn number_of_host_function(&self, func: Func) -> u32 {
        let imports = self.imports.borrow();
        imports
            .iter()
            .position(|import| import.host.get() == Some(func))
            .unwrap_or_default() as u32
    }

    /// The import with this number.
    pub(super) fn import(&self, number: u32) -> Rc<Import> {
        self.imports.borrow()[number as usize].clone()
    }
}

type HostCaller<'a> = Caller<'a, HostData>;

fn realm_of(caller: &HostCaller<'_>) -> Result<Rc<Realm>, Error> {
    caller
        .data()
        .realm()
        .ok_or_else(|| Error::msg("the JavaScript context is gone"))
}

fn call(
    caller: &mut HostCaller<'_>,
    number: u32,
    params: &[Val],
    results: &mut [Val],
) -> Result<Answer, Error> {
    let realm = realm_of(caller)?;
    realm.store.lend(caller, || {
        let env = realm.context.env();
        let import = realm.import(number);
        invoke(&realm, env, number, &import, params)
            .and_then(|value| {
                convert::results_to_wasm(&realm, env, value.get(), import.ty.results(), results)
            })
            .map_err(|thrown| errors::carry(&realm, env, thrown))
    })?;
    Ok(Answer::Ready)
}

fn call_suspending(
    caller: &mut HostCaller<'_>,
    number: u32,
    params: &[Val],
) -> Result<Answer, Error> {
    let realm = realm_of(caller)?;
    let can_suspend = caller.can_suspend();
    realm.store.lend(caller, || {
        let env = realm.context.env();
        let import = realm.import(number);
        let awaited = if can_suspend {
            invoke(&realm, env, number, &import, params)
                .and_then(|value| jspi::awaited_of(&realm, env, value, number))
        } else {
            Err(suspend_error(&realm, env, &import))
        };
        awaited
            .map(|awaited| Answer::Pending(bident::Payload::new(Local::new(awaited))))
            .map_err(|thrown| errors::carry(&realm, env, thrown))
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
            Frame::Import(number) => Some(realm.import(*number)),
            Frame::Promising(_) => None,
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
