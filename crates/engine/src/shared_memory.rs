//! Linear memories that several stores use at once, on any threads.

use crate::engine::Engine;
use crate::error::Error;
use crate::memory::{Memory, range};
use crate::store::AsContextMut;
use crate::vm::extents::check_memory_type;
use crate::vm::mapping::Mapping;
use crate::waits::{self, Begun, MemoryWait, WaitResult};
use bident_module::MemoryType;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use bident_stack::Atom;

/// A linear memory of no store: each that imports it, or the host, may read, write and grow it at any time.
/// Cheap to clone; the last user frees it, be that a store.
///
/// Nothing here can be borrowed. What [`SharedMemory::read`] and [`SharedMemory::write`] copy may be torn where
/// another writes the same bytes meanwhile; the accesses to single numbers are not, and order what comes before
/// and after them, as the atomic instructions of WebAssembly do.
///
/// ```
/// # use bident::*;
/// # fn main() -> Result<(), Error> {
/// let engine = Engine::default();
/// let memory = SharedMemory::new(&engine, MemoryType::new(1, Some(10)).to_be_shared())?;
/// let module = Module::from_text_or_binary(&engine, br#"(module
///     (import "host" "memory" (memory 1 10 shared))
///     (func (export "add") (param i32)
///         (drop (i32.atomic.rmw.add (i32.const 0) (local.get 0)))))"#)?;
/// std::thread::scope(|scope| {
///     for i in 1..=4 {
///         let (engine, module, memory) = (&engine, &module, memory.clone());
///         scope.spawn(move || -> Result<(), Error> {
///             let mut store = Store::new(engine, ());
///             let memory = memory.in_store(&mut store)?;
///             let instance = Instance::new(&mut store, module, &[memory.into()])?;
///             let add = instance.get_typed_func::<i32, ()>(&mut store, "add")?;
///             add.call(&mut store, i)
///         });
///     }
/// });
/// assert_eq!(memory.load::<u32>(0)?, 10);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedMemory(Arc<Mapping>);

impl SharedMemory {
    pub(crate) fn of_mapping(mapping: Arc<Mapping>) -> Self {
        Self(mapping)
    }

