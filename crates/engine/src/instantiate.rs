//! Instantiation, in the steps of the specification (4.5.4).

use crate::alloc;
use crate::const_expr::{self, func_word};
use crate::error::Error;
use crate::func::Func;
use crate::instance::Extern;
use crate::limiter::Allowance;
use crate::list::Position;
use crate::module::Module;
use crate::slots::InstanceNumber;
use crate::store::OpaqueContext;
use crate::vm::host_func::ReadyHost;
use crate::vm::instance::Items;
use crate::vm::store::{StoreInner, StoreOpaque};
use bident_module::{
    self as wasm, AddressType, Composite, DataIndex, Elem, ElemIndex, ElemItems, ElemMode,
    ExternType, GlobalIndex, GlobalType, Import, Item, ItemType, Limits, TableIndex, printable,
};

/// Instantiates a module; gives the instance's number. `made` gets it before anybody may call functions of it.
pub(crate) fn instantiate<T>(
    store: &mut StoreInner<T>,
    module: &Module,
    imports: &[Extern],
    made: impl FnOnce(&mut StoreOpaque, InstanceNumber),
) -> Result<InstanceNumber, Error> {
    let instance = prepare(&mut store.opaque, module, imports, Allowance::Ask, made)?;
    if let Some(start) = start_of(&mut store.opaque, instance) {
        let mut unfinished = Unfinished(store, instance, true);
        // A host function in it may not answer that it is pending.
        start.enter(unfinished.0)?;
        unfinished.finish();
    }
    Ok(instance)
}

/// All steps but the last, the start function.
pub(crate) fn prepare(
    opaque: &mut StoreOpaque,
    module: &Module,
    imports: &[Extern],
    allowance: Allowance,
    made: impl FnOnce(&mut StoreOpaque, InstanceNumber),
) -> Result<InstanceNumber, Error> {
    if !module.engine().same(&opaque.engine) {
        return Err(Error::usage(
            "the module was compiled by another engine than the store's",
        ));
    }
    opaque.collect_if_due();
    for ty in &module.inner().types {
        if let Composite::Func(ty) = &ty.composite {
            opaque.reserve_values(ty)?;
        }
    }
    let instance = opaque.with_room(|opaque| add(opaque, module, imports, allowance))?;
    let mut unfinished = Unfinished(opaque, instance, true);
    made(unfinished.0, instance);
    initialize(unfinished.0, instance, module.inner())?;
    unfinished.finish();
    Ok(instance)
}

/// Step 5, and the instance. Values come later: they may refer to functions.
fn add(
    opaque: &mut StoreOpaque,
    module: &Module,
    imports: &[Extern],
    allowance: Allowance,
) -> Result<InstanceNumber, Error> {
    let mut items = match_imports(opaque, module, imports)?;
    opaque.add_module(module)?;
    opaque.allocate(module, &mut items, allowance)?;
    opaque.add_instance(module.clone(), items)
}

/// Steps 6 to 16.
fn initialize(
    opaque: &mut StoreOpaque,
    instance: InstanceNumber,
    module: &wasm::Module,
) -> Result<(), Error> {
    init_globals(opaque, instance, module)?;
    init_tables(opaque, instance, module)?;
    init_elems(opaque, instance, module)?;
    copy_active_elems(opaque, instance, module)?;
    copy_active_data(opaque, instance, module)
}

/// Lets go of an instance, unless it is finished: there was an error, or a destructor of the embedder's or a
/// host function panicked. Its functions may lie in tables of others by then.
struct Unfinished<'a, S: AsMut<StoreOpaque>>(&'a mut S, InstanceNumber, bool);

impl<S: AsMut<StoreOpaque>> Unfinished<'_, S> {
    fn finish(&mut self) {
        self.2 = false;
    }
}

impl<S: AsMut<StoreOpaque>> Drop for Unfinished<'_, S> {
    fn drop(&mut self) {
        if self.2 {
            self.0.as_mut().instances.release(self.1);
        }
    }
}

impl AsMut<StoreOpaque> for StoreOpaque {
    fn as_mut(&mut self) -> &mut StoreOpaque {
        self
    }
}

impl<T> AsMut<StoreOpaque> for StoreInner<T> {
    fn as_mut(&mut self) -> &mut StoreOpaque {
        &mut self.opaque
    }
}

