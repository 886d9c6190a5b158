//! Instances: allocating the context record of one and filling it in.

use crate::alloc;
use crate::error::Error;
use crate::limiter::Allowance;
use crate::list::List;
use crate::module::Module;
use crate::slots::{
    FuncNumber, GlobalNumber, InstanceNumber, InstanceSlot, MemoryNumber, NO_SLOT, Number,
    SecondNumber, TableNumber, TagNumber,
};
use crate::value::ExternRef;
use crate::vm::lifetime::{Lie, Node};
use crate::vm::store::StoreOpaque;
use bident_abi::{VmCtx, VmFuncRef, VmHeader, VmImport, VmLayout, VmMemoryRef, VmValue};
use bident_module::{
    DataIndex, ElemIndex, FuncIndex, GlobalIndex, Handler, MemoryIndex, TableIndex, TagIndex,
};
use bident_stack::SWITCH;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::Range;
use std::ptr::NonNull;

/// What an instance's index spaces refer to, as numbers of the store's lists.
#[derive(Default)]
pub(crate) struct Items {
    /// Imported functions only; defined ones get a number when the host asks.
    pub(crate) imported_funcs: List<FuncIndex, FuncNumber>,
    pub(crate) tables: List<TableIndex, TableNumber>,
    pub(crate) memories: List<MemoryIndex, MemoryNumber>,
    pub(crate) globals: List<GlobalIndex, GlobalNumber>,
    pub(crate) tags: List<TagIndex, TagNumber>,
}

impl Items {
    /// None yet, with room for those of a module.
    pub(crate) fn of(module: &bident_module::Module) -> Result<Self, Error> {
        const WHAT: &str = "an instance";
        Ok(Self {
            imported_funcs: List::with_room(module.imported.funcs as usize, WHAT)?,
            tables: List::with_room(module.tables.len(), WHAT)?,
            memories: List::with_room(module.memories.len(), WHAT)?,
            globals: List::with_room(module.globals.len(), WHAT)?,
            tags: List::with_room(module.tags.len(), WHAT)?,
        })
    }
}

/// An instance.
pub(crate) struct InstanceData {
    ctx: NonNull<VmCtx>,
    pub(crate) module: Module,
    /// What lives as long as it, by the embedder's will: what was loaded late for it, and the functions that
    /// stand for that.
    pub(crate) adopted: Vec<Node>,
    /// Host values that it keeps for the embedder.
    pub(crate) attached: Vec<ExternRef>,
    /// The instance that it was loaded late for.
    pub(crate) primary: Option<InstanceNumber>,
    pub(crate) items: Items,
    /// Records of defined functions that can become references: a leaked box.
    func_refs: NonNull<[VmFuncRef]>,
    /// Elements of segments that `table.init` may still use; empty once dropped.
    pub(crate) elems: List<ElemIndex, Box<[u64]>>,
    /// Which data segments `memory.init` may no longer use.
    pub(crate) dropped_data: List<DataIndex, bool>,
    /// The second stack of calls that begin in it.
    pub(crate) second: Option<SecondNumber>,
    /// Of how many functions it knows that their code has come since it was compiled: see `Code::news`.
    known: usize,
}

impl InstanceData {
    /// Allocates an instance and fills in everything but `elems`. An error where there is no memory.
    ///
    /// # Safety
    /// The instance is put into `store` with this number, and there until it is dropped.
    pub(crate) unsafe fn new(
        store: &mut StoreOpaque,
        number: InstanceNumber,
        module: Module,
        items: Items,
    ) -> Result<Self, Error> {
        const WHAT: &str = "an instance";
        let inner = module.inner();
        let dropped_data = alloc::collect(inner.data.iter().map(|_| false), WHAT)?;
        let defined = inner.escaping.len() - inner.imported_escaping();
        let mut func_refs = alloc::list(defined, WHAT)?;
        let ctx = allocate(module.layout())?;
        let known = module.code().news(usize::MAX, |_, _| ()); // None to tell of: the records are made with them.
        func_refs.extend(defined_refs(store, &module, ctx));
        // SAFETY: freshly allocated, large enough for the header.
        unsafe {
            ctx.write(VmCtx {
                header: VmHeader {
                    store: &raw mut store.vm,
                },
                type_ids: module.type_ids().as_ptr().cast(),
                instance: number.slot(),
            });
        }
        let instance = Self {
            ctx,
            func_refs: NonNull::from(Box::leak(func_refs.into_boxed_slice())),
            dropped_data: dropped_data.into(),
            elems: List::default(),
            second: None,
            known,
            module,
            primary: None,
            adopted: Vec::new(),
            attached: Vec::new(),
            items,
        };
        instance.take_in(store, number);
        instance.fill(store);
        Ok(instance)
    }

