//! Telling the embedder where host and WebAssembly take turns: [`crate::Store::call_hook`].

use crate::call_hook::CallHook;
use crate::error::Error;
use crate::store::StoreContextMut;
use crate::vm::store::{StoreInner, StoreOpaque};

/// Tells the embedder, with the store, which nobody else uses meanwhile.
pub(crate) type Hook =
    Box<dyn FnMut(*mut StoreOpaque, CallHook) -> Result<(), Error> + Send + Sync>;

/// A hook for a store with this type of data.
pub(crate) fn hooking<T: 'static>(
    mut hook: impl FnMut(StoreContextMut<'_, T>, CallHook) -> Result<(), Error> + Send + Sync + 'static,
) -> Hook {
    Box::new(move |store, place| {
        // SAFETY: only `Store<T>` sets such a function, for itself: the pointer leads to the start of a
        // `StoreInner<T>`. `tell` has it borrowed exclusively, and does not use it meanwhile.
        let store = unsafe { &mut *store.cast::<StoreInner<T>>() };
        hook(StoreContextMut(store), place)
    })
}

/// Puts the hook back once it has run, unless it has set another.
struct PutBack {
    store: *mut StoreOpaque,
    hook: Option<Hook>,
}

impl Drop for PutBack {
    fn drop(&mut self) {
        // SAFETY: `tell` has it borrowed, and does not use it before this is dropped.
        let place = unsafe { &mut (*self.store).hook };
        if place.is_none() {
            *place = self.hook.take();
        }
    }
}

/// Tells the hook, if there is one. Its error is one that no WebAssembly catches.
///
/// # Safety
/// The pointer leads to the start of a `StoreInner` which is borrowed exclusively, and that nobody uses meanwhile.
#[cold]
pub(crate) unsafe fn tell(store: *mut StoreOpaque, place: CallHook) -> Result<(), Error> {
    // SAFETY: the caller says so.
    let hook = unsafe { (*store).hook.take() };
    let mut back = PutBack { store, hook };
    match &mut back.hook {
        Some(hook) => hook(store, place).map_err(Error::past_catches),
        None => Ok(()),
    }
}

/// The same around a host function.
///
/// # Safety
/// As for [`tell`]; `run` uses the store only while it runs.
#[cold]
pub(crate) unsafe fn around<R>(
    store: *mut StoreOpaque,
    run: impl FnOnce() -> Result<R, Error>,
) -> Result<R, Error> {
    // SAFETY: passed on.
    unsafe {
        tell(store, CallHook::CallingHost)?;
        let ran = run();
        let told = tell(store, CallHook::ReturningFromHost);
        match (ran, told) {
            (Ok(reply), Ok(())) => Ok(reply),
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => {
                // It may have been about to park.
                (*store).payload = crate::vm::payload::Payload::NONE;
                Err(error)
            }
        }
    }
}
