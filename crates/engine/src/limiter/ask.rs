//! Asking the limiter of a store, and doing what it allows.

use super::{Limiter, Permission, ResourceLimiter, ResourceLimiterAsync};
use crate::asynchronous::Awaited;
use crate::error::Error;
use crate::slots::{MemoryNumber, TableNumber};
use crate::tasks::TaskCount;
use crate::vm::builtins::{FAILED, Stop};
use crate::vm::held::Held;
use crate::vm::polling::{self, Key};
use crate::vm::store::StoreOpaque;
use bident_abi::TrapCode;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Bytes of stacks, or of objects, that are asked for at a time.
const STEP: usize = 64 << 10;

/// A memory or a table that is to grow.
pub(crate) struct Growth {
    what: What,
    delta: u64,
}

enum What {
    Memory(MemoryNumber),
    Table(TableNumber, Element),
}

/// What new elements are; not lost while the growth waits.
struct Element {
    word: u64,
    _held: Option<Arc<Held>>,
}

/// What the limiter is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sizes {
    current: u64,
    desired: u64,
    maximum: Option<u64>,
}

/// How far a growth came.
enum Asked {
    /// This is what the instruction gives.
    Over(u64),
    Waits(Sizes, Permission),
}

impl Growth {
    pub(crate) fn of_memory(memory: MemoryNumber, delta: u64) -> Self {
        Self {
            what: What::Memory(memory),
            delta,
        }
    }

    pub(crate) fn of_table(table: TableNumber, delta: u64, element: u64) -> Self {
        let element = Element {
            word: element,
            _held: None,
        };
        Self {
            what: What::Table(table, element),
            delta,
        }
    }

    /// Before and afterwards; `None` where its type or the engine does not allow it.
    fn sizes(&self, store: &StoreOpaque) -> Option<Sizes> {
        match &self.what {
            What::Memory(memory) => {
                let memory = &store.memories[*memory];
                let desired = memory.length_with(self.delta)?;
                let ty = memory.ty();
                let maximum = ty
                    .limits
                    .max
                    .map(|pages| pages.saturating_mul(ty.page_size()));
                Some(Sizes {
                    current: memory.length() as u64,
                    desired,
                    maximum,
                })
            }
            What::Table(table, _) => {
                let table = &store.tables[*table];
                Some(Sizes {
                    current: table.elements().len() as u64,
                    desired: table.length_with(self.delta)?,
                    maximum: table.ty.limits.max,
                })
            }
        }
    }

    fn perform(&self, store: &mut StoreOpaque) -> Option<u64> {
        match &self.what {
            What::Memory(memory) => store.grow_memory_now(*memory, self.delta),
            What::Table(table, element) => store.grow_table_now(*table, self.delta, element.word),
        }
    }

    fn ask(&self, limiter: &mut dyn ResourceLimiter, sizes: Sizes) -> Result<bool, Error> {
        let Sizes {
            current,
            desired,
            maximum,
        } = sizes;
        match self.what {
            What::Memory(_) => limiter.memory_growing(current, desired, maximum),
            What::Table(..) => limiter.table_growing(current, desired, maximum),
        }
    }

    fn ask_async(&self, limiter: &mut dyn ResourceLimiterAsync, sizes: Sizes) -> Permission {
        let Sizes {
            current,
            desired,
            maximum,
        } = sizes;
        match self.what {
            What::Memory(_) => limiter.memory_growing_async(current, desired, maximum),
            What::Table(..) => limiter.table_growing_async(current, desired, maximum),
        }
    }

    /// It could not be.
    fn tell(&self, limiter: &mut dyn ResourceLimiter) -> Result<(), Error> {
        let delta = self.delta;
        match self.what {
            What::Memory(_) => limiter.memory_grow_failed(Error::limit(format!(
                "a memory cannot grow by {delta} pages"
            ))),
            What::Table(..) => limiter.table_grow_failed(Error::limit(format!(
                "a table cannot grow by {delta} elements"
            ))),
        }
    }

