//! The store as a future sees it, and the future as a parked call has it.

use crate::error::Error;
use crate::host::{Caller, HostReturn, Reply, Words};
use crate::slots::InstanceNumber;
use crate::vm::calls::on_behalf;
use crate::vm::payload::{Local, Payload};
use crate::vm::polling::{self, Key};
use crate::vm::store::{StoreInner, StoreOpaque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The store, as an async host function sees it: for a moment at a time, during a poll.
///
/// It borrows nothing and may be copied, kept, and sent to other threads.
pub struct Accessor<T: 'static> {
    key: Key<T>,
    instance: Option<InstanceNumber>,
}

impl<T: 'static> Clone for Accessor<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for Accessor<T> {}

impl<T: 'static> fmt::Debug for Accessor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accessor")
    }
}

impl<T: 'static> Accessor<T> {
    pub(crate) fn of(caller: &mut Caller<'_, T>) -> Self {
        let instance = caller.instance_number();
        Self {
            key: Key::of(caller.inner_mut()),
            instance,
        }
    }

    pub(crate) fn key(&self) -> Key<T> {
        self.key
    }

    /// Runs `f` with the store, as a host function that is not async has it: the embedder's data, the
    /// instance that called, memories, functions.
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// let mut linker: Linker<u32> = Linker::new(&engine);
    /// linker.func_wrap_async("host", "count", |store: Accessor<u32>| async move {
    ///     // Nothing is borrowed across an await.
    ///     std::future::ready(()).await;
    ///     store.with(|caller| {
    ///         *caller.data_mut() += 1;
    ///         *caller.data()
    ///     })
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind `Usage`: the store is not to be had now. It is only while the future of an async host function of this
    /// store is polled by who drives its call ([`crate::Tasks`], [`crate::Func::call_async`], ...), on that thread,
    /// and not inside another `with`. So not in a task or thread that the future has spawned, nor where the future
    /// is dropped.
    pub fn with<R>(&self, f: impl FnOnce(&mut Caller<'_, T>) -> R) -> Result<R, Error> {
        let instance = self.instance;
        let run = |store: &mut StoreInner<T>| {
            on_behalf(store, instance, |store, caller| {
                f(&mut Caller::new(store, caller))
            })
        };
        self.key.borrow(run).ok_or_else(out_of_reach)
    }
}

#[cold]
fn out_of_reach() -> Error {
    Error::usage(
        "the store is out of reach: an accessor reaches it only while its async host function is polled, on \
         that thread, and not inside another `with`",
    )
}

/// A future whose results are in the transfer buffer once it is ready: until then, what a call waits for. The
/// output is the first result.
pub(crate) type Boxed = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

/// The same, bound to a thread.
pub(crate) type LocalBoxed = Pin<Box<dyn Future<Output = Result<u64, Error>>>>;

pub(crate) enum Waiting {
    Anywhere(Boxed),
    Here(Local<LocalBoxed>),
}

/// What a call waits for whose host function is async. Nobody but the engine takes it from a call: it answers
/// with the values of its own function.
pub(crate) struct Awaited {
    waiting: Waiting,
    /// The number of the poll that polled it last, if on this thread.
    pub(crate) polled_in: u64,
}

const _: () = assert!(size_of::<Awaited>() <= 40, "a payload without a box");

impl Awaited {
    /// A future that may be polled anywhere, and the number of the poll that polled it.
    pub(crate) fn new(future: Boxed, polled_in: u64) -> Self {
        Self {
            waiting: Waiting::Anywhere(future),
            polled_in,
        }
    }

    /// Where the future lies, if it may be polled anywhere.
    #[inline]
    fn address(&self) -> usize {
        match &self.waiting {
            Waiting::Anywhere(future) => std::ptr::from_ref(&**future).cast::<u8>().addr(),
            Waiting::Here(_) => 0,
        }
    }

    /// Asks the processor to have the future of a call near.
    #[inline]
    pub(crate) fn prefetch(payload: &mut Payload) {
        if let Some(awaited) = payload.get_mut::<Self>() {
            bident_stack::prefetch(awaited.address());
        }
    }

