//! Runtime functions that compiled code calls: bodies of the list in `bident_abi::Builtin`.

use crate::asynchronous::Awaited;
use crate::error::Error;
use crate::limiter::Growth;
use crate::slots::{InstanceNumber, MemoryNumber, TableNumber};
use crate::vm::atomics::{AtomicNotify, AtomicWait32, AtomicWait64};
use crate::vm::gc;
use crate::vm::instance::instance_slot;
use crate::vm::interrupt::Interrupt;
use crate::vm::leave::borrow_store;
use crate::vm::panics::guarded;
use crate::vm::payload::Payload;
use crate::vm::store::{StoreOpaque, Unwinding};
use crate::waits::MemoryWait;
use bident_abi::{Builtin, TrapCode, VmHeader, VmTag, goes_from_start, unpack_pair};
use bident_module::{DataIndex, ElemIndex, MemoryIndex, TableIndex, TypeId};
use bident_stack::Reaction;
use std::ptr::NonNull;

type Entry = unsafe extern "C" fn(*mut VmHeader, u64, u64, u64, u64) -> Reaction;

/// Their addresses, in the order of the list.
pub(crate) static TABLE: [Entry; Builtin::ALL.len()] = [
    entry::<MemoryGrow>,
    entry::<MemoryCopy>,
    entry::<MemoryFill>,
    entry::<MemoryInit>,
    entry::<DataDrop>,
    entry::<TableGrow>,
    entry::<TableCopy>,
    entry::<TableFill>,
    entry::<TableInit>,
    entry::<ElemDrop>,
    entry::<IsSubtype>,
    entry::<ExnNew>,
    entry::<Throw>,
    entry::<ThrowRef>,
    entry::<ContBind>,
    entry::<gc::StructNew>,
    entry::<gc::ArrayNew>,
    entry::<gc::ArrayNewWith>,
    entry::<gc::ArrayNewData>,
    entry::<gc::ArrayNewElem>,
    entry::<gc::ArrayFill>,
    entry::<gc::ArrayCopy>,
    entry::<gc::ArrayInitData>,
    entry::<gc::ArrayInitElem>,
    entry::<gc::AnyConvertExtern>,
    entry::<AtomicNotify>,
    entry::<AtomicWait32>,
    entry::<AtomicWait64>,
    entry::<Interrupt>,
];

/// How a builtin ends instead of with a value.
pub(crate) enum Stop {
    Trap(TrapCode),
    /// It throws the exception with this handle.
    Throw(u64),
    /// It parks.
    Park(MemoryWait),
    /// It parks, to go on by itself.
    Yield,
    /// It parks until the limiter has decided.
    Await(Awaited),
    Error(Error),
}

impl From<TrapCode> for Stop {
    fn from(code: TrapCode) -> Self {
        Self::Trap(code)
    }
}

/// A builtin: which one, and what it does for an instance.
pub(crate) trait Body {
    const BUILTIN: Builtin;
    fn run(store: &mut StoreOpaque, instance: InstanceNumber, args: [u64; 4]) -> Result<u64, Stop>;
}

