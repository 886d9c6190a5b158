//! The module `spectest` that scripts import from.

use bident::{
    Engine, Error, Global, GlobalType, Linker, Memory, MemoryType, RefType, Store, Table,
    TableType, Val, ValType,
};
use std::fmt;
use std::io::{self, Write};

/// A linker in which `spectest` is defined, its items new in the store.
pub(crate) fn linker(engine: &Engine, store: &mut Store<()>) -> Result<Linker<()>, Error> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    define_print(&mut linker)?;
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::from(666.6f32)),
        ("global_f64", Val::from(666.6f64)),
    ];
    for (name, value) in globals {
        let ty = GlobalType {
            content: value.ty(),
            mutable: false,
        };
        let global = Global::new(&mut *store, ty, value)?;
        linker.define("spectest", name, global)?;
    }
    let tables = [
        ("table", TableType::new(RefType::FUNC, 10, Some(20))),
        ("table64", TableType::new64(RefType::FUNC, 10, Some(20))),
    ];
    for (name, ty) in tables {
        let table = Table::new(&mut *store, ty, Val::default_for(ValType::FUNCREF))?;
        linker.define("spectest", name, table)?;
    }
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(2)))?;
    linker.define("spectest", "memory", memory)?;
    let shared = MemoryType::new(1, Some(2)).to_be_shared();
    let memory = Memory::new(&mut *store, shared)?;
    linker.define("spectest", "shared_memory", memory)?;
    Ok(linker)
}

/// Each prints its arguments with their types, one a line, as the reference interpreter does.
fn define_print(linker: &mut Linker<()>) -> Result<(), Error> {
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |a: i32| {
        print(format_args!("{a} : i32"))
    })?;
    linker.func_wrap("spectest", "print_i64", |a: i64| {
        print(format_args!("{a} : i64"))
    })?;
    linker.func_wrap("spectest", "print_f32", |a: f32| {
        print(format_args!("{a} : f32"))
    })?;
    linker.func_wrap("spectest", "print_f64", |a: f64| {
        print(format_args!("{a} : f64"))
    })?;
    linker.func_wrap("spectest", "print_i32_f32", |a: i32, b: f32| {
        print(format_args!("{a} : i32\n{b} : f32"))
    })?;
    linker.func_wrap("spectest", "print_f64_f64", |a: f64, b: f64| {
        print(format_args!("{a} : f64\n{b} : f64"))
    })?;
    Ok(())
}

/// Prints a line. Where it cannot be printed the call fails, and with it what the script wanted of it.
fn print(line: fmt::Arguments<'_>) -> Result<(), Error> {
    writeln!(io::stdout(), "{line}").map_err(Error::new)
}
