//! Entries of typed closures: one for arguments in registers and one for the transfer buffer, per
//! number of parameters, with and without a `Caller`.

use crate::host::{Body, Caller, HostReturn, IntoFunc, WasmTy, WasmValues, Words};
use crate::vm::host_func::HostBody;
use crate::vm::leave::dispatch;
use bident_abi::VmHostFunc;
use bident_stack::Reaction;

macro_rules! into_func {
    ($(($ty:ident $arg:ident))*) => {
        entries!(|store, _instance| [] [] $(($ty $arg))*);
        entries!(|store, instance| [Caller<'_, T>,] [Caller::new(store, instance),] $(($ty $arg))*);
    };
}

/// For closures that take what the first list says before their parameters; the second makes it.
macro_rules! entries {
    (
        |$store:ident, $instance:ident|
        [$($caller:ty,)?] [$($made:expr,)?] $(($ty:ident $arg:ident))*
    ) => {
        impl<T, F, $($ty,)* R> IntoFunc<T, ($($caller,)? $($ty,)*), R> for F
        where
            T: 'static,
            F: Fn($($caller,)? $($ty),*) -> R + Send + Sync + 'static,
            $($ty: WasmTy,)*
            R: HostReturn,
        {
            fn into_body(self) -> Body {
                unsafe extern "C" fn registers<T: 'static, F, $($ty: WasmTy,)* R: HostReturn>(
                    record: *mut VmHostFunc
                    $(, $arg: $ty::Abi)*
                ) -> Reaction
                where
                    F: Fn($($caller,)? $($ty),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: the stub calls with the record that this body was made into.
                    unsafe {
                        dispatch::<T, F>(record, |$store, $instance, closure| {
                            $(let $arg = $ty::from_abi($arg, &mut Words(&mut $store.opaque));)*
                            let result = closure($($made,)? $($arg),*);
                            result.give(&mut Words(&mut $store.opaque))
                        })
                    }
                }
                unsafe extern "C" fn array<T: 'static, F, $($ty: WasmTy,)* R: HostReturn>(
                    record: *mut VmHostFunc,
                ) -> Reaction
                where
                    F: Fn($($caller,)? $($ty),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: as above.
                    unsafe {
                        dispatch::<T, F>(record, |$store, $instance, closure| {
                            let ($($arg,)*) = <($($ty,)*)>::read(&mut Words(&mut $store.opaque));
                            let result = closure($($made,)? $($arg),*);
                            result.give(&mut Words(&mut $store.opaque))
                        })
                    }
                }
                let registers: unsafe extern "C" fn(*mut VmHostFunc $(, $ty::Abi)*) -> Reaction =
                    registers::<T, F, $($ty,)* R>;
                Body(HostBody::typed::<F, ($($ty,)*), R>(
                    self,
                    registers as usize,
                    array::<T, F, $($ty,)* R>,
                ))
            }
        }
    };
}

into_func!();
into_func!((A a));
into_func!((A a)(B b));
into_func!((A a)(B b)(C c));
into_func!((A a)(B b)(C c)(D d));
into_func!((A a)(B b)(C c)(D d)(E e));
into_func!((A a)(B b)(C c)(D d)(E e)(G g));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k)(L l));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k)(L l)(M m));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k)(L l)(M m)(N n));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k)(L l)(M m)(N n)(O o));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k)(L l)(M m)(N n)(O o)(P p));
into_func!((A a)(B b)(C c)(D d)(E e)(G g)(H h)(I i)(J j)(K k)(L l)(M m)(N n)(O o)(P p)(Q q));
