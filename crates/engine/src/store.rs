//! Stores: where instances live.

use crate::engine::Engine;
use crate::error::Error;
use crate::limiter::{Limiter, ResourceLimiter, ResourceLimiterAsync};
use crate::vm::store::{StoreInner, StoreOpaque};
use bident_stack::Stats;

/// Instances and everything they are made of, with data of the embedder's. Dropped as a whole.
///
/// `Send` if `T` is: it may move between threads while nothing runs in it.
pub struct Store<T: 'static>(Box<StoreInner<T>>);

impl<T: 'static> Store<T> {
    /// An empty store. For programs that make few: see [`Store::try_new`].
    ///
    /// # Panics
    /// Where [`Store::try_new`] gives an error.
    pub fn new(engine: &Engine, data: T) -> Self {
        match Self::try_new(engine, data) {
            Ok(store) => store,
            Err(error) => panic!("{error}"),
        }
    }

    /// An empty store. It shares the records and the memory of stacks with the other stores of the engine, and takes them
    /// as it needs them.
    ///
    /// # Errors
    /// Kind `Limit`: there is no memory for it, or there were 2^32 - 1 of them in this process; the data is dropped.
    pub fn try_new(engine: &Engine, data: T) -> Result<Self, Error> {
        StoreInner::new(engine, data).map(Self)
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.0.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.0.data
    }

    /// The embedder's data; everything else goes.
    pub fn into_data(self) -> T {
        let inner = *self.0;
        inner.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.opaque.engine
    }

    /// Whether calls that wait at an address of a shared memory park, instead of what
    /// [`Config::park_waits`](crate::Config::park_waits) says.
    pub fn park_waits(&mut self, on: bool) {
        self.0.opaque.park_waits = on;
    }

    /// Whether calls of instances that are made from now on may share a second stack, instead of what
    /// [`Config::share_second_stack`](crate::Config::share_second_stack) says.
    pub fn share_second_stack(&mut self, on: bool) {
        self.0.opaque.share_second_stack = on;
    }

    /// Frees host values, exceptions and suspended continuations that WebAssembly can no longer reach,
    /// which happens by itself as they grow in number, and gives idle stack memory back to the system.
    pub fn gc(&mut self) {
        self.0.opaque.gc();
    }

    /// Bytes that a collection looks at, about: of stacks, of tables, of what is noted about each value.
    pub fn bytes_to_look_at(&self) -> usize {
        self.0.opaque.bytes_to_look_at()
    }

    /// How many instances, functions that the host knows, memories, tables, globals and tags there are, be they
    /// reached or not; and the bytes of memories and tables. The work is proportional to their number.
    pub fn items(&self) -> (usize, usize) {
        self.0.opaque.footprint()
    }

    /// Figures about the store's stacks.
    pub fn stats(&self) -> Stats {
        self.0.opaque.stats()
    }

    /// Has somebody decide how much the store may have, from now on, instead of whoever did before. What there is stays,
    /// and is not asked about. It belongs to the store, so that it can be asked wherever something grows; a limiter
    /// in an `Arc<Mutex<_>>` can be shared. See [`ResourceLimiter`], and [`crate::StoreLimits`] for one that compares with
    /// numbers.
    pub fn limiter(&mut self, limiter: impl ResourceLimiter) {
        let limiter = Limiter::Sync(Box::new(limiter));
        self.0.opaque.set_limiter(limiter);
    }

    /// The same with one that may take its time: see [`ResourceLimiterAsync`].
    pub fn limiter_async(&mut self, limiter: impl ResourceLimiterAsync) {
        let limiter = Limiter::Async(Box::new(limiter));
        self.0.opaque.set_limiter(limiter);
    }

    /// The limiter, if it has this type.
    pub fn limiter_mut<L: ResourceLimiter>(&mut self) -> Option<&mut L> {
        let limiter = self.0.opaque.limiter.as_deref_mut()?;
        limiter.downcast()
    }

    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner<T> {
        &mut self.0
    }

    pub(crate) fn inner(&self) -> &StoreInner<T> {
        &self.0
    }
}

/// An exclusive borrow of a store.
pub struct StoreContextMut<'a, T: 'static>(pub(crate) &'a mut StoreInner<T>);

impl<T: 'static> StoreContextMut<'_, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.0.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.0.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.opaque.engine
    }

    /// As [`Store::gc`].
    pub fn gc(&mut self) {
        self.0.opaque.gc();
    }

    /// As [`Store::bytes_to_look_at`].
    pub fn bytes_to_look_at(&self) -> usize {
        self.0.opaque.bytes_to_look_at()
    }

    /// As [`Store::items`].
    pub fn items(&self) -> (usize, usize) {
        self.0.opaque.footprint()
    }

    /// As [`Store::stats`].
    pub fn stats(&self) -> Stats {
        self.0.opaque.stats()
    }
}

/// What can be read as a store: a [`Store`], a [`crate::Caller`], a [`StoreContextMut`], a reference to
/// one.
pub trait AsContext {
    /// The embedder's data.
    type Data: 'static;
    /// The store.
    #[doc(hidden)]
    fn opaque(&self) -> Opaque<'_>;
}

/// What can be changed as a store.
pub trait AsContextMut: AsContext {
    /// The store.
    #[doc(hidden)]
    fn context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

/// A shared borrow of a store.
#[doc(hidden)]
pub struct Opaque<'a>(pub(crate) &'a StoreOpaque);

impl<T: 'static> AsContext for Store<T> {
    type Data = T;
    fn opaque(&self) -> Opaque<'_> {
        Opaque(&self.0.opaque)
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    fn context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(&mut self.0)
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;
    fn opaque(&self) -> Opaque<'_> {
        Opaque(&self.0.opaque)
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    fn context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0)
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;
    fn opaque(&self) -> Opaque<'_> {
        C::opaque(self)
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;
    fn opaque(&self) -> Opaque<'_> {
        C::opaque(self)
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    fn context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        C::context_mut(self)
    }
}

/// A store without its data, for functions that only read.
pub(crate) struct OpaqueContext<'a>(pub(crate) &'a StoreOpaque);

impl AsContext for OpaqueContext<'_> {
    type Data = ();
    fn opaque(&self) -> Opaque<'_> {
        Opaque(self.0)
    }
}