/// Step 1-4: the imports, checked against what the module asks for.
fn match_imports(store: &StoreOpaque, module: &Module, imports: &[Extern]) -> Result<Items, Error> {
    let wanted = &module.inner().imports;
    if wanted.len() != imports.len() {
        return Err(Error::link(format_args!(
            "the module has {} imports, but {} were given",
            wanted.len(),
            imports.len()
        )));
    }
    const WHAT: &str = "imports";
    let mut items = Items::of(module.inner())?;
    for (import, given) in wanted.iter().zip(imports) {
        match *given {
            Extern::Func(f) => items
                .imported_funcs
                .push(f.number_in(store)?, WHAT)
                .map(drop),
            Extern::Table(t) => items.tables.push(t.number_in(store)?, WHAT).map(drop),
            Extern::Memory(m) => items.memories.push(m.number_in(store)?, WHAT).map(drop),
            Extern::Global(g) => items.globals.push(g.number_in(store)?, WHAT).map(drop),
            Extern::Tag(t) => items.tags.push(t.number_in(store)?, WHAT).map(drop),
        }?;
        check_type(store, module, import, *given)?;
    }
    Ok(items)
}

fn check_type(
    store: &StoreOpaque,
    module: &Module,
    import: &Import,
    given: Extern,
) -> Result<(), Error> {
    let types = module.canonical();
    let fits = match (import.kind, given) {
        (ItemType::Func(wanted), Extern::Func(f)) => {
            let ty = store.funcs[f.number_in(store)?].type_id;
            store.engine.is_subtype(ty, module.type_id(wanted))
        }
        (ItemType::Table(wanted), Extern::Table(t)) => {
            let wanted = types.table_type(wanted);
            let ty = store.tables[t.number_in(store)?].current_type();
            (wanted.element, wanted.address) == (ty.element, ty.address)
                && within(ty.limits, wanted.limits)
        }
        (ItemType::Memory(wanted), Extern::Memory(m)) => {
            let ty = store.memories[m.number_in(store)?].ty();
            (wanted.address, wanted.page_size_log2, wanted.shared)
                == (ty.address, ty.page_size_log2, ty.shared)
                && within(ty.limits, wanted.limits)
        }
        (ItemType::Global(wanted), Extern::Global(g)) => {
            let ty = store.globals[g.number_in(store)?].ty;
            global_fits(store, ty, types.global_type(wanted))
        }
        (ItemType::Tag(wanted), Extern::Tag(t)) => {
            store.tags[t.number_in(store)?].type_id() == module.type_id(wanted)
        }
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(mismatch(module, import, &store.type_of_extern(given)))
}

/// Checks a host function that no store has yet, as an import.
pub(crate) fn check_host(module: &Module, import: &Import, host: &ReadyHost) -> Result<(), Error> {
    match import.kind {
        ItemType::Func(wanted)
            if module
                .engine()
                .is_subtype(host.type_id, module.type_id(wanted)) =>
        {
            Ok(())
        }
        _ => Err(mismatch(
            module,
            import,
            &ExternType::Func(host.made.body.ty.clone()),
        )),
    }
}

fn mismatch(module: &Module, import: &Import, given: &ExternType) -> Error {
    let types = module.canonical();
    let wanted = describe(&types.extern_type(module.inner().import_type(import)));
    let given = describe(given);
    Error::link(format_args!(
        "incompatible import type for `{}.{}`: the module asks for {wanted}, but {given} was given",
        printable(&import.module),
        printable(&import.name)
    ))
}

/// Whether a global can stand for another: one that is written must hold the same, one that is only
/// read may promise more.
fn global_fits(store: &StoreOpaque, given: GlobalType, wanted: GlobalType) -> bool {
    match (given.mutable, wanted.mutable) {
        (false, false) => store.engine.val_matches(given.content, wanted.content),
        _ => given == wanted,
    }
}

/// Whether what has `given` limits can stand for what is asked with `wanted` ones.
fn within(given: Limits, wanted: Limits) -> bool {
    given.min >= wanted.min
        && wanted
            .max
            .is_none_or(|most| given.max.is_some_and(|given| given <= most))
}

fn describe(ty: &ExternType) -> String {
    use ExternType as E;
    let bounds = |l: &Limits| match l.max {
        Some(max) => format!("{}..{max}", l.min),
        None => format!("{}..", l.min),
    };
    let global = |g: &GlobalType| {
        format!(
            "a {} global of type {}",
            if g.mutable { "mutable" } else { "immutable" },
            g.content
        )
    };
    match ty {
        E::Func(f) => format!("a function {f}"),
        E::Table(t) => format!(
            "{} of {} with {} elements",
            addressed("table", t.address),
            t.element,
            bounds(&t.limits)
        ),
        E::Memory(m) => format!(
            "{} of {} pages{}",
            match m.shared {
                false => addressed("memory", m.address),
                true => addressed("shared memory", m.address),
            },
            bounds(&m.limits),
            if m.page_size_log2 == 0 {
                " of a byte"
            } else {
                ""
            }
        ),
        E::Global(g) => global(g),
        E::Tag(t) => format!("a tag {t}"),
    }
}

fn addressed(what: &str, address: AddressType) -> String {
    match address {
        AddressType::I32 => format!("a {what}"),
        AddressType::I64 => format!("a 64-bit {what}"),
    }
}

/// Step 6: values of globals, in order, since one may use those before it.
fn init_globals(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    module: &wasm::Module,
) -> Result<(), Error> {
    for (i, init) in module.global_inits.iter().enumerate() {
        let value = const_expr::evaluate_any(store, instance, init)?;
        let global = GlobalIndex::at(module.imported.globals as usize + i);
        let global = store.instances[instance].items.globals[global];
        store.set_global(global, value);
    }
    Ok(())
}

fn init_tables(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    module: &wasm::Module,
) -> Result<(), Error> {
    for (i, init) in module.table_inits.iter().enumerate() {
        let Some(init) = init else { continue };
        let word = const_expr::evaluate(store, instance, init)?;
        let table = TableIndex::at(module.imported.tables as usize + i);
        let table = store.instances[instance].items.tables[table];
        store.tables[table].elements_mut().fill(word);
    }
    Ok(())
}

/// Step 7: elements of all segments that can be used later.
fn init_elems(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    module: &wasm::Module,
) -> Result<(), Error> {
    let empty = module.elems.iter().map(|_| Box::default());
    store.instances[instance].elems = alloc::collect(empty, SEGMENT)?.into();
    for (i, elem) in module.elems.iter().enumerate() {
        // A root at once: those that follow may collect.
        let words = element_words(store, instance, elem)?.into();
        store.instances[instance].elems[ElemIndex::at(i)] = words;
    }
    Ok(())
}

const SEGMENT: &str = "an element segment";

fn element_words(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    elem: &Elem,
) -> Result<Vec<u64>, Error> {
    match (&elem.mode, &elem.items) {
        (ElemMode::Declared, _) => Ok(Vec::new()),
        (_, ElemItems::Funcs(funcs)) => {
            let words = funcs.iter().map(|f| func_word(store, instance, *f));
            alloc::collect(words, SEGMENT)
        }
        (_, ElemItems::Exprs(exprs)) => const_expr::evaluate_all(store, instance, exprs),
    }
}

/// Step 8-15: active element segments are copied and dropped.
fn copy_active_elems(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    module: &wasm::Module,
) -> Result<(), Error> {
    for (i, elem) in module.elems.iter().enumerate() {
        if let ElemMode::Active(table, offset) = &elem.mode {
            let address = module.tables[table.index()].address;
            let offset = const_expr::evaluate(store, instance, offset)?;
            let offset = position(address, offset);
            let length = elem.items.len() as u64;
            let segment = ElemIndex::at(i);
            let fits = store.init_table(instance, *table, segment, [offset, 0, length]);
            fits.map_err(|code| {
                let number = store.instances[instance].items.tables[*table];
                let (size, table) = (store.tables[number].elements().len(), table.index());
                let what = format_args!(
                    "element segment {i}, {length} elements at {offset}, is beyond the {size} of table {table}"
                );
                Error::out_of_bounds(code, what)
            })?;
            store.instances[instance].elems[segment] = Box::default();
        }
    }
    Ok(())
}

/// Step 16: active data segments are copied and dropped.
fn copy_active_data(
    store: &mut StoreOpaque,
    instance: InstanceNumber,
    module: &wasm::Module,
) -> Result<(), Error> {
    for (i, data) in module.data.iter().enumerate() {
        if let Some((memory, offset)) = &data.active {
            let address = module.memories[memory.index()].address;
            let offset = const_expr::evaluate(store, instance, offset)?;
            let offset = position(address, offset);
            let length = data.range.len() as u64;
            let segment = DataIndex::at(i);
            let fits = store.init_memory(instance, *memory, segment, [offset, 0, length]);
            fits.map_err(|code| {
                let number = store.instances[instance].items.memories[*memory];
                let (size, memory) = (store.memories[number].length(), memory.index());
                let what = format_args!(
                    "data segment {i}, {length} bytes at {offset}, is beyond the {size} of memory {memory}"
                );
                Error::out_of_bounds(code, what)
            })?;
            store.instances[instance].dropped_data[segment] = true;
        }
    }
    Ok(())
}

/// Step 17: the start function of an instance, if it has one.
pub(crate) fn start_of(store: &mut StoreOpaque, instance: InstanceNumber) -> Option<Func> {
    let start = store.instances[instance].module.inner().start?;
    store.item(instance, Item::Func(start)).into_func()
}

/// The position that a word of this type is.
fn position(address: AddressType, word: u64) -> u64 {
    match address {
        AddressType::I32 => u64::from(word as u32),
        AddressType::I64 => word,
    }
}

impl StoreOpaque {
    fn type_of_extern(&self, item: Extern) -> ExternType {
        item.ty(OpaqueContext(self))
    }
}
