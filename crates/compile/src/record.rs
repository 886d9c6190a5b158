//! Loads and stores of the records in `bident-abi`: the only place that knows where fields lie.

use crate::signature::clif_type;
use crate::trap;
use bident_abi::{
    Builtin, Transfers, TrapCode, VmFuncRef, VmGlobal, VmHeap, VmHostFunc, VmImport, VmLateFunc,
    VmLayout, VmMemory, VmMemoryRef, VmRun, VmStore, VmTable, VmValue,
};
use bident_module::{
    FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex, ValType,
};
use cranelift_codegen::ir::types::{F32, F64, I32, I64, I64X2};
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, Endianness, Function, GlobalValue, GlobalValueData, InstBuilder,
    MemFlagsData, Type, Value,
};
use cranelift_frontend::FunctionBuilder;
use std::mem::{offset_of, size_of};

/// Memory that changes. Two regions never overlap, so a store to one leaves what is known of the
/// others.
#[derive(Clone, Copy)]
pub(crate) enum Region {
    /// Bytes of linear memories.
    Memory,
    /// Elements of tables.
    Elements,
    /// Values of globals.
    Globals,
    /// Sizes and addresses in `VmMemory` and `VmTable`.
    Items,
    /// Fields of the store.
    Store,
    /// The transfer buffer.
    Values,
    /// Objects of the heap.
    Objects,
    /// Where the next objects go.
    Runs,
}

impl Region {
    const ALL: [(Self, &str); 8] = [
        (Self::Memory, "memory"),
        (Self::Elements, "elements"),
        (Self::Globals, "globals"),
        (Self::Items, "items"),
        (Self::Store, "store"),
        (Self::Values, "values"),
        (Self::Objects, "objects"),
        (Self::Runs, "runs"),
    ];

    /// The entity that [`begin`] made for it.
    fn entity(self) -> AliasRegion {
        AliasRegion::from_u32(self as u32)
    }
}

/// Prepares a new function: declares the regions, and the limit that its prologue checks.
pub(crate) fn begin(func: &mut Function) {
    for (region, name) in Region::ALL {
        let data = AliasRegionData {
            user_id: region as u32,
            description: name.into(),
        };
        let entity = func.dfg.alias_regions.insert(data);
        debug_assert_eq!(entity, region.entity());
    }
    let context = func.create_global_value(GlobalValueData::VMContext);
    let store = global_load(func, context, context::STORE.offset);
    let limit = global_load(func, store, VmStore::LIMIT as i32);
    func.stack_limit = Some(limit);
}

/// The word at `base + offset`, for a prologue.
fn global_load(func: &mut Function, base: GlobalValue, offset: i32) -> GlobalValue {
    let flags = func.dfg.mem_flags.insert_unchecked(MemFlagsData::trusted());
    func.create_global_value(GlobalValueData::Load {
        base,
        offset: offset.into(),
        global_type: I64,
        flags,
    })
}

/// Flags of a change of how a vector is seen: lane 0 is the lowest.
pub(crate) fn lanes() -> MemFlagsData {
    MemFlagsData::new().with_endianness(Endianness::Little)
}

/// Flags of an access to linear memory: it may fault, at any alignment.
pub(crate) fn linear_memory() -> MemFlagsData {
    MemFlagsData::new()
        .with_trap_code(Some(trap::to_clif(TrapCode::MemoryOutOfBounds)))
        .with_endianness(Endianness::Little)
        .with_alias_region(Some(Region::Memory.entity()))
}

/// Flags of an access to an object of the heap, or to the runs of free cells.
pub(crate) fn heap_memory(region: Region) -> MemFlagsData {
    MemFlagsData::trusted().with_alias_region(Some(region.entity()))
}

/// When a load of a field may happen.
#[derive(Clone, Copy)]
enum Access {
    /// The field and whatever leads to it are constant while code runs: anywhere.
    Constant,
    /// Constant, but its record is only known to exist after a check: not before it.
    Checked,
    /// It changes: in order with the stores to its region.
    Changing(Region),
}

/// A field of a record: where it lies, what it holds.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    offset: i32,
    ty: Type,
    access: Access,
}

impl Field {
    const fn new(offset: usize, ty: Type, access: Access) -> Self {
        assert!(
            offset <= i32::MAX as usize,
            "the validator bounds the number of items"
        );
        let offset = offset as i32;
        Self { offset, ty, access }
    }

