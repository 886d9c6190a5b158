//! Names for whole modules, and names that stand for others.

use super::{Definition, Linker};
use crate::error::Error;
use crate::host::{Answer, Caller};
use crate::kept::Lasting;
use crate::module::Module;
use crate::store::AsContextMut;
use crate::value::Val;
use crate::vm::host_func::HostBody;
use bident_module::{ExternType, FuncType, printable};
use std::sync::Arc;

impl<T: 'static> Linker<T> {
    /// The names that are defined, module part first, in no order. [`Linker::get`] gives what they stand for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let modules = self.names.iter();
        modules.flat_map(|(module, names)| names.keys().map(move |name| (&**module, &**name)))
    }

    /// Lets a second name stand for what a name stands for now.
    ///
    /// # Errors
    /// Kind `Link`: the first is not defined, or the second is already.
    pub fn alias(
        &mut self,
        (module, name): (&str, &str),
        (as_module, as_name): (&str, &str),
    ) -> Result<&mut Self, Error> {
        let names = self.names.get(module);
        let Some(definition) = names.and_then(|names| names.get(name)).cloned() else {
            let (module, name) = (printable(module), printable(name));
            return Err(Error::link(format_args!(
                "`{module}.{name}` is not defined"
            )));
        };
        self.insert(as_module, as_name, definition)
    }

    /// The same for all names of a module.
    ///
    /// # Errors
    /// Kind `Link`: nothing is defined with the first module name, or one of the second names is already. Those
    /// before it are defined then.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<&mut Self, Error> {
        let Some(names) = self.names.get(module).cloned() else {
            let module = printable(module);
            return Err(Error::link(format_args!(
                "nothing of `{module}` is defined"
            )));
        };
        for (name, definition) in names {
            self.insert(as_module, &name, definition)?;
        }
        Ok(self)
    }

    /// Defines the exports of a module, as WASI's two kinds of programs have them.
    ///
    /// - A *reactor* is instantiated now, its `_initialize` called if it has one, and its exports defined as those of
    ///   the instance.
    /// - A *command*, which exports `_start`, is instantiated anew for each call of one of its functions, with the
    ///   names that are defined now. The instance goes afterwards. Such a call cannot be parked: what waits in it is an error
    ///   of kind `Barrier`. Its memory and its table are nobody else's, so they are not defined.
    ///
    /// # Errors
    /// Kind `Link`: a name is defined already, or a command exports a global or a tag. Else as for
    /// [`Linker::instantiate`]; and what `_initialize` fails with.
    ///
    /// # Panics
    /// As for [`crate::Instance::new`].
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        name: &str,
        module: &Module,
    ) -> Result<&mut Self, Error> {
        if module.exports().any(|e| e.name() == "_start") {
            return self.command(name, module);
        }
        let instance = self.instantiate(&mut store, module)?;
        if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
            initialize.call(&mut store, &[], &mut [])?;
        }
        self.instance(store, name, instance)
    }

    fn command(&mut self, name: &str, module: &Module) -> Result<&mut Self, Error> {
        self.check(module.engine(), "module")?;
        let linker = Arc::new(self.clone());
        for export in module.exports() {
            let ty = match export.ty() {
                ExternType::Func(ty) => ty.clone(),
                ExternType::Memory(_) | ExternType::Table(_) => continue,
                ExternType::Global(_) | ExternType::Tag(_) => {
                    let kind = export.ty().kind();
                    let export = printable(export.name());
                    return Err(Error::link(format_args!(
                        "a command exports functions only, not the {kind} `{export}`"
                    )));
                }
            };
            let body = once(linker.clone(), module.clone(), export.name().into(), ty);
            self.insert(name, export.name(), Definition::Host(body))?;
        }
        Ok(self)
    }
}

/// A function of an instance that is made for each call.
fn once<T: 'static>(
    linker: Arc<Linker<T>>,
    module: Module,
    export: Arc<str>,
    ty: FuncType,
) -> HostBody {
    HostBody::dynamic::<T, _>(
        ty,
        move |mut caller: Caller<'_, T>, params: &[Val], results: &mut [Val]| {
            let instance = linker.instantiate(&mut caller, &module)?;
            let func = instance.get_func(&mut caller, &export);
            let func = func.ok_or_else(|| Error::usage("the function is gone"))?;
            let called = func.call(&mut caller, params, results);
            func.release(&mut caller)?;
            instance.release(&mut caller)?;
            called.map(|()| Answer::Ready)
        },
    )
}