    /// Its context, as compiled code has it.
    pub(crate) fn context(&self) -> *mut VmHeader {
        self.ctx.as_ptr().cast()
    }

    /// Moves the records of the tables and globals that the module defines into the context.
    fn take_in(&self, store: &mut StoreOpaque, own: InstanceNumber) {
        let (layout, imported) = (self.module.layout(), self.module.inner().imported);
        let imported = (imported.tables as usize, imported.globals as usize);
        for (i, &table) in self.items.tables.entries().skip(imported.0) {
            let place = self.place(layout.table(i));
            // SAFETY: the table is new; the layout has the place for its record alone, and the instance
            // lives as long as the table, whose home it is.
            unsafe { store.tables[table].record().move_to(place) };
            store.tables[table].home = Some(own);
        }
        for (i, &global) in self.items.globals.entries().skip(imported.1) {
            let place = self.place(layout.global(i));
            // SAFETY: as above.
            unsafe { store.globals[global].record.move_to(place) };
            store.globals[global].home = Some(own);
        }
    }

    /// Writes the arrays behind the context's header.
    fn fill(&self, store: &mut StoreOpaque) {
        let layout = self.module.layout().clone();
        for (i, &func) in self.items.imported_funcs.entries() {
            // SAFETY: the record of a function that is there is valid, and it is there as long as the
            // instance that imports it.
            let callee = unsafe { store.funcs[func].func_ref.as_ref() };
            let import = VmImport {
                // Nobody tells of better code later.
                code: store.lasting(callee.code),
                context: callee.context,
            };
            self.write(layout.import(i), import);
        }
        for (i, &memory) in self.items.memories.entries() {
            let memory = &store.memories[memory];
            let entry = VmMemoryRef {
                base: match memory.moves() {
                    true => std::ptr::null_mut(),
                    false => memory.base(),
                },
                memory: memory.record().as_ptr(),
            };
            self.write(layout.memory(i), entry);
        }
        let imported = self.module.inner().imported;
        let tables = self.items.tables.entries();
        for (i, &table) in tables.take(imported.tables as usize) {
            let record = store.tables[table].record().address();
            self.write(layout.table(i), record);
        }
        let globals = self.items.globals.entries();
        for (i, &global) in globals.take(imported.globals as usize) {
            let record = store.globals[global].record.address();
            self.write(layout.global(i), record);
        }
        for (i, &tag) in self.items.tags.entries() {
            let record = store.tags[tag].record.address();
            self.write(layout.tag(i), record);
        }
        for position in 0..self.module.inner().escaping.len() {
            let func_ref = self.escaping(store, position);
            self.write(layout.func_ref(position), func_ref);
        }
        self.fill_handlers(store, &layout);
    }

    /// Writes the lists of handlers. Their ends are zero since the record was allocated.
    fn fill_handlers(&self, store: &StoreOpaque, layout: &VmLayout) {
        for (position, list) in self.module.inner().handlers.iter().enumerate() {
            for (i, handler) in list.iter().enumerate() {
                let tag = self.items.tags[handler.tag()];
                let address = store.tags[tag].record.address().as_ptr() as usize;
                let word = match handler {
                    Handler::On(_) => address,
                    Handler::Switch(_) => address + SWITCH,
                };
                let offset = layout.handlers(position) + (i * size_of::<usize>()) as u32;
                self.write(offset, word);
            }
        }
    }

    fn write<T>(&self, offset: u32, value: T) {
        debug_assert!(offset as usize + size_of::<T>() <= self.module.layout().size());
        // SAFETY: the layout is the one the record was allocated with, and places T there.
        unsafe { self.place(offset).write(value) };
    }

