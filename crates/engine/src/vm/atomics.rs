//! Runtime functions of threads: waiting at an address, and notifying who does.

use crate::Error;
use crate::slots::{InstanceNumber, MemoryNumber};
use crate::vm::builtins::{Body, Stop, builtin};
use crate::vm::payload::Payload;
use crate::vm::store::StoreOpaque;
use crate::waits::{self, Begun, MemoryWait};
use bident_abi::{Builtin, TrapCode};
use bident_module::MemoryIndex;
use bident_stack::{Atom, Reaction};
use std::time::Duration;

builtin!(
    AtomicNotify,
    |store, instance, [memory, address, count, _]| {
        let memory = &store.memories[memory_of(store, instance, memory)];
        memory.check_atomic(address, 4)?;
        // Nobody waits at one that is not shared.
        Ok(memory.waits.wake(address, count as u32).into())
    }
);

builtin!(AtomicWait32, |store, instance, args| {
    let [memory, address, expected, timeout] = args;
    let memory = memory_of(store, instance, memory);
    let place = (instance, memory);
    store.wait(place, address, expected as u32, timeout as i64)
});

builtin!(AtomicWait64, |store, instance, args| {
    let [memory, address, expected, timeout] = args;
    let memory = memory_of(store, instance, memory);
    let place = (instance, memory);
    store.wait(place, address, expected, timeout as i64)
});

fn memory_of(store: &StoreOpaque, instance: InstanceNumber, index: u64) -> MemoryNumber {
    store.instances[instance].items.memories[MemoryIndex(index as u32)]
}

/// How long a wait blocks the thread until it looks for the deadline.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

impl StoreOpaque {
    fn wait<A: Atom>(
        &mut self,
        (instance, memory): (InstanceNumber, MemoryNumber),
        address: u64,
        expected: A,
        timeout: i64,
    ) -> Result<u64, Stop> {
        let memory = &self.memories[memory];
        let Some(memory) = memory.shared() else {
            return Err(TrapCode::ExpectedSharedMemory.into());
        };
        match waits::begin(memory, address, expected, timeout)? {
            Begun::Over(result) => Ok(result as u64),
            Begun::Waiting(wait) if self.park_waits => Err(Stop::Park(wait)),
            Begun::Waiting(wait) if !self.engine.config().epochs => Ok(wait.block() as u64),
            Begun::Waiting(wait) => loop {
                if let Some(result) = wait.block_for(BETWEEN_LOOKS) {
                    return Ok(result as u64);
                }
                self.look_while_blocked(instance)?;
            },
        }
    }

    /// Parks the call that is about to wait, as one of a host function that gives an `i32` would.
    pub(crate) fn park_wait(&mut self, wait: MemoryWait) -> Result<Reaction, Error> {
        if !self.vm.chains.may_park() {
            return Err(Error::barrier("`memory.atomic.wait`"));
        }
        let awaited = self.wait_func()?;
        self.vm.chains.set_saved_context(awaited);
        self.payload = Payload::new(wait);
        Ok(Reaction::park())
    }
}
