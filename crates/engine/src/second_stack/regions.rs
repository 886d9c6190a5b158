//! Regions: where they come from, who has them, whether they are sound.

use crate::error::Error;
use crate::func::Func;
use crate::slots::{FuncNumber, GlobalNumber, MemoryNumber};
use crate::store::{AsContextMut, OpaqueContext};
use crate::typed::TypedFunc;
use crate::vm::store::StoreOpaque;
use bident_abi::{TrapCode, WASM_PAGE};
use bident_module::printable;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) const GUARD: u32 = 64;
const ALIGNMENT: u64 = 16;
/// A pointer is 32 bits wide, so the end of a memory of 4 GiB is none.
const HIGHEST_TOP: u64 = (1 << 32) - ALIGNMENT;
/// Over how many regions one overflow reaches, at most. A pointer farther away is none of an overflow.
const REACH: usize = 64;

/// Where regions come from.
pub(super) enum Source {
    Allocator {
        malloc: TypedFunc<u32, u32>,
        free: TypedFunc<u32, ()>,
    },
    Pages,
    Range(Range<u64>),
    /// There is one region: the whole stack. The pointer stays whatever it is, and nothing is checked.
    Whole,
}

impl Source {
    /// A range that has room for at least one region of this size.
    pub(super) fn range(bytes: &Range<u32>, size: u64) -> Result<Self, Error> {
        let (start, end) = (u64::from(bytes.start), u64::from(bytes.end));
        let start = start.next_multiple_of(ALIGNMENT);
        if start + size > end {
            return Err(Error::usage(format!(
                "the range {bytes:?} has no room for a region of {size} bytes"
            )));
        }
        Ok(Self::Range(start..end))
    }
}

/// The regions of a second stack. Calls that have some may outlive their store, hence the `Arc` around it.
pub(crate) struct Pool {
    pub(super) pointer: GlobalNumber,
    pub(super) memory: MemoryNumber,
    pub(super) source: Source,
    /// Of a region, in bytes, guard included.
    pub(super) size: u64,
    /// How many there may be.
    pub(super) most: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By their low ends.
    regions: BTreeMap<u64, Extent>,
    /// Low ends of those that no call has. There is always room for all.
    idle: Vec<u64>,
    /// Low ends of those that another call wrote over.
    spoilt: BTreeSet<u64>,
    /// How many there are or are being made.
    count: u32,
}

struct Extent {
    top: u64,
    /// What the allocator gave for it.
    allocation: u32,
}

/// The region of a call that may park. Dropped, it is idle again.
pub(crate) struct Region {
    pub(super) pool: Arc<Pool>,
    low: u64,
    top: u64,
    /// The pointer of the call while it does not run.
    pub(super) pointer: u64,
}

impl Drop for Region {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        if self.pool.is_whole() {
            state.count -= 1;
        } else {
            // Drops have no room to fail: `State::add` has reserved it.
            state.idle.push(self.low);
        }
    }
}

/// A region that is being made counts.
struct Making<'a>(&'a Pool);

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.0.lock().count -= 1;
    }
}

impl Pool {
    pub(super) fn new(
        pointer: GlobalNumber,
        memory: MemoryNumber,
        source: Source,
        size: u64,
        most: u32,
    ) -> Self {
        Self {
            pointer,
            memory,
            source,
            size,
            most,
            state: Mutex::default(),
        }
    }

    /// The global that is the pointer.
    pub(crate) fn pointer(&self) -> GlobalNumber {
        self.pointer
    }

    /// The memory that regions lie in.
    pub(crate) fn memory(&self) -> MemoryNumber {
        self.memory
    }

    /// What allocates, if the guest does.
    pub(crate) fn functions(&self) -> [Option<FuncNumber>; 2] {
        match &self.source {
            Source::Allocator { malloc, free } => {
                [malloc.func(), free.func()].map(|f| Some(f.number()))
            }
            _ => [None, None],
        }
    }