    /// Keeps its element alive, as it is in nobody's hands while the growth waits.
    fn hold(&mut self, store: &mut StoreOpaque) {
        if let What::Table(_, element) = &mut self.what
            && element.word != 0
        {
            element._held = Some(store.hold(element.word));
        }
    }
}

impl StoreOpaque {
    /// Sets the limiter. What there is may stay.
    pub(crate) fn set_limiter(&mut self, limiter: Limiter) {
        self.task_count().limit(limiter.seen().tasks());
        self.limiter = Some(Box::new(limiter));
        self.vm.chains.grant(self.vm.chains.bytes());
        self.objects.grant(0);
    }

    /// Lets something grow that the limiter allows at once: the old size, or `None`.
    pub(crate) fn grow(&mut self, growth: &Growth) -> Result<Option<u64>, Error> {
        if self.limiter.is_none() || growth.delta == 0 {
            return Ok(growth.perform(self));
        }
        let Some(sizes) = growth.sizes(self) else {
            return self.has_not_grown(growth).map(|()| None);
        };
        let allowed = match &mut self.limiter {
            Some(limiter) => growth
                .ask(limiter.now(), sizes)
                .map_err(Error::past_catches)?,
            None => true,
        };
        match allowed {
            true => self.perform(growth),
            false => Ok(None),
        }
    }

    fn perform(&mut self, growth: &Growth) -> Result<Option<u64>, Error> {
        match growth.perform(self) {
            Some(old) => Ok(Some(old)),
            None => self.has_not_grown(growth).map(|()| None),
        }
    }

    fn has_not_grown(&mut self, growth: &Growth) -> Result<(), Error> {
        match &mut self.limiter {
            Some(limiter) => growth.tell(limiter.now()).map_err(Error::past_catches),
            None => Ok(()),
        }
    }

    /// The same for an instruction, whose call waits where the limiter takes its time.
    pub(crate) fn grow_in_guest(&mut self, growth: Growth) -> Result<u64, Stop> {
        let waits = matches!(self.limiter.as_deref(), Some(Limiter::Async(_)));
        if waits && self.vm.chains.may_park() && growth.delta > 0 {
            return self.grow_in_time(growth);
        }
        let grown = self.grow(&growth).map_err(Stop::Error)?;
        Ok(grown.unwrap_or(FAILED))
    }

    #[cold]
    fn grow_in_time(&mut self, mut growth: Growth) -> Result<u64, Stop> {
        let mut asked = self.ask_in_time(&growth).map_err(Stop::Error)?;
        loop {
            let (sizes, mut permission) = match asked {
                Asked::Over(word) => return Ok(word),
                Asked::Waits(sizes, permission) => (sizes, permission),
            };
            let (answer, polled_in) = polling::with_waker(|waker, number| {
                let answer = permission.as_mut().poll(&mut Context::from_waker(waker));
                (answer, number)
            });
            match answer {
                Poll::Ready(answer) => {
                    let settled = self.settle(&growth, sizes, answer);
                    asked = settled.map_err(Stop::Error)?;
                }
                Poll::Pending => {
                    growth.hold(self);
                    let future = wait(Key::of_opaque(self), growth, sizes, permission);
                    return Err(Stop::Await(Awaited::new(Box::pin(future), polled_in)));
                }
            }
        }
    }

    fn ask_in_time(&mut self, growth: &Growth) -> Result<Asked, Error> {
        let Some(sizes) = growth.sizes(self) else {
            self.has_not_grown(growth)?;
            return Ok(Asked::Over(FAILED));
        };
        Ok(match self.limiter.as_deref_mut() {
            Some(Limiter::Async(limiter)) => {
                Asked::Waits(sizes, growth.ask_async(&mut **limiter, sizes))
            }
            // Another was set meanwhile.
            _ => Asked::Over(self.grow(growth)?.unwrap_or(FAILED)),
        })
    }

