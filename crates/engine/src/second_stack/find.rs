//! Finding the global that is the pointer of a second stack.

use crate::error::Error;
use crate::slots::{GlobalNumber, InstanceNumber};
use crate::vm::store::StoreOpaque;
use bident_abi::WASM_PAGE;
use bident_module::{AddressType, GlobalIndex, Item, ItemType, MemoryType, ValType, printable};

/// What LLVM, its linker and all tools behind them call it.
const USUAL: &str = "__stack_pointer";

/// Which global it is, as the user says it.
#[derive(Clone, Debug)]
pub(super) enum Pointer {
    Usual,
    Export(String),
    Index(u32),
}

/// The global of an instance.
pub(super) fn pointer(
    store: &StoreOpaque,
    instance: InstanceNumber,
    pointer: &Pointer,
) -> Result<GlobalNumber, Error> {
    let data = &store.instances[instance];
    let index = match pointer {
        Pointer::Usual => usual(data.module.inner())?,
        Pointer::Export(name) => exported(data.module.inner(), name).ok_or_else(|| {
            Error::usage(format!("no global is exported as `{}`", printable(name)))
        })?,
        Pointer::Index(index) => GlobalIndex(*index),
    };
    let global = data.items.globals.get(index).ok_or_else(|| {
        let count = data.items.globals.len();
        Error::usage(format!(
            "no global has the position {}: there are {count}",
            index.0
        ))
    })?;
    let ty = store.globals[*global].ty;
    if ty.mutable && ty.content == ValType::I32 {
        return Ok(*global);
    }
    let mutability = if ty.mutable {
        "a mutable"
    } else {
        "an immutable"
    };
    Err(Error::usage(format!(
        "global {} is {mutability} {}; the pointer of a second stack is a mutable i32",
        index.0, ty.content
    )))
}

fn exported(module: &bident_module::Module, name: &str) -> Option<GlobalIndex> {
    match module.export(name)?.item {
        Item::Global(global) => Some(global),
        _ => None,
    }
}

fn imported(module: &bident_module::Module) -> Option<GlobalIndex> {
    let globals = module.imports.iter();
    let mut globals = globals.filter(|import| matches!(import.kind, ItemType::Global(_)));
    let position = globals.position(|import| import.name == USUAL)?;
    Some(GlobalIndex(position as u32))
}

/// By its usual name, where that is the pointer of a stack in memory 0.
pub(crate) fn usual_pointer(module: &bident_module::Module) -> Option<GlobalIndex> {
    let index = usual(module).ok()?;
    let global = module.globals.get(index.index())?;
    let memory = module.memories.first()?;
    let fits = global.mutable && global.content == ValType::I32 && can_hold(memory);
    fits.then_some(index)
}

/// Whether regions can lie in a memory.
pub(super) fn can_hold(ty: &MemoryType) -> bool {
    ty.address == AddressType::I32 && ty.page_size() == WASM_PAGE
}

/// By its usual name.
fn usual(module: &bident_module::Module) -> Result<GlobalIndex, Error> {
    if let Some(global) = exported(module, USUAL).or_else(|| imported(module)) {
        return Ok(global);
    }
    let mut named = module.names.globals().filter(|(_, name)| *name == USUAL);
    match (named.next(), named.next()) {
        (Some((global, _)), None) => Ok(global),
        (Some((a, _)), Some((b, _))) => Err(Error::usage(format!(
            "the name section calls the globals {} and {} `{USUAL}`: say which it is, by \
             the option `pointer_index` (in JavaScript `pointer`)",
            a.0, b.0
        ))),
        (None, _) => Err(Error::usage(format!(
            "the instance has no global that is exported or imported as `{USUAL}`, or has this name in \
             the name section. Keep the name section, or export the global (clang: `-mmutable-globals \
             -Wl,--export={USUAL}`), or say which it is, by the option `pointer_export` or \
             `pointer_index` (in JavaScript `pointer`)"
        ))),
    }
}