    /// Whether it has one region: the whole stack.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.source, Source::Whole)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn used(&self) -> u32 {
        let state = self.lock();
        (state.regions.len() - state.idle.len()) as u32
    }

    pub(super) fn all(&self) -> u32 {
        self.lock().regions.len() as u32
    }

    /// A region for a call: an idle one, else a new one.
    pub(super) fn take(
        self: &Arc<Self>,
        store: &mut impl AsContextMut,
    ) -> Result<Box<Region>, Error> {
        if self.is_whole() {
            return self.take_whole();
        }
        let idle = self.lock().take_idle();
        let (low, top) = match idle {
            Some(extent) => extent,
            None => self.make(store)?,
        };
        let region = Box::new(Region {
            pool: self.clone(),
            low,
            top,
            pointer: top,
        });
        let memory = &mut store.context_mut().0.opaque.memories[self.memory];
        if region.guard_range().end <= memory.length() {
            memory.set(region.guard_range(), &region.guard());
        }
        Ok(region)
    }

    /// The whole stack, if no other call has it.
    fn take_whole(self: &Arc<Self>) -> Result<Box<Region>, Error> {
        let mut state = self.lock();
        if state.count > 0 {
            return Err(Error::usage(
                "another call of the instance has not ended, and both would use its stack in linear memory \
                 (`__stack_pointer`) and write over each other: give each a region of it (`SecondStack::new`), \
                 or let them share it (`Config::share_second_stack`)",
            ));
        }
        state.count = 1;
        drop(state);
        Ok(Box::new(Region {
            pool: self.clone(),
            low: 0,
            top: 0,
            pointer: 0,
        }))
    }

    fn make(&self, store: &mut impl AsContextMut) -> Result<(u64, u64), Error> {
        match &self.source {
            Source::Allocator { malloc, .. } => self.allocate(store, malloc),
            Source::Pages => self.add_pages(&mut store.context_mut().0.opaque),
            Source::Range(range) => self.carve(&store.context_mut().0.opaque, range),
            Source::Whole => Err(Error::usage("the stack has no regions")),
        }
    }

    /// An error, unless there may be one more; counts it.
    fn count_one(&self) -> Result<Making<'_>, Error> {
        let mut state = self.lock();
        if state.count >= self.most {
            let most = self.most;
            return Err(Error::limit(format!(
                "all {most} regions of the second stack are in use"
            )));
        }
        state.count += 1;
        Ok(Making(self))
    }

    fn allocate(
        &self,
        store: &mut impl AsContextMut,
        malloc: &TypedFunc<u32, u32>,
    ) -> Result<(u64, u64), Error> {
        let making = self.count_one()?;
        let request = self.size + ALIGNMENT - 1;
        // Whatever it calls may take, make and give back regions.
        let address = malloc.call(&mut *store, request as u32)?;
        if address == 0 {
            return Err(Error::limit(format!(
                "the program's allocator has no {request} bytes for a region of its second stack"
            )));
        }
        let end = u64::from(address) + request;
        let size = store.context_mut().0.opaque.memories[self.memory].length() as u64;
        let low = u64::from(address).next_multiple_of(ALIGNMENT);
        let mut state = self.lock();
        if end > size || state.overlaps(low, low + self.size) {
            let wrong = match end > size {
                true => format!("end beyond the {size} of the memory"),
                false => "overlap those of another region".to_owned(),
            };
            return Err(Error::usage(format!(
                "the program's allocator gave {request} bytes at {address:#x} for a region of its second \
                 stack, which {wrong}"
            )));
        }
        let extent = state.add(low, self.size, address)?;
        std::mem::forget(making);
        Ok(extent)
    }

    /// Adds pages for as many regions as there are, so that the number of times goes with the logarithm;
    /// where that is too much, for one.
    fn add_pages(&self, store: &mut StoreOpaque) -> Result<(u64, u64), Error> {
        let making = self.count_one()?;
        let others = self.lock().count - 1;
        let wanted = others.clamp(1, self.most - others);
        let mut grown = None;
        for regions in [wanted, 1] {
            let pages = (u64::from(regions) * self.size).div_ceil(WASM_PAGE);
            grown = store
                .grow_memory(self.memory, pages)?
                .map(|before| (before, pages));
            if grown.is_some() {
                break;
            }
        }
        let (before, pages) = grown.ok_or_else(|| {
            let pages = store.memories[self.memory].pages();
            Error::limit(format!(
                "no room for a region of the second stack, {} bytes: the memory of {pages} pages cannot grow",
                self.size
            ))
        })?;
        let room = pages * WASM_PAGE / self.size;
        let number = room.min(u64::from(self.most - others));
        let low = |i| before * WASM_PAGE + i * self.size;
        let mut state = self.lock();
        let first = state.add(low(0), self.size, 0)?;
        std::mem::forget(making);
        for i in (1..number).rev() {
            // Without memory for their list, those that are left are never used.
            let Ok((low, _)) = state.add(low(i), self.size, 0) else {
                break;
            };
            state.count += 1;
            state.idle.push(low);
        }
        Ok(first)
    }

    fn carve(&self, store: &StoreOpaque, range: &Range<u64>) -> Result<(u64, u64), Error> {
        let making = self.count_one()?;
        let mut state = self.lock();
        let low = range.start + u64::from(state.count - 1) * self.size;
        let (end, size) = (low + self.size, store.memories[self.memory].length() as u64);
        let missing = if end > range.end {
            let room = (range.end - range.start) / self.size;
            Some(Error::limit(format!(
                "all {room} regions of the second stack are in use: its range {range:?} has no room for \
                 another"
            )))
        } else if end > size {
            Some(Error::limit(format!(
                "the range {range:?} of the second stack is beyond the {size} bytes of the memory"
            )))
        } else {
            None
        };
        let made = match missing {
            Some(error) => Err(error),
            None => state.add(low, self.size, 0),
        };
        drop(state);
        if made.is_ok() {
            std::mem::forget(making);
        }
        made
    }

    /// Frees what idle regions have of the allocator.
    pub(super) fn trim(&self, store: &mut impl AsContextMut) -> Result<(), Error> {
        let Source::Allocator { free, .. } = &self.source else {
            return Ok(());
        };
        loop {
            let idle = self.lock().remove_idle();
            let Some(allocation) = idle else {
                return Ok(());
            };
            free.call(&mut *store, allocation)?;
        }
    }
}