    const fn constant(offset: usize, ty: Type) -> Self {
        Self::new(offset, ty, Access::Constant)
    }

    fn flags(self) -> MemFlagsData {
        let trusted = MemFlagsData::trusted();
        match self.access {
            Access::Constant => trusted.with_readonly().with_can_move(),
            Access::Checked => trusted.with_readonly(),
            Access::Changing(region) => trusted.with_alias_region(Some(region.entity())),
        }
    }

    /// Bytes from the start of the record.
    pub(crate) fn offset(self) -> u32 {
        self.offset.cast_unsigned()
    }

    /// Reads the field of the record at `base`.
    pub(crate) fn load(self, b: &mut FunctionBuilder<'_>, base: Value) -> Value {
        b.ins().load(self.ty, self.flags(), base, self.offset)
    }

    /// Writes the field of the record at `base`.
    pub(crate) fn store(self, b: &mut FunctionBuilder<'_>, base: Value, value: Value) {
        debug_assert!(matches!(self.access, Access::Changing(_)));
        debug_assert_eq!(b.func.dfg.value_type(value), self.ty);
        b.ins().store(self.flags(), value, base, self.offset);
    }
}

/// Fields of a context. Those of [`VmLayout`] exist only in the context of an instance.
pub(crate) mod context {
    use super::*;

    /// Address of the store.
    pub(crate) const STORE: Field = Field::constant(VmLayout::STORE as usize, I64);
    /// Address of the identities of the module's types.
    pub(crate) const TYPE_IDS: Field = Field::constant(VmLayout::TYPE_IDS as usize, I64);

    /// Code of an imported function.
    pub(crate) fn import_code(layout: &VmLayout, func: FuncIndex) -> Field {
        let import = layout.import(func) as usize;
        Field::constant(import + offset_of!(VmImport, code), I64)
    }

    /// Context of an imported function.
    pub(crate) fn import_context(layout: &VmLayout, func: FuncIndex) -> Field {
        let import = layout.import(func) as usize;
        Field::constant(import + offset_of!(VmImport, context), I64)
    }

    /// First byte of a linear memory that does not move.
    pub(crate) fn memory_base(layout: &VmLayout, memory: MemoryIndex) -> Field {
        let memory = layout.memory(memory) as usize;
        Field::constant(memory + offset_of!(VmMemoryRef, base), I64)
    }

    /// Address of the [`VmMemory`].
    pub(crate) fn memory(layout: &VmLayout, memory: MemoryIndex) -> Field {
        let memory = layout.memory(memory) as usize;
        Field::constant(memory + offset_of!(VmMemoryRef, memory), I64)
    }

    /// Address of the [`VmTable`] of an imported table.
    pub(crate) fn table(layout: &VmLayout, table: TableIndex) -> Field {
        Field::constant(layout.table(table) as usize, I64)
    }

    /// Address of the [`VmGlobal`] of an imported global.
    pub(crate) fn global(layout: &VmLayout, global: GlobalIndex) -> Field {
        Field::constant(layout.global(global) as usize, I64)
    }

    /// Address of the `VmTag`.
    pub(crate) fn tag(layout: &VmLayout, tag: TagIndex) -> Field {
        Field::constant(layout.tag(tag) as usize, I64)
    }

    /// Address of the [`VmFuncRef`] at a position among the escaping functions.
    pub(crate) fn func_ref(layout: &VmLayout, position: usize) -> Field {
        Field::constant(layout.func_ref(position) as usize, I64)
    }
}

/// Fields of [`VmStore`], and of what it points to.
pub(crate) mod store {
    use super::*;

    /// Address of the transfer buffer: what does not travel in registers.
    pub(crate) const BUFFER: Field =
        Field::new(VmStore::PAYLOAD, I64, Access::Changing(Region::Store));
    /// Context of the instance that makes a call.
    pub(crate) const CALLER: Field = Field::new(
        offset_of!(VmStore, caller),
        I64,
        Access::Changing(Region::Store),
    );
    /// Address of the engine's epoch.
    pub(crate) const EPOCH: Field = Field::constant(offset_of!(VmStore, epoch), I64);
    /// The first epoch in which to ask.
    pub(crate) const DEADLINE: Field = Field::new(
        offset_of!(VmStore, deadline),
        I64,
        Access::Changing(Region::Store),
    );
    /// What is left of the fuel.
    pub(crate) const FUEL: Field = Field::new(
        offset_of!(VmStore, fuel),
        I64,
        Access::Changing(Region::Store),
    );
    /// Address of the table of builtins.
    pub(crate) const BUILTINS: Field = Field::constant(offset_of!(VmStore, builtins), I64);
    /// Address of the stub that calls them.
    pub(crate) const LEAVE_BUILTIN: Field =
        Field::constant(offset_of!(VmStore, leave_builtin), I64);

