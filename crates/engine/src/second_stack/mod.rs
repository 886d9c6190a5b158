//! The second stack of C programs, a part of it for each call that may park.
//!
//! Compilers of C, C++ and Rust keep arrays, and variables whose address is taken, on a stack in linear
//! memory. It grows downwards from a global, its *pointer*, which all calls of the instance share:
//! tools call it `__stack_pointer`. Two calls that are parked at the same time and end in any order but
//! the reverse one would write over each other there. So each gets a *region* of its own:
//!
//! ```text
//!  linear memory                                                            pointer
//!  ┌──────┬───────────────┬───────┬┬──────────────┬┬──────────────┬┬─────────────┐
//!  │ data │ ◄──main stack │ heap  ││ ◄────call 1  ││ ◄──call 2    ││        idle │
//!  └──────┴───────────────┴───────┴┴──────────────┴┴──────────────┴┴─────────────┘
//!                         ▲        ▲ guard: 64 bytes that must stay as they are
//!                         └ plain calls (`Func::call`): they end before anything else runs
//!
//!  state of a call      pointer                                   region
//!  start                kept aside, then the top of the region    taken
//!  parks                the call's goes into the region's record,  stays the call's: addresses into it
//!                       the one kept aside comes back              are good, so imports may write there
//!  resume, throw        kept aside, then the call's               the same
//!  return, trap, throw, the one kept aside comes back             given back
//!  panic
//!  cancel, drop         (the call does not run)                   given back, without the store
//! ```
//!
//! What is kept aside is what the code had that is interrupted: nothing, the main stack's, or that of a
//! call whose host function starts or resumes another. A plain call from such a host function goes on
//! below it, as a call in C would.
//!
//! **Overflow.** Compiled code does not know where its region ends. Where a call parks or ends, the pointer
//! must lie in the region and the guard be whole; else the call traps. What lies below was overwritten by
//! then: a call that has the next region below traps, too, when it would go on.
//!
//! **Regions come** from the guest's own allocator, from pages that the host adds to the memory, or from a
//! range that the user names; those that were given back are used again. The guest is not trusted: its
//! allocator may fail, lie or call back; that harms nobody but the guest.
//!
//! **Without regions** calls use the whole stack, one at a time: while one has not ended another is refused, unless the
//! store lets them share it ([`crate::Config::share_second_stack`]).
//!
//! **Which calls.** An instance takes part if it has the pointer: the instance that the stack was made for,
//! those that share the global with it, those that join ([`SecondStack::join`]).

mod calls;
mod find;
mod regions;

pub(crate) use calls::{go_on, region_for, start};
pub(crate) use find::usual_pointer;
pub(crate) use regions::{Pool, Region};

use crate::alloc;
use crate::error::Error;
use crate::global::Global;
use crate::instance::Instance;
use crate::kept::not_there;
use crate::list::Position;
use crate::slots::{FuncNumber, GlobalNumber, InstanceNumber, SecondNumber};
use crate::store::{AsContext, AsContextMut};
use crate::vm::store::{StoreId, StoreOpaque};
use bident_module::MemoryIndex;
use find::Pointer;
use regions::Source;
use std::ops::Range;
use std::sync::Arc;

/// Where the pointer of a second stack is, where its regions come from, how large and how many they
/// may be.
#[derive(Clone, Debug)]
pub struct SecondStackOptions {
    pointer: Pointer,
    from: Origin,
    region_size: u32,
    max_regions: u32,
}

/// Where regions come from, as the user says it.
#[derive(Clone, Debug)]
enum Origin {
    Unsaid,
    Allocator(String, String),
    Pages,
    Range(Range<u32>),
}

impl Default for SecondStackOptions {
    fn default() -> Self {
        Self {
            pointer: Pointer::Usual,
            from: Origin::Unsaid,
            region_size: 64 << 10,
            max_regions: 16_384,
        }
    }
}

impl SecondStackOptions {
    /// The defaults: the pointer is the global that is exported or imported as `__stack_pointer`, or has
    /// this name in the name section. Regions come from `malloc` and `free` if the instance exports
    /// them, else from new pages.
    pub fn new() -> Self {
        Self::default()
    }