impl State {
    fn take_idle(&mut self) -> Option<(u64, u64)> {
        let low = self.idle.pop()?;
        self.spoilt.remove(&low);
        Some((low, self.regions.get(&low)?.top))
    }

    fn remove_idle(&mut self) -> Option<u32> {
        let low = self.idle.pop()?;
        self.spoilt.remove(&low);
        self.count -= 1;
        Some(self.regions.remove(&low)?.allocation)
    }

    fn overlaps(&self, low: u64, end: u64) -> bool {
        let below = self.regions.range(..end).next_back();
        below.is_some_and(|(_, extent)| extent.top > low)
    }

    /// Adds a region that somebody has, and room for it among the idle ones.
    fn add(&mut self, low: u64, size: u64, allocation: u32) -> Result<(u64, u64), Error> {
        let needed = self.regions.len() + 1 - self.idle.len();
        let reserved = self.idle.try_reserve(needed);
        reserved.map_err(|_| Error::limit("no memory for the list of regions"))?;
        let top = (low + size).min(HIGHEST_TOP);
        self.regions.insert(low, Extent { top, allocation });
        Ok((low, top))
    }

    /// A call has written below its region, to an address or not much farther than its low end.
    fn spoil_below(&mut self, low: u64, reached: u64, size: u64) {
        let below = self.regions.range(..low).rev().take(REACH);
        for (&other, extent) in below {
            if extent.top <= reached.min(low.saturating_sub(size)) {
                break;
            }
            self.spoilt.insert(other);
        }
    }
}

impl Region {
    fn guard_range(&self) -> Range<usize> {
        let low = self.low as usize;
        low..low + GUARD as usize
    }

