//! Modules whose imports are found once, for any number of instances.

use super::{Definition, Linker, Made, unknown};
use crate::alloc;
use crate::asynchronous;
use crate::error::Error;
use crate::func::Func;
use crate::instance::{Extern, Instance};
use crate::instantiate::{check_host, instantiate, prepare, start_of};
use crate::limiter::Allowance;
use crate::module::Module;
use crate::store::AsContextMut;
use crate::vm::host_func::ReadyHost;
use crate::vm::store::StoreOpaque;
use bident_module::Import;
use std::sync::Arc;

/// A module with what a [`Linker`] has for its imports: what is left is to make instances, in any store of
/// the engine, on any thread. Cheap to clone.
pub struct InstancePre<T: 'static>(Arc<Inner<T>>);

struct Inner<T: 'static> {
    linker: Linker<T>,
    module: Module,
    /// What stands for each import; none where one is of a module that is loaded late: each instance begins a
    /// program of its own then, and the linker makes it.
    found: Option<Box<[Found]>>,
}

/// What stands for an import.
enum Found {
    /// Something of one store.
    Item(Extern),
    /// A host function, made anew in each store.
    Host(ReadyHost),
}

impl<T: 'static> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> Linker<T> {
    /// Finds what a module imports, for any number of instances: names that are defined later do not matter to
    /// them.
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// # let module = Module::from_text_or_binary(&engine, br#"(module
    /// #   (import "host" "number" (func $number (result i32)))
    /// #   (func (export "next") (result i32) (i32.add (call $number) (i32.const 1))))"#)?;
    /// let mut linker: Linker<i32> = Linker::new(&engine);
    /// linker.func_wrap("host", "number", |caller: Caller<'_, i32>| *caller.data())?;
    /// let pre = linker.instantiate_pre(&module)?;
    /// for guest in 0..3 {
    ///     let mut store = Store::new(&engine, guest);
    ///     let instance = pre.instantiate(&mut store)?;
    ///     let next = instance.get_typed_func::<(), i32>(&mut store, "next")?;
    ///     assert_eq!(next.call(&mut store, ())?, guest + 1);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind `Link`: a name is not defined, or a host function has another type than the module asks for. Kind
    /// `Usage`: the module is of another engine. Kind `Limit`: no memory.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>, Error> {
        self.check(module.engine(), "module")?;
        Ok(InstancePre(Arc::new(Inner {
            linker: self.clone(),
            module: module.clone(),
            found: self.find_ahead(module)?,
        })))
    }

    /// What stands for each import; nothing where one is loaded late.
    fn find_ahead(&self, module: &Module) -> Result<Option<Box<[Found]>>, Error> {
        let mut late = false;
        let mut all = alloc::list(module.imports().len(), "imports")?;
        for import in &module.inner().imports {
            match self.find_one(module, import)? {
                Some(found) => all.push(found),
                None if self.lazy_function(import).is_some() => late = true,
                None => return Err(unknown(module, import)),
            }
        }
        Ok((!late).then(|| all.into_boxed_slice()))
    }

    fn find_one(&self, module: &Module, import: &Import) -> Result<Option<Found>, Error> {
        let entry = self.names.get_key_value(&*import.module);
        let entry =
            entry.and_then(|(part, names)| Some((part, names.get_key_value(&*import.name)?)));
        let Some((part, (name, definition))) = entry else {
            return Ok(None);
        };
        Ok(Some(match definition {
            Definition::Item(item) => Found::Item(*item),
            Definition::Host(body) => {
                let name = (part.clone(), name.clone());
                let host = ReadyHost::new(&self.engine, body.clone(), Some(name))?;
                check_host(module, import, &host)?;
                Found::Host(host)
            }
        }))
    }
}

impl<T: 'static> InstancePre<T> {
    /// The module.
    pub fn module(&self) -> &Module {
        &self.0.module
    }

    /// Makes an instance.
    ///
    /// # Errors
    /// As for [`Linker::instantiate`], but for names that are not defined.
    ///
    /// # Panics
    /// As for [`Linker::instantiate`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance, Error> {
        let (linker, module) = (&self.0.linker, &self.0.module);
        let Some(found) = &self.0.found else {
            return linker.instantiate(store, module);
        };
        linker.check(store.context_mut().engine(), "store")?;
        let inner = store.context_mut().0;
        let (imports, made) = add_all(&mut inner.opaque, found)?;
        let instantiated = instantiate(inner, module, &imports, |_, _| ());
        made.release(&mut inner.opaque);
        Ok(Instance::new_handle(&inner.opaque, instantiated?))
    }

    /// The same without keeping the thread: see [`Linker::instantiate_async`].
    ///
    /// # Errors
    /// As for [`Linker::instantiate_async`], but for names that are not defined.
    ///
    /// # Panics
    /// As for [`Linker::instantiate_async`].
    pub fn instantiate_async<C: AsContextMut<Data = T>>(
        &self,
        store: C,
    ) -> impl Future<Output = Result<Instance, Error>> + use<C, T> {
        let pre = self.clone();
        async move {
            let mut store = store;
            pre.check(&mut store)?;
            let prepare = |store: &mut C, allowance| pre.unstarted(store, allowance);
            asynchronous::instantiate(store, &pre.0.module, prepare).await
        }
    }

    /// As [`Self::instantiate`], without a run of the start function, which comes along as from [`Instance::without_start`].
    ///
    /// # Errors
    /// As for [`InstancePre::instantiate`].
    pub fn without_start(
        &self,
        mut store: impl AsContextMut<Data = T>,
    ) -> Result<(Instance, Option<Func>), Error> {
        self.check(&mut store)?;
        self.unstarted(&mut store, Allowance::Ask)
    }

    /// Checks that the store is of the engine.
    fn check(&self, store: &mut impl AsContextMut<Data = T>) -> Result<(), Error> {
        self.0.linker.check(store.context_mut().engine(), "store")
    }

    /// The same in a store of the engine, where the limiter may have been asked.
    pub(crate) fn unstarted(
        &self,
        store: &mut impl AsContextMut<Data = T>,
        allowance: Allowance,
    ) -> Result<(Instance, Option<Func>), Error> {
        let (linker, module) = (&self.0.linker, &self.0.module);
        let Some(found) = &self.0.found else {
            return linker.unstarted(store, module, &[], allowance);
        };
        let opaque = &mut store.context_mut().0.opaque;
        let (imports, made) = add_all(opaque, found)?;
        let prepared = prepare(opaque, module, &imports, allowance, |_, _| ());
        made.release(opaque);
        let number = prepared?;
        let start = start_of(opaque, number);
        Ok((Instance::new_handle(opaque, number), start))
    }
}

/// The imports of one instance, and the host functions that were made for it.
fn add_all(store: &mut StoreOpaque, found: &[Found]) -> Result<(Vec<Extern>, Made), Error> {
    let mut imports = alloc::list(found.len(), "imports")?;
    let mut made = Made(alloc::list(found.len(), "imports")?);
    for found in found {
        imports.push(match found {
            Found::Item(item) => *item,
            Found::Host(host) => match store.add_ready_host(host) {
                Ok(number) => {
                    made.0.push(number);
                    Func::new_handle(store, number).into()
                }
                Err(error) => {
                    made.release(store);
                    return Err(error);
                }
            },
        });
    }
    Ok((imports, made))
}