    /// The limiter has answered. What has grown meanwhile it is asked about again: else two calls that ask at once would
    /// get more than either was allowed.
    fn settle(
        &mut self,
        growth: &Growth,
        sizes: Sizes,
        answer: Result<bool, Error>,
    ) -> Result<Asked, Error> {
        if !answer.map_err(Error::past_catches)? {
            return Ok(Asked::Over(FAILED));
        }
        if growth.sizes(self) != Some(sizes) {
            return self.ask_in_time(growth);
        }
        let grown = self.perform(growth)?;
        Ok(Asked::Over(grown.unwrap_or(FAILED)))
    }

    /// Whether a new memory may have its size.
    pub(crate) fn ask_for_memory(&mut self, bytes: u64, maximum: Option<u64>) -> Result<(), Error> {
        self.ask_for_new(
            |limiter| limiter.memory_growing(0, bytes, maximum),
            format_args!("a memory of {bytes} bytes"),
        )
    }

    /// Whether a new table may have its size.
    pub(crate) fn ask_for_table(&mut self, length: u64, maximum: Option<u64>) -> Result<(), Error> {
        self.ask_for_new(
            |limiter| limiter.table_growing(0, length, maximum),
            format_args!("a table of {length} elements"),
        )
    }

    fn ask_for_new(
        &mut self,
        ask: impl FnOnce(&mut dyn ResourceLimiter) -> Result<bool, Error>,
        what: fmt::Arguments<'_>,
    ) -> Result<(), Error> {
        let Some(limiter) = &mut self.limiter else {
            return Ok(());
        };
        match ask(limiter.now()).map_err(Error::past_catches)? {
            true => Ok(()),
            false => Err(Error::refused(what)),
        }
    }

    /// Whether there may be one more than so many.
    pub(crate) fn check_count(
        &self,
        what: &str,
        count: usize,
        most: fn(&dyn ResourceLimiter) -> usize,
    ) -> Result<(), Error> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let most = most(limiter.seen());
        match count < most {
            true => Ok(()),
            false => Err(Error::full(format!(
                "the store has {count} {what}, and its limiter allows {most}"
            ))),
        }
    }

    /// Whether there may be one more memory.
    pub(crate) fn check_memories(&self) -> Result<(), Error> {
        let count = self.memories.len();
        self.check_count("memories", count, ResourceLimiter::memories)
    }

    /// Counts the store's tasks.
    pub(crate) fn task_count(&self) -> &Arc<TaskCount> {
        self.tasks.get_or_init(Arc::default)
    }

    /// Asks for more memory for stacks, as much as was wanted last; whether it was granted. An error is left
    /// in `refusal`.
    pub(crate) fn ask_for_stacks(&mut self) -> bool {
        self.refusal = None;
        let Some(limiter) = &mut self.limiter else {
            return false;
        };
        let chains = &mut self.vm.chains;
        let current = chains.granted();
        let needed = chains.bytes().saturating_add(chains.wanted());
        let limit = chains.limit();
        let Some(desired) = next_step(current, needed, limit) else {
            return false;
        };
        let [asked_at, wanted, most] = [current, desired, limit].map(|bytes| bytes as u64);
        match limiter.now().stacks_growing(asked_at, wanted, most) {
            Ok(true) => {
                chains.grant(desired);
                true
            }
            Ok(false) => false,
            Err(error) => {
                self.refusal = Some(error.past_catches());
                false
            }
        }
    }

    /// Where a stub had to enlarge a stack before anybody could be asked: asks now.
    #[inline]
    pub(crate) fn settle_overdraft(&mut self) -> Result<(), Stop> {
        match self.limiter.is_some() && self.vm.chains.bytes() > self.vm.chains.granted() {
            true => self.settle_stacks(),
            false => Ok(()),
        }
    }

    #[cold]
    fn settle_stacks(&mut self) -> Result<(), Stop> {
        self.vm.chains.forget_wanted();
        if self.ask_for_stacks() {
            return Ok(());
        }
        if self.refusal.is_none() {
            self.vm.chains.release_idle();
            self.collect();
            if self.vm.chains.bytes() <= self.vm.chains.granted() {
                return Ok(());
            }
        }
        Err(TrapCode::StackMemoryExhausted.into())
    }

    /// As [`Self::ask_for_stacks`], for objects.
    pub(crate) fn ask_for_heap(&mut self) -> bool {
        self.refusal = None;
        let Some(limiter) = &mut self.limiter else {
            return false;
        };
        let (current, missing, limit) = self.objects.short_of();
        let needed = current.saturating_add(missing);
        let Some(desired) = next_step(current, needed, limit) else {
            return false;
        };
        let [asked_at, wanted, most] = [current, desired, limit].map(|bytes| bytes as u64);
        match limiter.now().heap_growing(asked_at, wanted, most) {
            Ok(true) => {
                self.objects.grant(desired);
                true
            }
            Ok(false) => false,
            Err(error) => {
                self.refusal = Some(error.past_catches());
                false
            }
        }
    }

    /// The error of something that could not be had: the limiter's own, if it gave one.
    pub(crate) fn trapped(&mut self, code: TrapCode) -> Error {
        let of_limiter = match code {
            TrapCode::HeapMemoryExhausted | TrapCode::StackMemoryExhausted => self.refusal.take(),
            _ => None,
        };
        of_limiter.unwrap_or_else(|| code.into())
    }

    /// The same of a stack.
    pub(crate) fn no_stack(
        &mut self,
        error: bident_stack::Error,
        otherwise: impl FnOnce(bident_stack::Error) -> Error,
    ) -> Error {
        let of_limiter = self.refusal.take();
        of_limiter.unwrap_or_else(|| otherwise(error))
    }
}