    /// What the guard must be.
    fn guard(&self) -> [u8; GUARD as usize] {
        let word = (self.low ^ 0x5a17_c0de_9e37_79b9).rotate_left(21);
        let mut bytes = [0; GUARD as usize];
        for (i, part) in bytes.chunks_exact_mut(8).enumerate() {
            part.copy_from_slice(&word.wrapping_mul(2 * i as u64 + 1).to_le_bytes());
        }
        bytes
    }

    /// Whether the call that has it, which does not run, has kept to it, and others out of it.
    ///
    /// # Errors
    /// The trap. Whoever has a region that was overwritten will meet it, too.
    #[inline]
    pub(super) fn check(&self, store: &StoreOpaque, func: FuncNumber) -> Result<(), Error> {
        if self.pool.is_whole() {
            return Ok(());
        }
        let memory = &store.memories[self.pool.memory];
        let whole = memory.holds(self.guard_range(), &self.guard());
        let inside = (self.low + u64::from(GUARD)..=self.top).contains(&self.pointer);
        let spoilt = {
            let state = self.pool.lock();
            !state.spoilt.is_empty() && state.spoilt.contains(&self.low)
        };
        match whole && inside && !spoilt {
            true => Ok(()),
            false => Err(self.unsound(store, func, whole, inside)),
        }
    }

    #[cold]
    fn unsound(&self, store: &StoreOpaque, func: FuncNumber, whole: bool, inside: bool) -> Error {
        if !whole || self.pointer < self.low + u64::from(GUARD) {
            let mut state = self.pool.lock();
            state.spoil_below(self.low, self.pointer, self.pool.size);
        }
        let known = store.funcs.get(func).is_some();
        let func = known.then(|| Func::new_handle(store, func));
        let name = func.and_then(|func| func.name(OpaqueContext(store)));
        let name = match &name {
            Some(name) => format!("`{}`", printable(name)),
            None => "a function".to_owned(),
        };
        let (low, top) = (self.low + u64::from(GUARD), self.top);
        let what = match (inside, whole) {
            (false, _) => format!("and its pointer is {:#x}", self.pointer),
            (true, false) => "and wrote below them".to_owned(),
            (true, true) => "which another call that had exhausted its own overwrote".to_owned(),
        };
        let size = top - low;
        Error::out_of_bounds(
            TrapCode::SecondStackOverflow,
            format_args!("a call of {name} has {size} bytes there, {low:#x} to {top:#x}, {what}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_at_the_end_of_four_gibibytes_has_a_pointer() {
        let mut state = State::default();
        let low = (1 << 32) - 4096;
        let (_, top) = state.add(low, 4096, 0).unwrap();
        assert_eq!(u64::from(u32::try_from(top).unwrap()), top);
        assert_eq!(top % ALIGNMENT, 0);
    }

    #[test]
    fn regions_overlap_where_they_share_a_byte() {
        let mut state = State::default();
        state.add(4096, 4096, 0).unwrap();
        for (low, end, overlaps) in [
            (0, 4096, false),
            (0, 4097, true),
            (5000, 5001, true),
            (8191, 9000, true),
            (8192, 9000, false),
            (0, 10_000, true),
        ] {
            assert_eq!(state.overlaps(low, end), overlaps, "{low} to {end}");
        }
    }

    #[test]
    fn an_overflow_spoils_what_it_reached() {
        let mut state = State::default();
        for low in [0, 1000, 2000, 3000, 9000] {
            state.add(low, 1000, 0).unwrap();
        }
        // How far, nobody knows: the next one.
        state.spoil_below(3000, 3500, 1000);
        assert_eq!(state.spoilt, BTreeSet::from([2000]));
        state.spoil_below(3000, 1500, 1000);
        assert_eq!(state.spoilt, BTreeSet::from([1000, 2000]));
        // Nothing is near.
        state.spoil_below(9000, 9500, 1000);
        assert_eq!(state.spoilt, BTreeSet::from([1000, 2000]));
    }
}
