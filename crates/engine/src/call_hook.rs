//! Being told when WebAssembly is entered and left.

use crate::error::Error;
use crate::store::{Store, StoreContextMut};
use crate::vm::hook::hooking;

/// Where a thread goes over from host to WebAssembly, or back: see [`Store::call_hook`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallHook {
    /// The host enters WebAssembly: by a call, or since something goes on that was parked or suspended.
    CallingWasm,
    /// WebAssembly goes back to the host that entered it: it returned, failed, was parked, or suspended to a handler of
    /// the host's.
    ReturningFromWasm,
    /// WebAssembly calls a host function.
    CallingHost,
    /// The host function goes back to WebAssembly, or has answered that it is pending, or failed.
    ReturningFromHost,
}

impl CallHook {
    /// Whether the host runs from here on.
    pub fn entering_host(self) -> bool {
        matches!(self, Self::ReturningFromWasm | Self::CallingHost)
    }

    /// Whether WebAssembly runs from here on.
    pub fn exiting_host(self) -> bool {
        !self.entering_host()
    }
}

impl<T: 'static> Store<T> {
    /// Has a function told whenever a thread enters WebAssembly of this store or leaves it, from now on, instead of any
    /// before: to measure time, for instance. Each entry has its return, unless a panic passes. Runtime functions
    /// (`memory.grow`, a collection, ...) count as WebAssembly, and so do transfers between stacks; to poll what a
    /// parked call waits for does not. What the function itself calls is not told of.
    ///
    /// An error ends the call: the host function is not called, or its results do not count, or those of WebAssembly; what was
    /// to go on, or has just been parked, is freed. No WebAssembly catches it.
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// # let module = Module::from_text_or_binary(&engine, br#"(module
    /// #   (import "host" "f" (func $f)) (func (export "run") (call $f) (call $f)))"#)?;
    /// # let mut linker: Linker<u32> = Linker::new(&engine);
    /// # linker.func_wrap("host", "f", || {})?;
    /// let mut store = Store::new(&engine, 0);
    /// store.call_hook(|mut store, hook| {
    ///     *store.data_mut() += u32::from(hook.entering_host());
    ///     Ok(())
    /// });
    /// # let instance = linker.instantiate(&mut store, &module)?;
    /// # instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
    /// // Two calls of a host function, and the end.
    /// assert_eq!(*store.data(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Those of the function pass through WebAssembly, to whoever entered it.
    pub fn call_hook(
        &mut self,
        hook: impl FnMut(StoreContextMut<'_, T>, CallHook) -> Result<(), Error> + Send + Sync + 'static,
    ) {
        self.inner_mut().opaque.hook = Some(hooking(hook));
    }
}