    /// The pointer is the global with this export name.
    pub fn pointer_export(mut self, name: impl Into<String>) -> Self {
        self.pointer = Pointer::Export(name.into());
        self
    }

    /// The pointer is the global with this position in the module, imports counted.
    pub fn pointer_index(mut self, index: u32) -> Self {
        self.pointer = Pointer::Index(index);
        self
    }

    /// Size of a region in bytes, [`Self::GUARD`] of them for the guard; rounded up to a multiple of 16.
    /// Default: 64 KiB, what linkers give the main stack.
    pub fn region_size(mut self, bytes: u32) -> Self {
        self.region_size = bytes;
        self
    }

    /// How many regions there may be, used and idle. A start that needs another fails then with an error
    /// of kind `Limit`. Default: 16,384.
    pub fn max_regions(mut self, most: u32) -> Self {
        self.max_regions = most;
        self
    }

    /// Regions come from these exports, of the types of C's `malloc` and `free`: `[i32] -> [i32]` and
    /// `[i32] -> []`. They are called on the stack of whoever runs, by [`crate::Func::call`].
    pub fn allocator(mut self, malloc: impl Into<String>, free: impl Into<String>) -> Self {
        self.from = Origin::Allocator(malloc.into(), free.into());
        self
    }

    /// Regions come from pages that are added to the memory. Not for programs whose allocator takes
    /// everything up to the end of the memory for its own, as Emscripten's does: those export `malloc`.
    pub fn new_pages(mut self) -> Self {
        self.from = Origin::Pages;
        self
    }

    /// Regions come from this part of the memory, in bytes, which the program leaves alone.
    pub fn range(mut self, bytes: Range<u32>) -> Self {
        self.from = Origin::Range(bytes);
        self
    }

    /// Bytes at the low end of a region by whose change an overflow is noticed.
    pub const GUARD: u32 = regions::GUARD;

    /// The size of a region, rounded.
    fn size(&self) -> Result<u64, Error> {
        let (least, most) = (4 * Self::GUARD, 1 << 30);
        if !(least..=most).contains(&self.region_size) {
            return Err(Error::usage(format!(
                "a region of {} bytes: it must have {least} to {most}",
                self.region_size
            )));
        }
        Ok(u64::from(self.region_size.next_multiple_of(16)))
    }
}

/// The stack of a C program in linear memory, from which each call that may park has a region of its own.
///
/// Made for an instance, once, before any of its calls parks. From then on [`crate::Func::start`] of a
/// function of the instance gives the call a region, whoever starts it; the region is given back where the
/// call ends or is dropped. Nothing else changes: neither plain calls, nor what becomes of a parked call.
///
/// ```
/// use bident::{Engine, Error, Instance, Module, Outcome, SecondStack, SecondStackOptions, Store};
/// use bident::{Extern, Func, Reply, Val};
///
/// # fn main() -> Result<(), Error> {
/// # let engine = Engine::default();
/// // What clang makes of: int ask() { int answer = 0; wait(&answer); return answer; }
/// let module = Module::from_text_or_binary(&engine, br#"(module
///     (import "host" "wait" (func $wait (param i32)))
///     (memory (export "memory") 2)
///     (global $__stack_pointer (mut i32) (i32.const 65536))
///     (func (export "ask") (result i32) (local $frame i32)
///       (global.set $__stack_pointer
///         (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
///       (i32.store (local.get $frame) (i32.const 0))
///       (call $wait (local.get $frame))
///       (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16)))
///       (i32.load (local.get $frame))))"#)?;
/// let mut store = Store::new(&engine, ());
/// let wait = Func::wrap(&mut store, |address: u32| Reply::<(), _>::Pending(address))?;
/// let instance = Instance::new(&mut store, &module, &[Extern::Func(wait)])?;
/// SecondStack::new(&mut store, &instance, &SecondStackOptions::new())?;
///
/// let memory = instance.get_memory(&mut store, "memory").unwrap();
/// let ask = instance.get_func(&mut store, "ask").unwrap();
/// let Outcome::Parked(mut a) = ask.start(&mut store, &[])? else { unreachable!() };
/// let Outcome::Parked(mut b) = ask.start(&mut store, &[])? else { unreachable!() };
/// // Both wait, and their answers are written where they wait for them.
/// for (call, answer) in [(&mut a, 1_i32), (&mut b, 2)] {
///     let address = call.payload().take::<u32>().unwrap();
///     memory.write(&mut store, address as usize, &answer.to_le_bytes())?;
/// }
/// let Outcome::Returned(results) = a.resume(&mut store, &[])? else { unreachable!() };
/// assert_eq!(results[0].i32(), Some(1));
/// let Outcome::Returned(results) = b.resume(&mut store, &[])? else { unreachable!() };
/// assert_eq!(results[0].i32(), Some(2));
/// # Ok(())
/// # }
/// ```
///
/// Once a parked call is cancelled, others use its region: what was to write an answer there must not any
/// more. A continuation has no region: programs that make some, or switch the pointer themselves, are not
/// for this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SecondStack {
    store: StoreId,
    number: SecondNumber,
}

