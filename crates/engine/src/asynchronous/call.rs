//! One call at a time, as a future.

use super::drive::{self, Step};
use crate::error::Error;
use crate::func::Func;
use crate::host::{WasmValues, Words};
use crate::outcome::{Outcome, ParkedCall, Part, Results};
use crate::store::AsContextMut;
use crate::value::{Side, Val};
use crate::vm::store::{StoreInner, StoreOpaque};
use std::future::poll_fn;
use std::marker::PhantomData;
use std::task::{Context, Poll};

/// How the values of a call go to the transfer buffer, and back.
pub(crate) trait Signature: 'static {
    /// What is called, with what it takes to read the results.
    type Callee: Send + Sync + 'static;
    type Params: Send + 'static;
    type Results: Send + 'static;

    /// The function, unless there is nothing to do.
    fn func(callee: &Self::Callee) -> Option<Func>;

    fn write(
        params: Self::Params,
        callee: &Self::Callee,
        store: &mut StoreOpaque,
    ) -> Result<(), Error>;

    fn read(callee: &Self::Callee, store: &mut StoreOpaque) -> Result<Self::Results, Error>;
}

/// Types that were checked before.
pub(crate) struct Typed<P, R>(PhantomData<fn(P) -> R>);

impl<P: WasmValues, R: WasmValues> Signature for Typed<P, R> {
    type Callee = Func;
    type Params = P;
    type Results = R;

    #[inline]
    fn func(func: &Func) -> Option<Func> {
        Some(*func)
    }

    fn write(params: P, func: &Func, store: &mut StoreOpaque) -> Result<(), Error> {
        func.number_in(store)?;
        params.write(&mut Words(store)).map(|_| ())
    }

    fn read(func: &Func, store: &mut StoreOpaque) -> Result<R, Error> {
        func.number_in(store)?;
        Ok(R::read(&mut Words(store)))
    }
}

/// Types that are known at run time.
pub(crate) struct Dynamic;

impl Signature for Dynamic {
    type Callee = Func;
    type Params = Vec<Val>;
    type Results = Results;

    #[inline]
    fn func(func: &Func) -> Option<Func> {
        Some(*func)
    }

    fn write(params: Vec<Val>, func: &Func, store: &mut StoreOpaque) -> Result<(), Error> {
        let own = func.number_in(store)?;
        Val::write_all(store, own, Side::Params, &params)
    }

    fn read(func: &Func, store: &mut StoreOpaque) -> Result<Results, Error> {
        let own = func.number_in(store)?;
        Ok(Results::read(store, own))
    }
}

/// A call, until it is done.
enum Call<P> {
    Fresh(P),
    Waits(ParkedCall),
    Ended,
}

/// A call that waits for its turn only has it as soon as who polls wants.
fn wake_if_yielded(parked: &ParkedCall, context: &Context<'_>) {
    if parked.has_yielded() {
        context.waker().wake_by_ref();
    }
}

/// Goes on with a call that waits, after who knows how many of other stores: what it needs is asked for at once, instead
/// of one after the other.
fn go_on<T: 'static>(
    store: &mut StoreInner<T>,
    mut parked: ParkedCall,
    context: &mut Context<'_>,
) -> Result<Step, Error> {
    store.opaque.prefetch();
    parked.prefetch(&store.opaque, Part::Record);
    parked.prefetch(&store.opaque, Part::Stack);
    drive::go_on(store, parked, context)
}

/// Calls a function and waits for its end without keeping the thread.
pub(crate) async fn call<S: Signature, C: AsContextMut>(
    callee: S::Callee,
    mut store: C,
    params: S::Params,
) -> Result<S::Results, Error> {
    let mut call = Call::Fresh(params);
    poll_fn(|context| {
        let store = store.context_mut().0;
        let step = match std::mem::replace(&mut call, Call::Ended) {
            Call::Fresh(params) => match S::func(&callee) {
                Some(func) => {
                    let write = |store: &mut _| S::write(params, &callee, store);
                    drive::begin(store, func, write, context)
                }
                None => Ok(Step::Returned),
            },
            Call::Waits(parked) => go_on(store, parked, context),
            Call::Ended => Err(Error::usage("a call that has ended was polled")),
        };
        match step {
            Ok(Step::Returned) => Poll::Ready(S::read(&callee, &mut store.opaque)),
            Ok(Step::Waits(parked)) => {
                wake_if_yielded(&parked, context);
                call = Call::Waits(parked);
                Poll::Pending
            }
            Ok(Step::Suspended(_)) => unreachable!("no continuation of the host's"),
            Err(error) => Poll::Ready(Err(error)),
        }
    })
    .await
}

impl ParkedCall {
    /// Waits for its end, as [`Func::call_async`] does, or until it is suspended to the host.
    ///
    /// # Errors
    /// As for [`Self::resume`]; kind `Barrier` where a host function that is not async is pending.
    ///
    /// # Panics
    /// As for [`Func::call_async`].
    pub fn drive<C: AsContextMut>(
        self,
        mut store: C,
    ) -> impl Future<Output = Result<Outcome, Error>> + use<C> {
        let mut call = Some(self);
        poll_fn(move |context| {
            let store = store.context_mut().0;
            let Some(parked) = call.take() else {
                let error = Error::usage("a call that has ended was polled");
                return Poll::Ready(Err(error));
            };
            let func = parked.0.func;
            match go_on(store, parked, context) {
                Ok(Step::Returned) => Poll::Ready(Ok(Outcome::returned(&mut store.opaque, func))),
                Ok(Step::Waits(parked)) => {
                    wake_if_yielded(&parked, context);
                    call = Some(parked);
                    Poll::Pending
                }
                Ok(Step::Suspended(outcome)) => Poll::Ready(Ok(outcome)),
                Err(error) => Poll::Ready(Err(error)),
            }
        })
    }
}