    /// Address of what the layout places at an offset.
    fn place<T>(&self, offset: u32) -> NonNull<T> {
        // SAFETY: offsets of the layout lie in the context.
        unsafe { self.ctx.cast::<u8>().add(offset as usize).cast() }
    }

    /// Record of the escaping function at `position`.
    fn escaping(&self, store: &StoreOpaque, position: usize) -> NonNull<VmFuncRef> {
        let module = self.module.inner();
        let func = module.escaping[position];
        match module.defined_func(func) {
            None => store.funcs[self.items.imported_funcs[func]].func_ref,
            Some(_) => {
                let imported = module.imported_escaping();
                debug_assert!(position - imported < self.func_refs.len());
                // SAFETY: `func_refs` has a record for every defined escaping function.
                unsafe { self.func_refs.cast::<VmFuncRef>().add(position - imported) }
            }
        }
    }

    /// Record of a function that can become a reference.
    ///
    /// # Panics
    /// If the function is not among the module's escaping ones; the validator refuses such modules.
    pub(crate) fn func_ref(&self, store: &StoreOpaque, func: FuncIndex) -> NonNull<VmFuncRef> {
        let position = self.module.inner().escaping_position(func);
        self.escaping(store, position.expect("the function was declared"))
    }

    /// The code of a defined function is there: its record leads to it from now on, if it has one.
    fn set_code(&self, defined: usize, code: usize) {
        let module = self.module.inner();
        let Some(position) = module.escaping_position(module.func_of(defined)) else {
            return;
        };
        let position = position - module.imported_escaping();
        debug_assert!(position < self.func_refs.len());
        // SAFETY: there is a record for every defined escaping function, and nobody refers to it now.
        unsafe {
            let record = self.func_refs.cast::<VmFuncRef>().add(position);
            (*record.as_ptr()).code = code;
        }
    }

    /// Records of the functions that it defines and that can become references.
    pub(crate) fn func_refs(&self) -> impl Iterator<Item = NonNull<VmFuncRef>> {
        let first = self.func_refs.cast::<VmFuncRef>();
        // SAFETY: the box has that many.
        (0..self.func_refs.len()).map(move |i| unsafe { first.add(i) })
    }
}

impl StoreOpaque {
    /// Memory for what a module defines, added to what it imports: all of it, or an error and none. Nobody
    /// keeps it: there must be no collection until the instance has it.
    pub(crate) fn allocate(
        &mut self,
        module: &Module,
        items: &mut Items,
        allowance: Allowance,
    ) -> Result<(), Error> {
        let allocated = self.allocate_items(module, items, allowance);
        if allocated.is_err() {
            self.discard(module, items);
        }
        allocated
    }

    fn allocate_items(
        &mut self,
        module: &Module,
        items: &mut Items,
        allowance: Allowance,
    ) -> Result<(), Error> {
        const WHAT: &str = "an instance";
        let (inner, types) = (module.inner(), module.canonical());
        let defined = inner.tables.iter().enumerate();
        for (i, ty) in defined.skip(inner.imported.tables as usize) {
            let table = self.add_table(types.table_type(*ty), 0, allowance);
            let table = table.map_err(|error| error.of_item("table", i, inner.tables.len()))?;
            self.tables.release(table);
            items.tables.push(table, WHAT)?;
        }
        let defined = inner.memories.iter().enumerate();
        for (i, ty) in defined.skip(inner.imported.memories as usize) {
            let memory = self.add_memory(*ty, allowance);
            let memory =
                memory.map_err(|error| error.of_item("memory", i, inner.memories.len()))?;
            self.memories.release(memory);
            items.memories.push(memory, WHAT)?;
        }
        for ty in &inner.globals[inner.imported.globals as usize..] {
            let global = self.add_global(types.global_type(*ty), VmValue::default())?;
            self.globals.release(global);
            items.globals.push(global, WHAT)?;
        }
        for ty in &inner.tags[inner.imported.tags as usize..] {
            let tag = self.add_tag(module.type_id(*ty))?;
            self.tags.release(tag);
            items.tags.push(tag, WHAT)?;
        }
        Ok(())
    }

