//! Objects that `install` has made or found, safe from later changes of the globals.

use super::Payload;
use super::realm::Realm;
use crate::raw::{Attempt, Env, Marker, Own, Stacks, Stored, ViewGetters};

macro_rules! intrinsics {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// See the module.
        pub(super) struct Intrinsics {
            $($(#[$doc])* pub(super) $name: Stored,)*
        }

        impl Intrinsics {
            /// Tells the collector about each of them.
            pub(super) fn mark(&self, marker: &Marker) {
                $(self.$name.mark(marker);)*
            }
        }
    };
}

intrinsics! {
    module
    instance
    memory
    table
    global
    tag
    exception
    suspending
    function
    /// The prototype of exported functions.
    exported_function
    error
    compile_error
    link_error
    runtime_error
    suspend_error
    /// The errors of traps: a `WeakSet`, with its methods.
    traps
    traps_add
    traps_has
    /// `BigInt.asIntN`.
    as_int_n
    /// The stacks of errors that passed through WebAssembly: a `WeakMap`, with its methods.
    stacks
    stacks_get
    stacks_set
    /// Getters of `Error` and its prototype, QuickJS's own.
    error_stack
    prepare_stack
    stack_limit
    promise_then
    awaiter
    after_module
    /// Asks the interrupt handler of the runtime.
    rounds
    /// What the objects of structures and arrays refuse.
    opaque_handler
    /// `ArrayBuffer.prototype.resize`.
    resize
    /// `SharedArrayBuffer.prototype.grow`.
    grow_shared
    /// `Atomics.wait` and `Atomics.notify`.
    atomics_wait
    atomics_notify
    /// Methods of strings.
    char_code_at
    code_point_at
    concat
    substring
    transfer
    transfer_to_fixed_length
    transfer_to_immutable
    view_buffer
    view_offset
    view_length
    array_length
    /// What the module `bident:stacklet` exports.
    stacklet_exports
    stacklet
    suspender
}

impl Realm {
    /// Keeps what `install` has made or found.
    pub(super) fn set_intrinsics(&self, intrinsics: Intrinsics) {
        self.intrinsics.replace(Some(intrinsics));
    }

    /// One of the intrinsic objects.
    pub(super) fn intrinsic<'js>(
        &self,
        env: Env<'js>,
        which: impl FnOnce(&Intrinsics) -> &Stored,
    ) -> Own<'js> {
        let intrinsics = self.intrinsics.borrow();
        intrinsics
            .as_ref()
            .map_or_else(|| env.undefined(), |all| which(all).to_owned(env))
    }

    /// Where the stacks of errors lie.
    pub(super) fn stacks<'js>(&self, env: Env<'js>) -> Stacks<'js> {
        Stacks {
            map: self.intrinsic(env, |i| &i.stacks),
            get: self.intrinsic(env, |i| &i.stacks_get),
            set: self.intrinsic(env, |i| &i.stacks_set),
            written: self.intrinsic(env, |i| &i.error_stack),
        }
    }

    /// The getters of views.
    pub(super) fn view_getters<'js>(&self, env: Env<'js>) -> ViewGetters<'js> {
        ViewGetters {
            buffer: self.intrinsic(env, |i| &i.view_buffer),
            offset: self.intrinsic(env, |i| &i.view_offset),
            length: self.intrinsic(env, |i| &i.view_length),
            array_length: self.intrinsic(env, |i| &i.array_length),
        }
    }

    /// A new host object with an intrinsic prototype.
    pub(super) fn create<'js>(
        &self,
        env: Env<'js>,
        prototype: impl FnOnce(&Intrinsics) -> &Stored,
        payload: Payload,
    ) -> Attempt<Own<'js>> {
        self.classes
            .create(env, self.intrinsic(env, prototype).get(), payload)
    }
}