    /// Address of the stub that calls one and preserves all registers.
    pub(crate) const LEAVE_PRESERVING: Field =
        Field::constant(offset_of!(VmStore, leave_preserving), I64);

    /// What leads from a reference to its object: there once there is one.
    pub(crate) const HEAP_BASE: Field =
        Field::new(HEAP + offset_of!(VmHeap, base), I64, Access::Checked);
    /// Address of the rows of types.
    pub(crate) const TYPES: Field = Field::constant(HEAP + offset_of!(VmHeap, types), I64);

    const HEAP: usize = offset_of!(VmStore, heap);

    /// Offsets of the two words of the run of a class.
    pub(crate) fn run(class: usize) -> (i32, i32) {
        let run = HEAP + offset_of!(VmHeap, runs) + class * size_of::<VmRun>();
        let (next, end) = (run + offset_of!(VmRun, next), run + offset_of!(VmRun, end));
        (next as i32, end as i32)
    }

    /// Power of two of the bytes from one class to the next.
    pub(crate) const RUN_SHIFT: i64 = size_of::<VmRun>().trailing_zeros() as i64;

    /// Addresses of the transfer stubs.
    pub(crate) const CREATE: Field = transfer(offset_of!(Transfers, create));
    pub(crate) const RESUME: Field = transfer(offset_of!(Transfers, resume));
    pub(crate) const RESUME_THROW: Field = transfer(offset_of!(Transfers, resume_throw));
    pub(crate) const SUSPEND: Field = transfer(offset_of!(Transfers, suspend));
    pub(crate) const SWITCH: Field = transfer(offset_of!(Transfers, switch));

    const fn transfer(offset: usize) -> Field {
        Field::constant(offset_of!(VmStore, transfers) + offset, I64)
    }

    /// Entry of the table of builtins.
    pub(crate) fn builtin(builtin: Builtin) -> Field {
        Field::constant(builtin as usize * size_of::<usize>(), I64)
    }

    /// Entry of the buffer.
    pub(crate) fn value(position: usize, ty: ValType) -> Field {
        entry(position, clif_type(ty))
    }

    fn entry(position: usize, ty: Type) -> Field {
        Field::new(
            position * size_of::<VmValue>(),
            ty,
            Access::Changing(Region::Values),
        )
    }

    /// Whether the value at a position travels between stacklets in a register alone.
    pub(crate) fn in_register(position: usize, ty: ValType) -> bool {
        position == 0 && ty != ValType::V128
    }

    /// A value as 8 bytes, in a register of its class; a vector as it is.
    fn word_of(b: &mut FunctionBuilder<'_>, ty: ValType, value: Value) -> Value {
        match ty {
            ValType::I32 => b.ins().uextend(I64, value),
            ValType::F32 => {
                let bits = b.ins().bitcast(I32, MemFlagsData::new(), value);
                b.ins().uextend(I64, bits)
            }
            ValType::I64 | ValType::F64 | ValType::V128 | ValType::Ref(_) => value,
        }
    }

    /// A value as an `i64`, as it travels between stacklets in a register; the low half of a vector.
    pub(crate) fn to_register(b: &mut FunctionBuilder<'_>, ty: ValType, value: Value) -> Value {
        match ty {
            ValType::F64 => b.ins().bitcast(I64, MemFlagsData::new(), value),
            ValType::V128 => {
                let halves = b.ins().bitcast(I64X2, lanes(), value);
                b.ins().extractlane(halves, 0)
            }
            _ => word_of(b, ty, value),
        }
    }

    /// Reverse of [`to_register`] for what is [`in_register`].
    pub(crate) fn from_register(b: &mut FunctionBuilder<'_>, ty: ValType, word: Value) -> Value {
        match ty {
            ValType::I32 => b.ins().ireduce(I32, word),
            ValType::F32 => {
                let bits = b.ins().ireduce(I32, word);
                b.ins().bitcast(F32, MemFlagsData::new(), bits)
            }
            ValType::F64 => b.ins().bitcast(F64, MemFlagsData::new(), word),
            ValType::I64 | ValType::Ref(_) => word,
            ValType::V128 => unreachable!("half a vector"),
        }
    }