    /// The code of a function that is called for the first time in an instance, given by its position among the
    /// defined ones.
    pub(crate) fn code_of(&mut self, slot: InstanceSlot, defined: usize) -> Result<usize, Error> {
        let number = self.instances.number(slot.0);
        let instance = &mut self.instances[number];
        let module = instance.module.clone();
        let code = module.code().make_ready(self.engine.compiler(), defined)?;
        module.code().look_ahead(&self.engine, defined);
        // So that references need not go by stubs: also those of what came along, or was called elsewhere.
        let news = |defined, code| instance.set_code(defined, code);
        instance.known = module.code().news(instance.known, news);
        Ok(code)
    }

    /// Calls that begin in an instance use this second stack from now on.
    pub(crate) fn set_second(&mut self, instance: InstanceNumber, second: SecondNumber) {
        let data = &mut self.instances[instance];
        data.second = Some(second);
        for func_ref in data.func_refs() {
            // SAFETY: the instance is there, and with it its records.
            let slot = unsafe { func_ref.as_ref().handle };
            if slot != NO_SLOT {
                let known = self.funcs.number(slot);
                self.funcs[known].second = Some(second);
            }
        }
    }

    /// Frees what was allocated for a module. Nothing refers to it yet.
    fn discard(&mut self, module: &Module, items: &Items) {
        let imported = module.inner().imported;
        for number in items.tables.iter().skip(imported.tables as usize) {
            drop(self.tables.take(*number));
        }
        for number in items.memories.iter().skip(imported.memories as usize) {
            drop(self.memories.take(*number));
        }
        for number in items.globals.iter().skip(imported.globals as usize) {
            drop(self.globals.take(*number));
        }
        for number in items.tags.iter().skip(imported.tags as usize) {
            drop(self.tags.take(*number));
        }
    }
}

/// Slot of the instance whose context this is.
///
/// # Safety
/// `context` is the context of an instance that is there.
pub(crate) unsafe fn instance_slot(context: *const VmHeader) -> InstanceSlot {
    // SAFETY: a context of an instance starts with a VmCtx.
    InstanceSlot(unsafe { (*context.cast::<VmCtx>()).instance })
}

impl Lie for InstanceData {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>)) {
        let ctx = self.ctx.addr().get();
        each(ctx..ctx + self.module.layout().size());
        let records = self.func_refs.cast::<VmFuncRef>().addr().get();
        each(records..records + self.func_refs.len() * size_of::<VmFuncRef>());
    }
}

impl Drop for InstanceData {
    fn drop(&mut self) {
        // SAFETY: allocated by `allocate` with the same layout, and leaked from a box; the store runs
        // nothing any more, or nothing that runs or waits has a word of it (`lifetime`).
        unsafe {
            dealloc(self.ctx.as_ptr().cast(), layout_of(self.module.layout()));
            drop(Box::from_raw(self.func_refs.as_ptr()));
        }
    }
}

/// Records of the defined functions that can become references.
fn defined_refs(
    store: &mut StoreOpaque,
    module: &Module,
    ctx: NonNull<VmCtx>,
) -> impl Iterator<Item = VmFuncRef> {
    let inner = module.inner();
    let store = &raw mut store.vm;
    let defined = inner
        .escaping
        .iter()
        .filter_map(|f| Some((*f, inner.defined_func(*f)?)));
    defined.map(move |(func, defined)| VmFuncRef {
        code: module.code().function(defined),
        context: ctx.as_ptr().cast(),
        type_id: module.type_id(inner.funcs[func.index()]).0,
        handle: NO_SLOT,
        index: func.0,
        stack_class: 0,
        cont_entry: 0,
        store,
    })
}

fn layout_of(layout: &VmLayout) -> Layout {
    Layout::from_size_align(layout.size(), 16).expect("the validator bounds the number of items")
}

fn allocate(layout: &VmLayout) -> Result<NonNull<VmCtx>, Error> {
    // SAFETY: the layout is not empty: it starts with a VmCtx.
    let memory = unsafe { alloc_zeroed(layout_of(layout)) };
    NonNull::new(memory.cast()).ok_or_else(|| Error::exhausted("no memory for an instance"))
}