impl SecondStack {
    /// Makes one for an instance.
    ///
    /// # Errors
    /// Kind `Usage`: the pointer was not found, or is no mutable `i32`; the instance has no memory, or
    /// one with 64-bit positions or other pages, or has a second stack; the exports that are to allocate are not there, or of another type; a size or range
    /// makes no sense; the instance belongs to another store. Kind `Limit`: no memory.
    pub fn new(
        mut store: impl AsContextMut,
        instance: &Instance,
        options: &SecondStackOptions,
    ) -> Result<Self, Error> {
        let mut context = store.context_mut();
        let number = instance.number_in(&context.0.opaque)?;
        let pointer = find::pointer(&context.0.opaque, number, &options.pointer)?;
        let size = options.size()?;
        let from = options.source(&mut context, instance, size)?;
        let store = &mut context.0.opaque;
        let items = &store.instances[number].items;
        let memory = items.memories.get(MemoryIndex(0));
        let memory = *memory.ok_or_else(|| Error::usage("the instance has no memory"))?;
        let ty = store.memories[memory].ty();
        if !find::can_hold(&ty) {
            return Err(Error::usage(
                "a second stack lies in a memory with 32-bit positions and pages of 64 KiB, which memory 0 is not",
            ));
        }
        let there = [
            store.globals[pointer].second,
            store.instances[number].second,
        ];
        if there.into_iter().any(|second| store.has_regions(second)) {
            return Err(Error::usage("the instance has a second stack already"));
        }
        let pool = Pool::new(pointer, memory, from, size, options.max_regions);
        let pool = Arc::new(pool);
        let second = store.seconds.push(pool, "a second stack")?;
        store.globals[pointer].second = Some(second);
        store.share(second, pointer);
        Ok(Self {
            store: store.id,
            number: second,
        })
    }

    /// The one that calls of an instance use.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn of(store: impl AsContext, instance: &Instance) -> Option<Self> {
        let store = store.opaque().0;
        let number = match instance.number_in(store) {
            Ok(number) => number,
            Err(error) => panic!("{error}"),
        };
        let second = store.instances[number].second;
        Some(Self {
            store: store.id,
            number: second.filter(|_| store.has_regions(second))?,
        })
    }

    /// Lets another instance take part: calls that begin in it have a region of this stack. For modules
    /// that do not have the pointer but call into instances that do.
    ///
    /// # Errors
    /// Kind `Usage`: it has another second stack, or one of both belongs to another store.
    pub fn join(&self, mut store: impl AsContextMut, instance: &Instance) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let number = instance.number_in(store)?;
        match store.instances[number].second {
            Some(other) if other != own && store.has_regions(Some(other)) => {
                Err(Error::usage("the instance has another second stack"))
            }
            _ => {
                store.set_second(number, own);
                Ok(())
            }
        }
    }

    /// The pointer.
    ///
    /// # Panics
    /// If it belongs to another store; so do the functions below.
    pub fn pointer(&self, store: impl AsContext) -> Global {
        let store = store.opaque().0;
        Global::new_handle(store, self.pool(store).pointer)
    }

    /// How many regions calls have now.
    pub fn used_regions(&self, store: impl AsContext) -> u32 {
        self.pool(store.opaque().0).used()
    }

    /// How many regions there are, used and idle.
    pub fn regions(&self, store: impl AsContext) -> u32 {
        self.pool(store.opaque().0).all()
    }

    /// Gives the memory of idle regions back, where they come from the program's allocator. Others stay.
    ///
    /// # Errors
    /// What `free` fails with; regions that are left stay idle.
    pub fn trim(&self, mut store: impl AsContextMut) -> Result<(), Error> {
        let mut context = store.context_mut();
        let number = self.number_in(&context.0.opaque)?;
        let pool = context.0.opaque.seconds[number].clone();
        pool.trim(&mut context)
    }

    fn number_in(self, store: &StoreOpaque) -> Result<SecondNumber, Error> {
        if self.store == store.id && store.seconds.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("a second stack", self.store == store.id))
        }
    }

    fn pool(self, store: &StoreOpaque) -> &Arc<Pool> {
        assert!(self.store == store.id, "a second stack of another store");
        &store.seconds[self.number]
    }
}