/// What to ask for where so much is needed, and there may be `limit` at most; `None` where nobody need be asked.
fn next_step(current: usize, needed: usize, limit: usize) -> Option<usize> {
    if needed <= current || needed > limit {
        return None;
    }
    let roomy = needed.max(current.saturating_add(current / 8));
    Some(roomy.checked_next_multiple_of(STEP)?.min(limit))
}

/// Waits for the limiter, and then does what it allows. The store is lent meanwhile.
async fn wait(
    key: Key<()>,
    growth: Growth,
    mut sizes: Sizes,
    mut permission: Permission,
) -> Result<u64, Error> {
    loop {
        let answer = permission.await;
        let settled = key.borrow(|store| {
            let settled = store.opaque.settle(&growth, sizes, answer);
            if let Ok(Asked::Over(word)) = settled {
                store.opaque.set_value(0, word);
            }
            settled
        });
        let settled = settled
            .ok_or_else(|| Error::usage("a growth that waits was polled without its store"))?;
        match settled? {
            Asked::Over(word) => return Ok(word),
            Asked::Waits(next, again) => (sizes, permission) = (next, again),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_within_the_limit() {
        assert_eq!(next_step(0, 512, 1 << 30), Some(STEP));
        assert_eq!(next_step(STEP, STEP, 1 << 30), None);
        assert_eq!(next_step(STEP, STEP + 1, 1 << 30), Some(2 * STEP));
        assert_eq!(next_step(STEP, STEP + 1, STEP + 512), Some(STEP + 512));
        assert_eq!(next_step(STEP, STEP + 513, STEP + 512), None);
        // An eighth at a time, once there is much.
        assert_eq!(
            next_step(64 * STEP, 64 * STEP + 1, 1 << 30),
            Some(72 * STEP)
        );
        assert_eq!(next_step(0, usize::MAX, usize::MAX), None);
    }
}