    /// Polls it with the store lent.
    #[inline]
    pub(crate) fn poll<T: 'static>(
        &mut self,
        store: &mut StoreInner<T>,
        context: &mut Context<'_>,
    ) -> Poll<Result<u64, Error>> {
        match &mut self.waiting {
            Waiting::Anywhere(future) => polling::lend(store, || future.as_mut().poll(context)),
            Waiting::Here(future) => match future.get_mut() {
                Some(future) => polling::lend(store, || future.as_mut().poll(context)),
                None => Poll::Ready(Err(Error::usage(
                    "a future that stays on its thread was polled on another: see `func_wrap_async_local`",
                ))),
            },
        }
    }
}

/// What becomes of a call of an async host function: passed on as it is.
pub(crate) struct Begun<R> {
    reply: Result<Reply<u64, Option<Awaited>>, Error>,
    _results: std::marker::PhantomData<fn() -> R>,
}

impl<R: HostReturn> HostReturn for Begun<R> {
    type Values = R::Values;
    type Payload = ();
    #[inline]
    fn give(self, store: &mut Words<'_>) -> Result<Reply<u64>, Error> {
        pass_on(store.0, self.reply?)
    }
}

/// Hands what the call waits for over to the store.
#[inline]
pub(crate) fn pass_on(
    store: &mut StoreOpaque,
    reply: Reply<u64, Option<Awaited>>,
) -> Result<Reply<u64>, Error> {
    Ok(match reply {
        Reply::Ready(word) => Reply::Ready(word),
        Reply::Pending(Some(awaited)) => store.pending(Payload::new(awaited)),
        Reply::Pending(None) => Reply::Pending(()),
    })
}

/// Calls an async host function: makes its future and polls it once. Where the call may not park, neither
/// happens: whether it fails must not depend on how soon the future is ready.
#[inline]
pub(crate) fn begin<T: 'static>(
    caller: &mut Caller<'_, T>,
    make: impl FnOnce(Accessor<T>) -> Waiting,
) -> Result<Reply<u64, Option<Awaited>>, Error> {
    if !caller.may_park() {
        return Ok(Reply::Pending(None));
    }
    let accessor = Accessor::of(caller);
    let store = caller.inner_mut();
    let waiting = polling::lend(store, || make(accessor));
    let mut awaited = Awaited {
        waiting,
        polled_in: 0,
    };
    let answer = polling::with_waker(|waker, number| {
        awaited.polled_in = number;
        awaited.poll(store, &mut Context::from_waker(waker))
    });
    match answer {
        Poll::Ready(word) => word.map(Reply::Ready),
        Poll::Pending => Ok(Reply::Pending(Some(awaited))),
    }
}

/// The same, typed.
#[inline]
pub(crate) fn begin_typed<T: 'static, R: HostReturn>(
    mut caller: Caller<'_, T>,
    make: impl FnOnce(Accessor<T>) -> Waiting,
) -> Begun<R> {
    Begun {
        reply: begin(&mut caller, make),
        _results: std::marker::PhantomData,
    }
}

/// Puts what a future came to into the transfer buffer of its store, which is lent.
#[inline]
pub(crate) fn give<T: 'static>(key: Key<T>, output: impl HostReturn) -> Result<u64, Error> {
    let reply = key.borrow(|store| {
        let reply = output.give(&mut Words(&mut store.opaque));
        if let Ok(Reply::Pending(())) = reply {
            store.opaque.payload = Payload::NONE;
        }
        reply
    });
    match reply.ok_or_else(out_of_reach)?? {
        Reply::Ready(word) => Ok(word),
        Reply::Pending(()) => Err(Error::usage(
            "the future of an async host function answered that it is pending",
        )),
    }
}

/// The same for values that were checked by nobody yet.
pub(crate) fn give_values<T: 'static>(
    key: Key<T>,
    give: impl FnOnce(&mut StoreOpaque) -> Result<Reply<u64>, Error>,
) -> Result<u64, Error> {
    let reply = key.borrow(|store| give(&mut store.opaque));
    match reply.ok_or_else(out_of_reach)?? {
        Reply::Ready(word) => Ok(word),
        Reply::Pending(()) => Ok(0),
    }
}
