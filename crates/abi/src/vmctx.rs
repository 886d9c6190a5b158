//! Where each import, memory, table, global, tag, function reference and handler list of a given
//! module lies in the context record of its instances.

use crate::item::{VmGlobal, VmImport, VmMemoryRef, VmTable};
use crate::store::VmHeader;
use bident_module::{FuncIndex, GlobalIndex, MemoryIndex, Module, TableIndex, TagIndex};
use std::mem::{offset_of, size_of};

/// Fixed part of an instance's context record. The arrays that [`VmLayout`] places follow it.
#[repr(C)]
#[derive(Debug)]
pub struct VmCtx {
    /// The store.
    pub header: VmHeader,
    /// Engine-wide identity of each type of the module's type section.
    pub type_ids: *const u32,
    /// Number of the instance in its store.
    pub instance: u32,
}

/// Offsets in bytes from the start of a [`VmCtx`].
#[derive(Clone, Debug)]
pub struct VmLayout {
    imports: u32,
    memories: u32,
    /// Of each table: where its record is, or the pointer to it.
    tables: Records,
    globals: Records,
    tags: u32,
    func_refs: u32,
    /// Of each list of the module's handlers.
    handlers: Vec<u32>,
    size: u32,
}

/// Records of what a module defines, and pointers to those of what it imports.
#[derive(Clone, Copy, Debug)]
struct Records {
    imported: u32,
    pointers: u32,
    records: u32,
    /// Size of one.
    size: u32,
}

impl Records {
    fn offset(self, index: u32) -> u32 {
        match index.checked_sub(self.imported) {
            None => self.pointers + index * size_of::<usize>() as u32,
            Some(defined) => self.records + defined * self.size,
        }
    }
}

impl VmLayout {
    /// Offset of the store pointer.
    pub const STORE: u32 = (offset_of!(VmCtx, header) + offset_of!(VmHeader, store)) as u32;
    /// Offset of the pointer to the type identities.
    pub const TYPE_IDS: u32 = offset_of!(VmCtx, type_ids) as u32;

    /// The layout for instances of a module.
    pub fn new(module: &Module) -> Self {
        let mut next = size_of::<VmCtx>().next_multiple_of(16);
        let mut array = |count: usize, size: usize| {
            let start = next;
            next += count * size;
            u32::try_from(start).expect("the validator bounds the number of items")
        };
        // First what needs the strictest alignment.
        let imported = module.imported;
        let mut records = |all: usize, imported: u32, size: usize| Records {
            imported,
            pointers: 0,
            records: array(all - imported as usize, size),
            size: size as u32,
        };
        let (all, own) = (module.globals.len(), size_of::<VmGlobal>());
        let mut globals = records(all, imported.globals, own);
        let (all, own) = (module.tables.len(), size_of::<VmTable>());
        let mut tables = records(all, imported.tables, own);
        globals.pointers = array(imported.globals as usize, size_of::<usize>());
        tables.pointers = array(imported.tables as usize, size_of::<usize>());
        let imports = array(imported.funcs as usize, size_of::<VmImport>());
        let memories = array(module.memories.len(), size_of::<VmMemoryRef>());
        let tags = array(module.tags.len(), size_of::<usize>());
        let func_refs = array(module.escaping.len(), size_of::<usize>());
        let lists = module.handlers.iter();
        let handlers = lists.map(|list| array(list.len() + 1, size_of::<usize>()));
        let handlers = handlers.collect();
        let size = array(0, 0);
        Self {
            imports,
            memories,
            tables,
            globals,
            tags,
            func_refs,
            handlers,
            size,
        }
    }

    /// Offset of the [`VmImport`] of an imported function.
    pub fn import(&self, func: FuncIndex) -> u32 {
        self.imports + func.0 * size_of::<VmImport>() as u32
    }

    /// Offset of the [`VmMemoryRef`] of a memory.
    pub fn memory(&self, memory: MemoryIndex) -> u32 {
        self.memories + memory.0 * size_of::<VmMemoryRef>() as u32
    }

    /// Offset of the [`VmTable`] of a defined table, or of the pointer to that of an imported one.
    pub fn table(&self, table: TableIndex) -> u32 {
        self.tables.offset(table.0)
    }

    /// Offset of the [`VmGlobal`] of a defined global, or of the pointer to that of an imported one.
    pub fn global(&self, global: GlobalIndex) -> u32 {
        self.globals.offset(global.0)
    }

    /// Offset of the pointer to the [`crate::VmFuncRef`] of the escaping function at `position`
    /// (`Module::escaping_position`).
    pub fn func_ref(&self, position: usize) -> u32 {
        self.func_refs + (position * size_of::<usize>()) as u32
    }

    /// Offset of the pointer to a [`crate::VmTag`].
    pub fn tag(&self, tag: TagIndex) -> u32 {
        self.tags + tag.0 * size_of::<usize>() as u32
    }

    /// Offset of the list of handlers at `position` in `Module::handlers`: a word per handler, then
    /// zero. The word of a tag's handler is the address of its [`crate::VmTag`], plus
    /// [`bident_stack::SWITCH`] for one of switches.
    pub fn handlers(&self, position: usize) -> u32 {
        self.handlers[position]
    }

    /// Size of the whole record in bytes.
    pub fn size(&self) -> usize {
        self.size as usize
    }
}
