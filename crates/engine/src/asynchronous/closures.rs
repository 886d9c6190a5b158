//! Closures that give futures, as host functions.

use super::accessor::{self, Accessor, Begun, Waiting, begin_typed, give};
use crate::convert;
use crate::error::Error;
use crate::host::{Body, Caller, HostReturn, IntoFunc, WasmTy};
use crate::value::Val;
use crate::vm::host_func::HostBody;
use crate::vm::leave::write_results;
use crate::vm::payload::Local;
use crate::vm::polling::Key;
use bident_module::FuncType;

/// A closure that can be an async host function: `Fn(P...) -> F` or `Fn(Accessor<T>, P...) -> F`, with up to 16
/// parameters of the types that implement [`WasmTy`]. `F` is a future of results: a [`WasmTy`], a tuple of
/// them, `()`, or a `Result` of these.
///
/// `async |store: Accessor<T>, n: i32| ...` is one if it borrows nothing from its surroundings; so are `async fn`,
/// and `move |store, n| async move { ... }`.
pub trait IntoAsyncFunc<T, P, F>: Send + Sync + 'static {
    /// The function, not yet of a store; its futures are kept as `K` does.
    #[doc(hidden)]
    fn into_async_body<K: Keep<F>>(self) -> Body;
}

/// How a future is kept while it waits.
#[doc(hidden)]
pub trait Keep<F>: 'static {
    #[doc(hidden)]
    fn keep<T: 'static>(future: F, key: Lead<T>) -> Kept;
}

/// Leads to the store.
#[doc(hidden)]
pub struct Lead<T: 'static>(Key<T>);

/// A future that is kept.
#[doc(hidden)]
pub struct Kept(pub(super) Waiting);

/// Anywhere: it is `Send`.
pub(crate) struct InBox;

/// On its thread.
pub(crate) struct InLocal;

impl<F> Keep<F> for InBox
where
    F: Future<Output: HostReturn> + Send + 'static,
{
    #[inline]
    fn keep<T: 'static>(future: F, Lead(key): Lead<T>) -> Kept {
        let whole = async move {
            let output = future.await;
            give(key, output)
        };
        Kept(Waiting::Anywhere(Box::pin(whole)))
    }
}

impl<F> Keep<F> for InLocal
where
    F: Future<Output: HostReturn> + 'static,
{
    #[inline]
    fn keep<T: 'static>(future: F, Lead(key): Lead<T>) -> Kept {
        let whole = async move {
            let output = future.await;
            give(key, output)
        };
        Kept(Waiting::Here(Local::new(Box::pin(whole))))
    }
}

macro_rules! into_async {
    ($($ty:ident)*) => {
        into_async!(|_accessor| [] [] $($ty)*);
        into_async!(|accessor| [Accessor<T>,] [accessor,] $($ty)*);
    };
    (|$accessor:ident| [$($first:ty,)?] [$($given:expr,)?] $($ty:ident)*) => {
        #[allow(non_snake_case, reason = "named as their types")]
        impl<T, C, $($ty,)* F> IntoAsyncFunc<T, ($($first,)? $($ty,)*), F> for C
        where
            T: 'static,
            C: Fn($($first,)? $($ty),*) -> F + Send + Sync + 'static,
            $($ty: WasmTy,)*
            F: Future<Output: HostReturn> + 'static,
        {
            fn into_async_body<K: Keep<F>>(self) -> Body {
                let closure = move |caller: Caller<'_, T>, $($ty: $ty),*| -> Begun<F::Output> {
                    begin_typed(caller, |$accessor| {
                        let key = Lead($accessor.key());
                        K::keep::<T>(self($($given,)? $($ty),*), key).0
                    })
                };
                IntoFunc::<T, (Caller<'_, T>, $($ty,)*), Begun<F::Output>>::into_body(closure)
            }
        }
    };
}

into_async!();
into_async!(P1);
into_async!(P1 P2);
into_async!(P1 P2 P3);
into_async!(P1 P2 P3 P4);
into_async!(P1 P2 P3 P4 P5);
into_async!(P1 P2 P3 P4 P5 P6);
into_async!(P1 P2 P3 P4 P5 P6 P7);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15);
into_async!(P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16);

/// A closure with a type that is known only at run time.
pub(crate) fn owned<T, F>(
    ty: FuncType,
    f: impl Fn(Accessor<T>, Vec<Val>) -> F + Send + Sync + 'static,
) -> HostBody
where
    T: 'static,
    F: Future<Output = Result<Vec<Val>, Error>> + Send + 'static,
{
    let own = ty.clone();
    HostBody::owned::<T, _>(ty, move |mut caller: Caller<'_, T>, params: Vec<Val>| {
        let reply = accessor::begin(&mut caller, |accessor| {
            let (future, ty) = (f(accessor, params), own.clone());
            let whole = async move {
                let results = future.await?;
                accessor::give_values(accessor.key(), |store| {
                    let (expected, given) = (ty.results().len(), results.len());
                    if expected != given {
                        return Err(convert::wrong_number(expected, given));
                    }
                    write_results(store, &ty, &results)
                })
            };
            Waiting::Anywhere(Box::pin(whole))
        })?;
        accessor::pass_on(&mut caller.inner_mut().opaque, reply)
    })
}
