//! Something for the imports of a module that the linker does not know.

use super::{Definition, Linker, unknown};
use crate::error::Error;
use crate::global::Global;
use crate::host::Answer;
use crate::instance::Extern;
use crate::memory::Memory;
use crate::module::Module;
use crate::store::AsContextMut;
use crate::table::Table;
use crate::tag::Tag;
use crate::value::Val;
use crate::vm::host_func::HostBody;
use bident_module::{ExternType, FuncType, Import, ValType, printable};

impl<T: 'static> Linker<T> {
    /// Defines each function that a module imports and that has no name here yet as one that fails: the call
    /// ends with an error of kind `Link`, whose text is that of an import that is missing. So a module
    /// runs of which only a part is wanted. Other imports that are missing stay so.
    ///
    /// # Errors
    /// Kind `Usage`: the module is of another engine. Kind `Limit`: the system has no memory.
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// # let mut store = Store::new(&engine, ());
    /// let module = Module::from_text_or_binary(&engine, br#"(module
    ///   (import "host" "missing" (func $missing))
    ///   (func (export "seven") (result i32) (i32.const 7))
    ///   (func (export "fails") (call $missing)))"#)?;
    /// let mut linker = Linker::new(&engine);
    /// linker.define_unknown_imports_as_traps(&module)?;
    /// let instance = linker.instantiate(&mut store, &module)?;
    /// let seven = instance.get_typed_func::<(), i32>(&mut store, "seven")?;
    /// assert_eq!(seven.call(&mut store, ())?, 7);
    /// let fails = instance.get_typed_func::<(), ()>(&mut store, "fails")?;
    /// assert_eq!(fails.call(&mut store, ()).unwrap_err().kind(), ErrorKind::Link);
    /// # Ok(())
    /// # }
    /// ```
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<&mut Self, Error> {
        self.check(module.engine(), "module")?;
        for import in &module.inner().imports {
            let ty = import_type(module, import);
            let (false, ExternType::Func(ty)) = (self.is_known(import), ty) else {
                continue;
            };
            let text = format!("{:#}", unknown(module, import));
            let body = HostBody::dynamic::<T, _>(ty, move |_, _, _| Err(Error::link(&text)));
            self.insert(&import.module, &import.name, Definition::Host(body))?;
        }
        Ok(self)
    }

    /// Defines everything that a module imports and that has no name here yet: functions that give zeros and nulls,
    /// globals with such a value, tables and memories of the least size, new tags. What is no function belongs to
    /// the store. For modules that nobody knows, as in a fuzzer.
    ///
    /// # Errors
    /// Kind `Link`: an import has a type without a default value, a reference that is never null. Kind `Usage`:
    /// store or module are of another engine. Else as for [`Table::new`], [`Memory::new`], [`Tag::new`].
    pub fn define_unknown_imports_as_default_values(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<&mut Self, Error> {
        self.check(store.context_mut().engine(), "store")?;
        self.check(module.engine(), "module")?;
        for import in &module.inner().imports {
            if self.is_known(import) {
                continue;
            }
            let ty = import_type(module, import);
            let item: Extern = match ty {
                ExternType::Func(ty) => {
                    let body = defaults::<T>(import, ty)?;
                    self.insert(&import.module, &import.name, Definition::Host(body))?;
                    continue;
                }
                ExternType::Table(ty) => {
                    let element = default(import, ValType::Ref(ty.element))?;
                    Table::new(&mut store, ty, element)?.into()
                }
                ExternType::Memory(ty) => Memory::new(&mut store, ty)?.into(),
                ExternType::Global(ty) => {
                    Global::new(&mut store, ty, default(import, ty.content)?)?.into()
                }
                ExternType::Tag(ty) => Tag::new(&mut store, ty)?.into(),
            };
            self.define(&import.module, &import.name, item)?;
        }
        Ok(self)
    }

    /// Whether there is something for an import, or will be.
    fn is_known(&self, import: &Import) -> bool {
        self.contains(&import.module, &import.name) || self.lazy_function(import).is_some()
    }
}

fn import_type(module: &Module, import: &Import) -> ExternType {
    let canonical = module.canonical();
    canonical.extern_type(module.inner().import_type(import))
}

/// A function that gives default values.
fn defaults<T: 'static>(import: &Import, ty: FuncType) -> Result<HostBody, Error> {
    for &ty in ty.results() {
        default(import, ty)?;
    }
    let values = ty.results().to_vec();
    Ok(HostBody::dynamic::<T, _>(ty, move |_, _, results| {
        for (result, &ty) in results.iter_mut().zip(&values) {
            *result = Val::default_for(ty);
        }
        Ok(Answer::Ready)
    }))
}

/// Zero or null.
fn default(import: &Import, ty: ValType) -> Result<Val, Error> {
    match ty {
        ValType::Ref(reference) if !reference.nullable => {
            let (module, name) = (printable(&import.module), printable(&import.name));
            Err(Error::link(format_args!(
                "`{module}.{name}` has no default value: {ty} is never null"
            )))
        }
        _ => Ok(Val::default_for(ty)),
    }
}
