//! Imported functions: calling JavaScript from WebAssembly.

use super::held::Share;
use super::pending;
use super::realm::{HostData, Realm};
use super::sharing::Attached;
use super::stacklet::Suspender;
use super::{convert, errors};
use crate::raw::{self, Attempt, Env, Marker, Own, Ref, Stored, Thrown};
use bident::{
    Answer, Caller, Error, ExternRef, Func, FuncType, Local, Payload, Reply, Val, printable,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// A JavaScript function that a module imported. Owned by the realm; a collection sees who leads to it
/// (`sharing.rs`).
pub(crate) struct Import {
    realm: Rc<Realm>,
    function: Stored,
    suspender: Option<Rc<Suspender>>,
    /// Its number among those of the realm.
    number: u32,
    /// How many clones of it the owners have that a collection has counted.
    counted: Cell<usize>,
    /// Type of the host function.
    pub(super) ty: FuncType,
    /// Whether its calls work on the bits of numbers.
    of_words: bool,
    module: String,
    name: String,
}

/// What a host function knows of its import, which the realm owns.
struct Knowing {
    import: Weak<Import>,
    number: u32,
    func: OnceCell<Func>,
    released: Released,
}

type Known = Local<Rc<Knowing>>;

/// Imports whose host functions are gone.
type Released = Rc<RefCell<Vec<(u32, Func)>>>;

impl Drop for Knowing {
    fn drop(&mut self) {
        if let Some(func) = self.func.get() {
            self.released.borrow_mut().push((self.number, *func));
        }
    }
}

/// What the modules of a realm imported from JavaScript.
#[derive(Default)]
pub(super) struct Imports {
    /// By the number that the host functions know.
    list: RefCell<Vec<Entry>>,
    /// Numbers that are free.
    free: RefCell<Vec<u32>>,
    released: Released,
    /// The numbers of the host functions.
    numbers: RefCell<HashMap<Func, u32>>,
}

#[derive(Default)]
struct Entry {
    import: Option<Rc<Import>>,
    share: Share,
}

impl Imports {
    /// Tells the collector about the functions that the realm's object reports.
    pub(super) fn mark(&self, marker: &Marker, shared: bool) {
        let list = self.list.borrow();
        let owned = (list.iter()).filter(|entry| !shared || entry.share == Share::Realm);
        let imports = owned.filter_map(|entry| entry.import.as_ref());
        imports.for_each(|import| import.function.mark(marker));
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.borrow().len()
    }

    /// Begins to count anew who has them.
    pub(super) fn forget_counts(&self) {
        let list = self.list.borrow();
        let imports = list.iter().filter_map(|entry| entry.import.as_ref());
        imports.for_each(|import| import.counted.set(0));
    }

    /// Says of all who reports them.
    pub(super) fn set_all(&self, share: Share) {
        let list = &mut *self.list.borrow_mut();
        list.iter_mut().for_each(|entry| entry.share = share);
    }

    /// Lets owners report an import; whether they did not. Not where somebody else has it.
    pub(super) fn share(&self, number: u32) -> bool {
        let list = &mut *self.list.borrow_mut();
        let entry = list.get_mut(number as usize);
        entry.is_some_and(|entry| {
            let import = entry.import.as_ref();
            // One is here.
            import.is_some_and(|import| Rc::strong_count(import) == import.counted.get() + 1)
                && entry.share.share()
        })
    }

    /// An owner reports an import to the collector; whether it is the first.
    pub(super) fn report(&self, number: u32, marker: &Marker) -> bool {
        let list = &mut *self.list.borrow_mut();
        let entry = list.get_mut(number as usize);
        let entry = entry.and_then(|entry| entry.share.report().then_some(entry));
        let import = entry.and_then(|entry| entry.import.as_ref());
        import
            .inspect(|import| import.function.mark(marker))
            .is_some()
    }

    /// Drops an import.
    pub(super) fn drop_import(&self, number: u32) {
        let mut list = self.list.borrow_mut();
        let import = (list.get_mut(number as usize)).and_then(|entry| entry.import.take());
        drop(list);
        // May run finalizers that look here.
        drop(import);
    }

    /// Forgets the functions.
    pub(super) fn clear(&self) {
        drop(self.list.take());
    }

    /// The import with this number.
    pub(super) fn get(&self, number: u32) -> Option<Rc<Import>> {
        let list = self.list.borrow();
        list.get(number as usize)?.import.clone()
    }

    /// Lets go of the functions whose host functions are gone.
    pub(super) fn take_released(&self) {
        let released = std::mem::take(&mut *self.released.borrow_mut());
        if released.is_empty() {
            return;
        }
        let mut list = self.list.borrow_mut();
        let mut numbers = self.numbers.borrow_mut();
        let mut dropped = Vec::new();
        for (number, func) in &released {
            numbers.remove(func);
            dropped.extend(list.get_mut(*number as usize).map(std::mem::take));
        }
        drop((list, numbers));
        let free = released.iter().map(|(number, _)| *number);
        self.free.borrow_mut().extend(free);
        // May run finalizers that look here.
        drop(dropped);
    }

    /// A number for one more.
    fn next(&self) -> u32 {
        self.take_released();
        let free = self.free.borrow_mut().pop();
        free.unwrap_or_else(|| {
            let mut list = self.list.borrow_mut();
            list.push(Entry::default());
            list.len() as u32 - 1
        })
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
    /// Its number among those of the realm.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// An owner has a clone of it.
    pub(super) fn count(&self) {
        self.counted.set(self.counted.get() + 1);
    }

    /// Words for messages: the function, by its name if it has one, and the import.
    pub(super) fn describe(&self, env: Env<'_>) -> String {
        let function = match env.name_of(self.function.get()) {
            Some(name) => format!("JavaScript function {}", printable(&name)),
            None => "an anonymous JavaScript function".to_owned(),
        };
        format!("{function} ({})", self.words())
    }

    /// Whether its calls work on the bits of numbers.
    #[inline]
    pub(super) fn is_of_words(&self) -> bool {
        self.of_words
    }

    /// The bits of the only result; any where there is none.
    #[inline(always)]
    pub(super) fn word_of(&self, env: Env<'_>, value: Ref<'_>) -> Attempt<u64> {
        match self.ty.results() {
            [ty, ..] => convert::to_word(env, value, *ty),
            [] => Ok(0),
        }
    }

    /// The import alone.
    fn words(&self) -> String {
        let (module, name) = (printable(&self.module), printable(&self.name));
        format!("import \"{module}\" \"{name}\"")
    }
}

/// Makes the host function for a JavaScript function that a module imports. One of numbers works on
/// their bits.
pub(super) fn create(
    realm: &Rc<Realm>,
    imported: Imported<'_>,
    ty: FuncType,
    (module, name): (&str, &str),
) -> Result<Func, Error> {
    let number = realm.imports.next();
    let import = Rc::new(Import {
        realm: realm.clone(),
        function: imported.function.store(),
        suspender: imported.suspender,
        number,
        counted: Cell::default(),
        of_words: convert::is_of_words(&ty),
        ty: ty.clone(),
        module: module.to_owned(),
        name: name.to_owned(),
    });
    let knowing = Rc::new(Knowing {
        import: Rc::downgrade(&import),
        number,
        func: OnceCell::new(),
        released: realm.imports.released.clone(),
    });
    let known: Known = Local::new(knowing.clone());
    let func = (realm.store).with(|store| match (imported.waits, import.of_words) {
        (Waits::No, true) => Func::of_words(store, ty, move |mut caller, words, _| {
            call_on_words(&mut caller, &known, words)
        }),
        (Waits::Yes, true) => Func::of_words(store, ty, move |mut caller, words, _| {
            call_suspending(&mut caller, &known, Params::Words(words))?;
            Ok(Reply::Pending(()))
        }),
        (Waits::ForPromises, true) => Func::of_words(store, ty, move |mut caller, words, _| {
            let params = Params::Words(words);
            call_for_promises(&mut caller, &known, params, |env, value, import| {
                import.word_of(env, value)
            })
        }),
        (Waits::No, false) => Func::new(store, ty, move |mut caller, params, results| {
            call(&mut caller, &known, params, results)
        }),
        (Waits::Yes, false) => Func::new(store, ty, move |mut caller, params, _| {
            call_suspending(&mut caller, &known, Params::Vals(params))?;
            Ok(Answer::Pending(Payload::NONE))
        }),
        (Waits::ForPromises, false) => Func::new(store, ty, move |mut caller, params, results| {
            let convert = |env: Env<'_>, value: Ref<'_>, import: &Import| {
                let types = import.ty.results();
                convert::results_to_wasm(&import.realm, env, value, types, results)
            };
            let answer = call_for_promises(&mut caller, &known, Params::Vals(params), convert)?;
            Ok(match answer {
                Reply::Ready(()) => Answer::Ready,
                Reply::Pending(()) => Answer::Pending(Payload::NONE),
            })
        }),
    })?;
    // Set here only.
    let _ = knowing.func.set(func);
    if let Some(entry) = realm.imports.list.borrow_mut().get_mut(number as usize) {
        entry.import = Some(import);
    }
    realm.sharing.count();
    let attached = ExternRef::new(Attached::Import(number));
    realm.store.with(|store| func.attach(store, attached))?;
    realm.imports.numbers.borrow_mut().insert(func, number);
    Ok(func)
}

type HostCaller<'a> = Caller<'a, HostData>;

#[cold]
pub(super) fn gone() -> Error {
    Error::msg("the JavaScript context is gone")
}

/// Runs `f` with the realm, the context and the import of a host function, and the store lent.
#[inline(always)]
fn lent<R>(
    caller: &mut HostCaller<'_>,
    known: &Known,
    f: impl for<'js> FnOnce(&Rc<Realm>, Env<'js>, &Rc<Import>) -> Attempt<R>,
) -> Result<R, Error> {
    let import = known.get().and_then(|known| known.import.upgrade());
    let import = import.ok_or_else(gone)?;
    let realm = &import.realm;
    let result = realm.store.lend(caller, || {
        (realm.running)
            .with(|env| f(realm, env, &import).map_err(|thrown| errors::carry(realm, env, thrown)))
    });
    result.unwrap_or_else(|| Err(gone()))
}

fn call(
    caller: &mut HostCaller<'_>,
    known: &Known,
    params: &[Val],
    results: &mut [Val],
) -> Result<Answer, Error> {
    lent(caller, known, |realm, env, import| {
        let _frame = realm.frames.enter_import(import.number);
        let value = invoke(realm, env, import, Params::Vals(params))?;
        convert::results_to_wasm(realm, env, value.get(), import.ty.results(), results)
    })?;
    Ok(Answer::Ready)
}

/// All of it is one function: nothing on the way goes through memory.
#[inline(always)]
fn call_on_words(
    caller: &mut HostCaller<'_>,
    known: &Known,
    words: &[u64],
) -> Result<Reply<u64>, Error> {
    lent(caller, known, |realm, env, import| {
        let _frame = realm.frames.enter_import(import.number);
        let value = invoke(realm, env, import, Params::Words(words))?;
        import.word_of(env, value.get()).map(Reply::Ready)
    })
}

/// A call of a suspending import: leaves what it waits for in the realm.
#[inline(always)]
fn call_suspending(
    caller: &mut HostCaller<'_>,
    known: &Known,
    params: Params<'_>,
) -> Result<(), Error> {
    let may_park = caller.may_park();
    lent(caller, known, |realm, env, import| {
        if !may_park {
            return Err(suspend_error(realm, env, import));
        }
        let _frame = realm.frames.enter_import(import.number);
        let value = invoke(realm, env, import, params)?;
        let awaited = pending::awaited_of(env, value, import)?;
        realm.awaited.set(Some(awaited));
        Ok(())
    })
}

/// Parameters of a host function.
#[derive(Clone, Copy)]
enum Params<'a> {
    Vals(&'a [Val]),
    /// The bits of numbers.
    Words(&'a [u64]),
}

/// A call of an import that waits for promises; any other value is converted at once.
fn call_for_promises<R>(
    caller: &mut HostCaller<'_>,
    known: &Known,
    params: Params<'_>,
    convert: impl FnOnce(Env<'_>, Ref<'_>, &Import) -> Attempt<R>,
) -> Result<Reply<R>, Error> {
    let may_park = caller.may_park();
    lent(caller, known, |realm, env, import| {
        let mut leaving = match &import.suspender {
            Some(suspender) => Some(suspender.leave(realm, env, import)?),
            None => None,
        };
        let frame = realm.frames.enter_import(import.number);
        let value = invoke(realm, env, import, params)?;
        if raw::promise_state(env, value.get()).is_none() {
            return convert(env, value.get(), import).map(Reply::Ready);
        }
        if !may_park {
            drop(frame);
            return Err(suspend_error(realm, env, import));
        }
        let awaited = pending::awaited_of(env, value, import)?;
        if let Some(leaving) = &mut leaving {
            leaving.for_long();
        }
        realm.awaited.set(Some(awaited));
        Ok(Reply::Pending(()))
    })
}

/// Calls the JavaScript function. The caller has noted the call, until it has converted the result: that
/// may run JavaScript, too.
#[inline(always)]
fn invoke<'js>(
    realm: &Rc<Realm>,
    env: Env<'js>,
    import: &Import,
    params: Params<'_>,
) -> Attempt<Own<'js>> {
    realm.buffers.refresh(env, &realm.store);
    let function = import.function.get();
    match params {
        Params::Words(words) => {
            let args = words.iter().zip(import.ty.params());
            env.call_with(
                function,
                args.map(|(word, ty)| convert::word_to_js(env, *word, *ty)),
            )
        }
        Params::Vals(params) => {
            convert::check_signature(env, &import.ty)?;
            let _kept = convert::keep_functions(realm, params);
            let arg = |param| convert::to_js(realm, env, param);
            env.call_with(function, params.iter().map(arg))
        }
    }
}

/// Throws the `SuspendError` of an import that cannot suspend its caller, and says what is in the way.
#[cold]
fn suspend_error(realm: &Rc<Realm>, env: Env<'_>, import: &Import) -> Thrown {
    let this = format!("the suspending {}", import.words());
    let message = match realm.frames.barrier() {
        Some((outer, number)) => format!(
            "{this} cannot suspend its caller: the frames of {} stand between it and the promising call of {}",
            realm
                .imports
                .get(number)
                .map_or_else(String::new, |import| import.describe(env)),
            realm.describe(outer),
        ),
        None => format!(
            "{this} cannot suspend its caller: no call of a WebAssembly.promising function, or of another that can wait, is under way"
        ),
    };
    errors::throw_new(realm, env, |i| &i.suspend_error, &message)
}