    /// A zeroed memory, as large as the engine allows at most.
    ///
    /// # Errors
    /// Kind `Limit`: it is larger than the engine allows, or the system has no memory. Kind `Usage`: the type
    /// is not [shared](MemoryType::to_be_shared), has no maximum or one below its minimum, or there are no such
    /// pages.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<Self, Error> {
        if !ty.shared {
            return Err(Error::usage("the type of a shared memory says that it is"));
        }
        check_memory_type(engine.config(), ty)?;
        let mapping = Mapping::new(ty, engine.config().max_memory_size, engine.spaces())?;
        Ok(Self(Arc::new(mapping)))
    }

    /// The memory as something of a store, that modules can import there: the same at each call.
    ///
    /// # Errors
    /// Kind `Limit`: the system has no memory.
    pub fn in_store(&self, mut store: impl AsContextMut) -> Result<Memory, Error> {
        let store = &mut store.context_mut().0.opaque;
        let number = store.add_shared_memory(&self.0)?;
        store.memories.keep(number);
        Ok(Memory::new_handle(store, number))
    }

    /// Its type; the minimum is the current size.
    pub fn ty(&self) -> MemoryType {
        self.0.ty()
    }

    /// Size in pages. It never shrinks.
    pub fn size(&self) -> u64 {
        self.0.pages()
    }

    /// Size in bytes.
    pub fn data_size(&self) -> usize {
        self.0.length()
    }

    /// First byte. It never moves. Others may access the memory in every way that the machine has.
    pub fn data_ptr(&self) -> *mut u8 {
        self.0.base()
    }

    /// Adds pages; gives the old size in pages.
    ///
    /// # Errors
    /// Kind `Limit`: beyond the maximum of the type or of the engine that made it, or the system has no memory.
    pub fn grow(&self, delta: u64) -> Result<u64, Error> {
        self.0.grow_in_place(delta).ok_or_else(|| {
            let pages = self.size();
            Error::limit(format!(
                "a shared memory of {pages} pages cannot grow by {delta} pages"
            ))
        })
    }

    /// Copies from the memory, from `offset` in bytes on.
    ///
    /// # Errors
    /// Kind `Trap`, `MemoryOutOfBounds`: beyond the end.
    pub fn read(&self, offset: usize, buffer: &mut [u8]) -> Result<(), Error> {
        let range = range(offset, buffer.len(), self.data_size())?;
        self.0.read(range, buffer);
        Ok(())
    }

    /// Copies to the memory, from `offset` in bytes on.
    ///
    /// # Errors
    /// As for [`SharedMemory::read`].
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<(), Error> {
        let range = range(offset, bytes.len(), self.data_size())?;
        self.0.write(range, bytes);
        Ok(())
    }

    /// The number at an address in bytes.
    ///
    /// # Errors
    /// Kind `Trap`: `MemoryOutOfBounds` beyond the end, `UnalignedAtomic` where the address is no multiple of
    /// the size.
    pub fn load<A: Atom>(&self, address: u64) -> Result<A, Error> {
        Ok(self.0.load(address)?)
    }

    /// Puts a number at an address in bytes.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn store<A: Atom>(&self, address: u64, value: A) -> Result<(), Error> {
        self.swap(address, value).map(drop)
    }

    /// Puts a number at an address in bytes; gives what was there.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn swap<A: Atom>(&self, address: u64, value: A) -> Result<A, Error> {
        Ok(self.0.swap(address, value)?)
    }

    /// Adds to the number at an address in bytes, wrapping around; gives what was there.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn fetch_add<A: Atom>(&self, address: u64, value: A) -> Result<A, Error> {
        Ok(self.0.fetch_add(address, value)?)
    }

    /// Puts a number at an address in bytes if what is there is as expected; gives what was there.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn compare_exchange<A: Atom>(&self, address: u64, expected: A, new: A) -> Result<A, Error> {
        Ok(self.0.compare_exchange(address, expected, new)?)
    }

    /// `memory.atomic.wait32`: blocks this thread until another notifies, unless what is at the address is not
    /// as expected.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn wait32(
        &self,
        address: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, Error> {
        self.wait(address, expected, timeout)
    }

    /// `memory.atomic.wait64`, as [`SharedMemory::wait32`].
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn wait64(
        &self,
        address: u64,
        expected: u64,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, Error> {
        self.wait(address, expected, timeout)
    }

    fn wait<A: Atom>(
        &self,
        address: u64,
        expected: A,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, Error> {
        Ok(match self.begin(address, expected, timeout)? {
            Begun::Over(result) => result,
            Begun::Waiting(wait) => wait.block(),
        })
    }

    fn begin<A: Atom>(
        &self,
        address: u64,
        expected: A,
        timeout: Option<Duration>,
    ) -> Result<Begun, Error> {
        // 292 years are as good as for ever.
        let timeout = timeout.map_or(-1, |time| {
            i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
        });
        Ok(waits::begin(&self.0, address, expected, timeout)?)
    }

    /// As [`SharedMemory::wait32`], but blocks nobody: what to wait for, as a future or otherwise; or what it came to at
    /// once.
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// let memory = SharedMemory::new(&Engine::default(), MemoryType::new(1, Some(1)).to_be_shared())?;
    /// let wait = memory.wait32_later(8, 0, None)?.expect("what is there is 0");
    /// assert!(wait.result().is_none());
    /// assert_eq!(memory.notify(8, 1)?, 1);
    /// assert_eq!(wait.result(), Some(WaitResult::Woken));
    /// let other = memory.wait32_later(8, 5, None)?;
    /// assert!(matches!(other, Err(WaitResult::NotEqual)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn wait32_later(
        &self,
        address: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<Result<MemoryWait, WaitResult>, Error> {
        self.wait_later(address, expected, timeout)
    }

    /// As [`SharedMemory::wait32_later`].
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn wait64_later(
        &self,
        address: u64,
        expected: u64,
        timeout: Option<Duration>,
    ) -> Result<Result<MemoryWait, WaitResult>, Error> {
        self.wait_later(address, expected, timeout)
    }

    fn wait_later<A: Atom>(
        &self,
        address: u64,
        expected: A,
        timeout: Option<Duration>,
    ) -> Result<Result<MemoryWait, WaitResult>, Error> {
        Ok(match self.begin(address, expected, timeout)? {
            Begun::Over(result) => Err(result),
            Begun::Waiting(wait) => Ok(wait),
        })
    }

    /// As [`SharedMemory::wait32`], but every so often asks whether to go on: `None` where not.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn wait32_while(
        &self,
        address: u64,
        expected: u32,
        timeout: Option<Duration>,
        every: Duration,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<WaitResult>, Error> {
        self.wait_while(address, expected, timeout, every, go_on)
    }

    /// As [`SharedMemory::wait64`], but every so often asks whether to go on: `None` where not.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`].
    pub fn wait64_while(
        &self,
        address: u64,
        expected: u64,
        timeout: Option<Duration>,
        every: Duration,
        go_on: impl FnMut() -> bool,
    ) -> Result<Option<WaitResult>, Error> {
        self.wait_while(address, expected, timeout, every, go_on)
    }

    fn wait_while<A: Atom>(
        &self,
        address: u64,
        expected: A,
        timeout: Option<Duration>,
        every: Duration,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Option<WaitResult>, Error> {
        let wait = match self.begin(address, expected, timeout)? {
            Begun::Over(result) => return Ok(Some(result)),
            Begun::Waiting(wait) => wait,
        };
        loop {
            match wait.block_for(every) {
                None if go_on() => {}
                over => return Ok(over),
            }
        }
    }

    /// `memory.atomic.notify`: wakes the first `count` who wait at an address, in WebAssembly or the host;
    /// gives how many there were.
    ///
    /// # Errors
    /// As for [`SharedMemory::load`] of a `u32`.
    pub fn notify(&self, address: u64, count: u32) -> Result<u32, Error> {
        self.0.check_atomic(address, 4)?;
        Ok(self.0.waits.wake(address, count))
    }

    /// Whether both are the same memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMemory")
            .field("type", &self.ty())
            .finish_non_exhaustive()
    }
}