    /// Writes an entry of the buffer, 8 bytes but for vectors: the host reads that many right after, and a
    /// load that is wider than the store before it waits for the store to reach the cache.
    pub(crate) fn write_value(
        b: &mut FunctionBuilder<'_>,
        buffer: Value,
        position: usize,
        ty: ValType,
        value: Value,
    ) {
        let wide = word_of(b, ty, value);
        let ty = b.func.dfg.value_type(wide);
        entry(position, ty).store(b, buffer, wide);
    }
}

/// Fields of [`VmFuncRef`], and the identity to compare with.
pub(crate) mod func_ref {
    use super::*;

    /// Code of the function.
    pub(crate) const CODE: Field = Field::new(offset_of!(VmFuncRef, code), I64, Access::Checked);
    /// Context of the function.
    pub(crate) const CONTEXT: Field =
        Field::new(offset_of!(VmFuncRef, context), I64, Access::Checked);
    /// Identity of its type.
    pub(crate) const TYPE_ID: Field =
        Field::new(offset_of!(VmFuncRef, type_id), I32, Access::Checked);

    /// Code that starts a continuation of it, or 0.
    pub(crate) const CONT_ENTRY: Field = Field::new(
        offset_of!(VmFuncRef, cont_entry),
        I64,
        Access::Changing(Region::Store),
    );

    /// Entry of the identities of the module's types.
    pub(crate) fn expected_type_id(ty: TypeIndex) -> Field {
        Field::constant(ty.index() * size_of::<u32>(), I32)
    }
}

/// Fields of [`VmLateFunc`], and the one of its context that leads there.
pub(crate) mod late {
    use super::*;

    /// Address of the record.
    pub(crate) const RECORD: Field = Field::constant(offset_of!(VmHostFunc, data), I64);
    /// What to call, or 0.
    pub(crate) const TARGET: Field = Field::new(
        offset_of!(VmLateFunc, target),
        I64,
        Access::Changing(Region::Store),
    );
    /// Context of the host function that gets it.
    pub(crate) const LOADER: Field = Field::constant(offset_of!(VmLateFunc, loader), I64);
}

/// Fields of [`VmMemory`].
pub(crate) mod memory {
    use super::*;

    /// First byte, of a memory that may move.
    pub(crate) const BASE: Field = Field::new(
        offset_of!(VmMemory, base),
        I64,
        Access::Changing(Region::Items),
    );

    /// Highest position that needs no further check.
    pub(crate) const BOUND: Field = Field::constant(offset_of!(VmMemory, bound), I64);

    /// Size in bytes. Of a shared memory: see [`shared_length`].
    pub(crate) const LENGTH: Field = Field::new(
        offset_of!(VmMemory, length),
        I64,
        Access::Changing(Region::Items),
    );

    /// Size in bytes of a shared memory, which other threads may be growing.
    pub(crate) fn shared_length(b: &mut FunctionBuilder<'_>, memory: Value) -> Value {
        let at = b.ins().iadd_imm_s(memory, i64::from(LENGTH.offset()));
        b.ins().atomic_load(I64, MemFlagsData::trusted(), at)
    }
}

/// Fields of [`VmTable`], and its elements.
pub(crate) mod table {
    use super::*;

    /// Address of the first element.
    pub(crate) const ELEMENTS: Field = Field::new(
        offset_of!(VmTable, elements),
        I64,
        Access::Changing(Region::Items),
    );
    /// Number of elements.
    pub(crate) const LENGTH: Field = Field::new(
        offset_of!(VmTable, length),
        I64,
        Access::Changing(Region::Items),
    );
    /// An element, from its own address.
    pub(crate) const ELEMENT: Field = Field::new(0, I64, Access::Changing(Region::Elements));
    /// Power of two of an element's size.
    pub(crate) const ELEMENT_SHIFT: i64 = size_of::<u64>().trailing_zeros() as i64;
}

/// Fields of [`VmGlobal`].
pub(crate) mod global {
    use super::*;

    /// The value.
    pub(crate) fn value(ty: ValType) -> Field {
        Field::new(
            offset_of!(VmGlobal, value),
            clif_type(ty),
            Access::Changing(Region::Globals),
        )
    }
}