impl SecondStackOptions {
    /// Where regions come from, with the functions that allocate.
    fn source(
        &self,
        store: &mut impl AsContextMut,
        instance: &Instance,
        size: u64,
    ) -> Result<Source, Error> {
        let mut exported = |name: &str| instance.get_func(&mut *store, name);
        let (malloc, free) = match &self.from {
            Origin::Pages => return Ok(Source::Pages),
            Origin::Range(range) => return Source::range(range, size),
            Origin::Allocator(malloc, free) => (malloc.as_str(), free.as_str()),
            Origin::Unsaid => match (exported("malloc"), exported("free")) {
                (Some(_), Some(_)) => ("malloc", "free"),
                _ => return Ok(Source::Pages),
            },
        };
        Ok(Source::Allocator {
            malloc: instance.get_typed_func(&mut *store, malloc)?,
            free: instance.get_typed_func(&mut *store, free)?,
        })
    }
}

impl StoreOpaque {
    /// All instances that have the pointer use the stack.
    fn share(&mut self, second: SecondNumber, pointer: GlobalNumber) {
        for position in 0..=self.globals[pointer].importers.len() {
            let global = &self.globals[pointer];
            let importer = global.importers.get(position).copied();
            if let Some(instance) = importer.or(global.home)
                && !self.has_regions(self.instances[instance].second)
            {
                self.set_second(instance, second);
            }
        }
    }

    /// An instance is made: notes which globals it has, and whether one is the pointer of a second stack.
    pub(crate) fn take_part(&mut self, instance: InstanceNumber) -> Result<(), Error> {
        let data = &self.instances[instance];
        let imported = data.module.inner().imported.globals as usize;
        let mut second = None;
        for (index, &global) in data.items.globals.entries() {
            let global = &mut self.globals[global];
            if index.position() < imported && global.ty.mutable {
                alloc::push(&mut global.importers, instance, "an instance")?;
                second = second.or(global.second);
            }
        }
        let second = match second {
            None if !self.share_second_stack => self.one_call_at_a_time(instance)?,
            second => second,
        };
        if let Some(second) = second {
            self.set_second(instance, second);
        }
        Ok(())
    }

    /// Lets one call at a time use the stack that an instance has, if it has one.
    fn one_call_at_a_time(
        &mut self,
        instance: InstanceNumber,
    ) -> Result<Option<SecondNumber>, Error> {
        let data = &self.instances[instance];
        let Some(pointer) = data.module.stack_pointer() else {
            return Ok(None);
        };
        let memory = data.items.memories.get(MemoryIndex(0));
        let (Some(&pointer), Some(&memory)) = (data.items.globals.get(pointer), memory) else {
            return Ok(None);
        };
        let pool = Pool::new(pointer, memory, Source::Whole, 0, 1);
        let second = self.seconds.push(Arc::new(pool), "a second stack")?;
        self.globals[pointer].second = Some(second);
        Ok(Some(second))
    }

    /// Whether calls have regions there.
    fn has_regions(&self, second: Option<SecondNumber>) -> bool {
        second.is_some_and(|second| !self.seconds[second].is_whole())
    }

    /// The second stack that calls of a function use.
    pub(crate) fn second_of(&self, func: FuncNumber) -> Option<SecondNumber> {
        let (instance, _) = self.defining(func)?;
        self.instances.get(instance)?.second
    }
}