/// What the stub calls.
unsafe extern "C" fn entry<B: Body>(
    context: *mut VmHeader,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> Reaction {
    // SAFETY: compiled code passes its own context, through the stub.
    let (store, instance) = unsafe {
        let store = &mut borrow_store::<()>((*context).store).opaque;
        let instance = store.instances.number(instance_slot(context).0);
        (store, instance)
    };
    guarded(store, |store| match B::run(store, instance, [a, b, c, d]) {
        Ok(value) => Ok(Reaction::ready(value)),
        Err(Stop::Trap(trap)) => Err(Unwinding::Error(store.trapped(trap))),
        Err(Stop::Throw(exn)) => Ok(store.throw(exn)),
        Err(Stop::Park(wait)) => store.park_wait(wait).map_err(Unwinding::Error),
        Err(Stop::Yield) => store.park_yielded().map_err(Unwinding::Error),
        Err(Stop::Await(awaited)) => store.park_growth(awaited).map_err(Unwinding::Error),
        Err(Stop::Error(error)) => Err(Unwinding::Error(error)),
    })
}

const _: () = {
    assert!(MemoryGrow::BUILTIN as usize == 0);
    assert!(MemoryCopy::BUILTIN as usize == 1);
    assert!(MemoryFill::BUILTIN as usize == 2);
    assert!(MemoryInit::BUILTIN as usize == 3);
    assert!(DataDrop::BUILTIN as usize == 4);
    assert!(TableGrow::BUILTIN as usize == 5);
    assert!(TableCopy::BUILTIN as usize == 6);
    assert!(TableFill::BUILTIN as usize == 7);
    assert!(TableInit::BUILTIN as usize == 8);
    assert!(ElemDrop::BUILTIN as usize == 9);
    assert!(IsSubtype::BUILTIN as usize == 10);
    assert!(ExnNew::BUILTIN as usize == 11);
    assert!(Throw::BUILTIN as usize == 12);
    assert!(ThrowRef::BUILTIN as usize == 13);
    assert!(ContBind::BUILTIN as usize == 14);
    assert!(gc::StructNew::BUILTIN as usize == 15);
    assert!(gc::ArrayNew::BUILTIN as usize == 16);
    assert!(gc::ArrayNewWith::BUILTIN as usize == 17);
    assert!(gc::ArrayNewData::BUILTIN as usize == 18);
    assert!(gc::ArrayNewElem::BUILTIN as usize == 19);
    assert!(gc::ArrayFill::BUILTIN as usize == 20);
    assert!(gc::ArrayCopy::BUILTIN as usize == 21);
    assert!(gc::ArrayInitData::BUILTIN as usize == 22);
    assert!(gc::ArrayInitElem::BUILTIN as usize == 23);
    assert!(gc::AnyConvertExtern::BUILTIN as usize == 24);
    assert!(AtomicNotify::BUILTIN as usize == 25);
    assert!(AtomicWait32::BUILTIN as usize == 26);
    assert!(AtomicWait64::BUILTIN as usize == 27);
    assert!(Interrupt::BUILTIN as usize == 28);
};

macro_rules! builtin {
    ($name:ident, |$store:ident, $instance:ident, $args:pat_param| $body:expr) => {
        pub(crate) struct $name;
        impl Body for $name {
            const BUILTIN: Builtin = Builtin::$name;
            fn run(
                $store: &mut StoreOpaque,
                $instance: InstanceNumber,
                $args: [u64; 4],
            ) -> Result<u64, Stop> {
                $body
            }
        }
    };
}

pub(crate) use builtin;

/// How much is done between two looks for the deadline: a tenth of a millisecond, about; more where the system has to
/// find the memory first.
const BYTES: usize = 1 << 20;
/// The same for elements of tables and arrays.
pub(crate) const ELEMENTS: usize = 1 << 16;

/// -1 as the result of a growth that failed.
pub(crate) const FAILED: u64 = u64::MAX;

builtin!(MemoryGrow, |store, instance, [memory, delta, ..]| {
    let memory = store.instances[instance].items.memories[MemoryIndex(memory as u32)];
    store.grow_in_guest(Growth::of_memory(memory, delta))
});

builtin!(
    MemoryCopy,
    |store, instance, [memories, destination, source, length]| {
        let (to, from) = unpack_pair(memories);
        let items = &store.instances[instance].items;
        let (to, from) = (
            items.memories[MemoryIndex(to)],
            items.memories[MemoryIndex(from)],
        );
        let length_of = |m: MemoryNumber| store.memories[m].length();
        let target =
            range(destination, length, length_of(to)).ok_or(TrapCode::MemoryOutOfBounds)?;
        let origin = range(source, length, length_of(from)).ok_or(TrapCode::MemoryOutOfBounds)?;
        let between = (target.start, origin.start);
        let from_start = goes_from_start(destination, source);
        Ok(store.in_parts(target, BYTES, from_start, |store, part| {
            let (to, from) = (&store.memories[to], &store.memories[from]);
            let offset = part.start - between.0;
            let origin = between.1 + offset..between.1 + offset + part.len();
            if to.is_shared() || from.is_shared() {
                return to.copy_from(part, from, origin);
            }
            let target = to.base().wrapping_add(part.start);
            let start = from.base().wrapping_add(origin.start);
            // SAFETY: both ranges were checked against the sizes of their memories; they may overlap.
            unsafe { target.copy_from(start, origin.len()) };
        }))
    }
);

builtin!(
    MemoryFill,
    |store, instance, [memory, destination, value, length]| {
        let memory = store.instances[instance].items.memories[MemoryIndex(memory as u32)];
        let target = range(destination, length, store.memories[memory].length());
        let target = target.ok_or(TrapCode::MemoryOutOfBounds)?;
        Ok(store.in_parts(target, BYTES, true, |store, part| {
            store.memories[memory].set_all(part, value as u8);
        }))
    }
);

builtin!(MemoryInit, |store,
                      instance,
                      [
    memory_and_data,
    destination,
    source,
    length,
]| {
    let (memory, data) = unpack_pair(memory_and_data);
    let (memory, data) = (MemoryIndex(memory), DataIndex(data));
    store.init_memory(instance, memory, data, [destination, source, length])?;
    Ok(0)
});

builtin!(DataDrop, |store, instance, [data, ..]| {
    store.instances[instance].dropped_data[DataIndex(data as u32)] = true;
    Ok(0)
});

builtin!(TableGrow, |store, instance, [table, value, delta, _]| {
    let table = store.instances[instance].items.tables[TableIndex(table as u32)];
    store.grow_in_guest(Growth::of_table(table, delta, value))
});

builtin!(
    TableCopy,
    |store, instance, [tables, destination, source, length]| {
        let (to, from) = unpack_pair(tables);
        let items = &store.instances[instance].items;
        let (to, from) = (items.tables[TableIndex(to)], items.tables[TableIndex(from)]);
        let length_of = |t: TableNumber| store.tables[t].elements().len();
        let target = range(destination, length, length_of(to)).ok_or(TrapCode::TableOutOfBounds)?;
        let origin = range(source, length, length_of(from)).ok_or(TrapCode::TableOutOfBounds)?;
        let between = (target.start, origin.start);
        let from_start = goes_from_start(destination, source);
        Ok(store.in_parts(target, ELEMENTS, from_start, |store, part| {
            let offset = part.start - between.0;
            let origin = between.1 + offset..between.1 + offset + part.len();
            if to == from {
                let elements = store.tables[to].elements_mut();
                return elements.copy_within(origin, part.start);
            }
            let tables = store.tables.two_mut(to, from);
            let [to, from] = tables.expect("two tables of the store");
            to.elements_mut()[part].copy_from_slice(&from.elements()[origin]);
        }))
    }
);

builtin!(
    TableFill,
    |store, instance, [table, start, value, length]| {
        let table = store.instances[instance].items.tables[TableIndex(table as u32)];
        let target = range(start, length, store.tables[table].elements().len());
        let target = target.ok_or(TrapCode::TableOutOfBounds)?;
        Ok(store.in_parts(target, ELEMENTS, true, |store, part| {
            store.tables[table].elements_mut()[part].fill(value);
        }))
    }
);

builtin!(TableInit, |store,
                     instance,
                     [
    table_and_elem,
    destination,
    source,
    length,
]| {
    let (table, elem) = unpack_pair(table_and_elem);
    let (table, elem) = (TableIndex(table), ElemIndex(elem));
    store.init_table(instance, table, elem, [destination, source, length])?;
    Ok(0)
});

builtin!(ElemDrop, |store, instance, [elem, ..]| {
    store.instances[instance].elems[ElemIndex(elem as u32)] = Box::default();
    Ok(0)
});

builtin!(IsSubtype, |store, _instance, [given, wanted, ..]| {
    let (given, wanted) = (TypeId(given as u32), TypeId(wanted as u32));
    Ok(store.engine.is_subtype(given, wanted).into())
});

builtin!(ExnNew, |store, _instance, [tag, ..]| {
    Ok(store.new_exn(tag_at(tag))?)
});

builtin!(Throw, |store, _instance, [tag, ..]| {
    Err(Stop::Throw(store.new_exn(tag_at(tag))?))
});

builtin!(ThrowRef, |_store, _instance, [exn, ..]| {
    Err(match exn {
        0 => Stop::Trap(TrapCode::NullExceptionReference),
        exn => Stop::Throw(exn),
    })
});

builtin!(ContBind, |store, _instance, [cont, position, count, _]| {
    Ok(store.bind_cont(cont, position as usize, count as usize)?)
});

/// The tag that compiled code names by its address.
fn tag_at(address: u64) -> NonNull<VmTag> {
    NonNull::new(address as usize as *mut VmTag).expect("compiled code takes it from its context")
}

/// `start..start + length` if it lies within `size`.
pub(crate) fn range(start: u64, length: u64, size: usize) -> Option<std::ops::Range<usize>> {
    let end = start
        .checked_add(length)
        .filter(|end| *end <= size as u64)?;
    Some(start as usize..end as usize)
}

impl StoreOpaque {
    /// Parks the call whose memory or table is to grow, as one of a host function that gives an `i64` would.
    fn park_growth(&mut self, awaited: Awaited) -> Result<Reaction, Error> {
        let func = self.growth_func()?;
        self.vm.chains.set_saved_context(func);
        self.payload = Payload::new(awaited);
        Ok(Reaction::park())
    }

    /// `memory.init`, also for active segments. The last argument is destination, source, length.
    pub(crate) fn init_memory(
        &mut self,
        instance: InstanceNumber,
        memory: MemoryIndex,
        data: DataIndex,
        [destination, source, length]: [u64; 3],
    ) -> Result<(), TrapCode> {
        let instance = &self.instances[instance];
        let bytes = match instance.dropped_data[data] {
            true => &[],
            false => instance.module.inner().data_bytes(data),
        };
        let origin = range(source, length, bytes.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        let memory = instance.items.memories[memory];
        let memory = &mut self.memories[memory];
        let target =
            range(destination, length, memory.length()).ok_or(TrapCode::MemoryOutOfBounds)?;
        memory.set(target, &bytes[origin]);
        Ok(())
    }

    /// `table.init`, also for active segments.
    pub(crate) fn init_table(
        &mut self,
        instance: InstanceNumber,
        table: TableIndex,
        elem: ElemIndex,
        [destination, source, length]: [u64; 3],
    ) -> Result<(), TrapCode> {
        let instance = &self.instances[instance];
        let words = &instance.elems[elem];
        let origin = range(source, length, words.len()).ok_or(TrapCode::TableOutOfBounds)?;
        let table = instance.items.tables[table];
        let elements = self.tables[table].elements_mut();
        let target =
            range(destination, length, elements.len()).ok_or(TrapCode::TableOutOfBounds)?;
        elements[target].copy_from_slice(&words[origin]);
        Ok(())
    }
}
