//! Names for imports.

mod modules;
mod pre;
mod unknown;

pub use pre::InstancePre;

use crate::alloc;
use crate::asynchronous::{self, Accessor, InBox, InLocal, IntoAsyncFunc};
use crate::engine::Engine;
use crate::error::Error;
use crate::func::Func;
use crate::host::{Answer, Caller, HostReturn, IntoFunc};
use crate::instance::{Extern, Instance};
use crate::instantiate::{instantiate, prepare, start_of};
use crate::lazy::{LazyModule, Load};
use crate::limiter::Allowance;
use crate::module::Module;
use crate::program::{Late, Program};
use crate::slots::{FuncNumber, InstanceNumber};
use crate::store::AsContextMut;
use crate::value::{ExternRef, Val};
use crate::vm::host_func::HostBody;
use crate::vm::store::StoreOpaque;
use bident_module::{ExternType, FuncType, Import, ItemType, TypeIndex, printable};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// What modules find under which name when they are instantiated.
pub struct Linker<T: 'static> {
    engine: Engine,
    /// Shared by clones until one of them gets another name.
    names: Arc<HashMap<Arc<str>, Names>>,
    lazy: Arc<HashMap<Arc<str>, LazyModule<T>>>,
    shadowing: bool,
}

/// What a module imports, in its order, and the program that it is of, if that has late modules.
type Found<T> = (Vec<Extern>, Option<Arc<Program<T>>>);

/// Host functions that were made for one instance: nobody else has them.
#[derive(Default)]
struct Made(Vec<FuncNumber>);

impl Made {
    /// Leaves them to the instance, if there is one.
    fn release(self, store: &mut StoreOpaque) {
        for func in self.0 {
            store.funcs.release(func);
        }
    }
}

/// What a module part of names has.
type Names = HashMap<Arc<str>, Definition>;

#[derive(Clone)]
enum Definition {
    /// Of one store.
    Item(Extern),
    /// A host function, made anew in each store.
    Host(HostBody),
}

impl<T: 'static> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            names: self.names.clone(),
            lazy: self.lazy.clone(),
            shadowing: self.shadowing,
        }
    }
}

impl<T: 'static> Linker<T> {
    /// A linker that knows no names.
    pub fn new(engine: &Engine) -> Self {
        Self {
            engine: engine.clone(),
            names: Arc::default(),
            lazy: Arc::default(),
            shadowing: false,
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name may be defined again. Default: no.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.shadowing = allow;
        self
    }

    fn insert(
        &mut self,
        module: &str,
        name: &str,
        definition: Definition,
    ) -> Result<&mut Self, Error> {
        let all = Arc::make_mut(&mut self.names);
        let names = match all.get_mut(module) {
            Some(names) => names,
            None => all.entry(module.into()).or_default(),
        };
        match names.entry(name.into()) {
            Entry::Occupied(_) if !self.shadowing => {
                let (module, name) = (printable(module), printable(name));
                return Err(Error::link(format!("`{module}.{name}` is defined already")));
            }
            Entry::Occupied(mut entry) => {
                entry.insert(definition);
            }
            Entry::Vacant(entry) => {
                entry.insert(definition);
            }
        }
        Ok(self)
    }

    /// Defines a name as something of a store; only modules of that store can import it.
    ///
    /// # Errors
    /// Kind `Link`: the name is defined already; so do all functions below.
    pub fn define(
        &mut self,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Item(item.into()))
    }

    /// Defines a name as a host function with the types of a closure.
    ///
    /// # Errors
    /// The name is defined already.
    pub fn func_wrap<P, R>(
        &mut self,
        module: &str,
        name: &str,
        f: impl IntoFunc<T, P, R>,
    ) -> Result<&mut Self, Error> {
        self.insert(module, name, Definition::Host(f.into_body().0))
    }

    /// Defines a name as a host function with a type known only at run time; see [`Func::new`].
    ///
    /// # Errors
    /// The name is defined already; or as for [`Func::new`].
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        f: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<Answer, Error> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        self.engine.check_func_type(&ty)?;
        self.insert(
            module,
            name,
            Definition::Host(HostBody::dynamic::<T, _>(ty, f)),
        )
    }

    /// Defines a name as an async host function, with the types of a closure that gives a future.
    ///
    /// The future is polled once where WebAssembly calls. If it is ready, WebAssembly goes on; else the call
    /// parks, and who drives it ([`Func::call_async`], [`crate::Tasks`]) polls the future whenever it was woken.
    /// It has no borrow of the store, which it reaches by an [`Accessor`] for a moment at a time. Where it fails
    /// with an exception, that is thrown at the call; any other error ends the call. It is dropped when the call
    /// goes on or is cancelled.
    ///
    /// A call that cannot be parked, as from [`Func::call`], is an error of kind `Barrier` before the closure
    /// runs, ready or not. Where [`Func::start`] began the call, whoever has the [`crate::ParkedCall`] drives it by
    /// [`crate::ParkedCall::drive`].
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// let mut linker: Linker<Vec<u32>> = Linker::new(&engine);
    /// linker.func_wrap_async("host", "next", |store: Accessor<Vec<u32>>, at_most: u32| async move {
    ///     std::future::ready(()).await;
    ///     let next = store.with(|caller| caller.data_mut().pop())?;
    ///     Ok::<_, Error>(next.unwrap_or(0).min(at_most))
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The name is defined already.
    pub fn func_wrap_async<P, F>(
        &mut self,
        module: &str,
        name: &str,
        f: impl IntoAsyncFunc<T, P, F>,
    ) -> Result<&mut Self, Error>
    where
        F: Future<Output: HostReturn> + Send + 'static,
    {
        let body = f.into_async_body::<InBox>().0;
        self.insert(module, name, Definition::Host(body))
    }

    /// The same for futures that are not `Send`. They stay on the thread that called: polled on another, the call
    /// ends with an error of kind `Usage`; dropped on another, they leak.
    ///
    /// # Errors
    /// The name is defined already.
    pub fn func_wrap_async_local<P, F>(
        &mut self,
        module: &str,
        name: &str,
        f: impl IntoAsyncFunc<T, P, F>,
    ) -> Result<&mut Self, Error>
    where
        F: Future<Output: HostReturn> + 'static,
    {
        let body = f.into_async_body::<InLocal>().0;
        self.insert(module, name, Definition::Host(body))
    }

    /// Defines a name as an async host function with a type known only at run time; see [`Func::new_async`].
    ///
    /// # Errors
    /// The name is defined already; or as for [`Func::new`].
    pub fn func_new_async<F>(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        f: impl Fn(Accessor<T>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> Result<&mut Self, Error>
    where
        F: Future<Output = Result<Vec<Val>, Error>> + Send + 'static,
    {
        self.engine.check_func_type(&ty)?;
        self.insert(module, name, Definition::Host(asynchronous::owned(ty, f)))
    }

    /// Defines all exports of an instance under a module name.
    ///
    /// # Errors
    /// A name is defined already. Kind `Usage`: the instance is of another store, or the store of another
    /// engine.
    pub fn instance(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        let opaque = &store.context_mut().0.opaque;
        self.check(&opaque.engine, "store")?;
        instance.number_in(opaque)?;
        for (name, item) in instance.exports(store) {
            self.define(module, &name, item)?;
        }
        Ok(self)
    }

    /// Says that functions imported from `module` are loaded when one of them is first called. They
    /// come from the secondary module of a program that was split in two, as by `wasm-split`
    /// (`placeholder`, or `placeholder.NAME`, is its name for `module`). That imports exports of the
    /// primary instance from `primary`, and other names as this linker has them now; functions of late
    /// modules are the primary's own, so each is loaded once for all parts of a program. For host
    /// functions that it calls, [`Caller::get_export`](crate::Caller::get_export) finds what the primary exports.
    ///
    /// What stands for an import in the end is the secondary's export of the same name; else what its
    /// element segments put into the primary's tables, where the import lay. Names that are defined
    /// as well are not loaded.
    ///
    /// `loader` gives the module at once, or `None` where that takes time: the call parks, with a
    /// [`Load`] as payload, as do all that need it meanwhile. A call that cannot be parked is an error
    /// of kind `Barrier`. `loader` is called once for each instance of a primary module; again after a
    /// failure, and where no clone of the unfinished [`Load`] is left. Where an instantiation fails, what it
    /// left stays in the store: after a thousand such failures nothing is loaded late there any more, an error
    /// of kind `Limit` at each call.
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// # let mut store = Store::new(&engine, ());
    /// # let primary = Module::from_text_or_binary(&engine, br#"(module
    /// #   (import "placeholder" "f" (func $f (result i32)))
    /// #   (func (export "main") (result i32) (call $f)))"#)?;
    /// let mut linker = Linker::new(&engine);
    /// linker.lazy("placeholder", "primary", |_, _| Ok(None))?;
    /// let instance = linker.instantiate(&mut store, &primary)?;
    /// let main = instance.get_func(&mut store, "main").unwrap();
    /// let Outcome::Parked(mut call) = main.start(&mut store, &[])? else { unreachable!() };
    /// let load = call.payload().take::<Load<()>>().unwrap();
    /// // Other tasks go on; then the module is there.
    /// let wasm = br#"(module (func (export "f") (result i32) (i32.const 7)))"#;
    /// load.finish(&mut store, Module::from_text_or_binary(&engine, wasm))?;
    /// let Outcome::Returned(results) = load.resume(&mut store, call)? else { unreachable!() };
    /// assert_eq!(results[0].i32(), Some(7));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind `Link`: `module` is loaded lazily already.
    pub fn lazy(
        &mut self,
        module: &str,
        primary: &str,
        loader: impl Fn(&mut Caller<'_, T>, &Load<T>) -> Result<Option<Module>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Result<&mut Self, Error> {
        if self.lazy.contains_key(module) && !self.shadowing {
            let module = printable(module);
            return Err(Error::link(format!("`{module}` is loaded lazily already")));
        }
        let lazy = LazyModule::new(module, primary, loader);
        Arc::make_mut(&mut self.lazy).insert(module.into(), lazy);
        Ok(self)
    }

    /// Attaches a value of the host to the functions of a module that is loaded late, as [`Func::attach`] does.
    ///
    /// # Errors
    /// Kind `Usage`: no such module is loaded late.
    pub fn attach_to_lazy(&mut self, module: &str, value: ExternRef) -> Result<(), Error> {
        let Some(lazy) = Arc::make_mut(&mut self.lazy).get_mut(module) else {
            let module = printable(module);
            return Err(Error::usage(format!("`{module}` is not loaded lazily")));
        };
        lazy.attached = Some(value);
        Ok(())
    }

    /// What a name stands for. A host function is added to the store at each call.
    ///
    /// # Errors
    /// Kind `Usage`: the store is of another engine. Kind `Limit`: the system has no memory.
    pub fn get(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        name: &str,
    ) -> Result<Option<Extern>, Error> {
        self.check(store.context_mut().engine(), "store")?;
        let Some((module, names)) = self.names.get_key_value(module) else {
            return Ok(None);
        };
        let Some((name, definition)) = names.get_key_value(name) else {
            return Ok(None);
        };
        Ok(Some(match definition {
            Definition::Item(item) => *item,
            Definition::Host(body) => {
                let store = &mut store.context_mut().0.opaque;
                let name = (module.clone(), name.clone());
                let index = store.add_host_func(body.clone(), Some(name))?;
                Func::new_handle(store, index).into()
            }
        }))
    }

    /// Instantiates a module with the names it imports.
    ///
    /// # Errors
    /// Kind `Link`: a name is not defined; the text says which, and what the module expects. Kind
    /// `Usage`: store or module are of another engine. Else as for [`Instance::new`].
    ///
    /// # Panics
    /// As for [`Instance::new`].
    pub fn instantiate(
        &self,
        store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance, Error> {
        self.link(store, module, None)
    }

    /// The same without keeping the thread: where the start function waits, as [`Func::call_async`] says, or a limiter
    /// takes its time ([`crate::ResourceLimiterAsync`]), the future is pending. Names that are defined after this call do
    /// not matter to it; in the store, nothing happens before the first poll. Where the start function fails, or the
    /// future is dropped before it has returned, the store does not keep the instance: it is there only as long as
    /// something else reaches it (see [`crate::Kept`]). For several at once in a store: [`crate::Tasks::instantiate`].
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// let module = Module::from_text_or_binary(&engine, br#"(module
    ///     (import "host" "seed" (func $seed (result i32)))
    ///     (global $n (export "n") (mut i32) (i32.const 0))
    ///     (func $start (global.set $n (call $seed)))
    ///     (start $start))"#)?;
    /// let mut linker: Linker<()> = Linker::new(&engine);
    /// linker.func_wrap_async("host", "seed", || async {
    ///     tokio::task::yield_now().await; // asks somebody
    ///     7
    /// })?;
    /// let mut store = Store::new(&engine, ());
    /// # let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # executor.block_on(async {
    /// let instance = linker.instantiate_async(&mut store, &module).await?;
    /// let n = instance.get_global(&mut store, "n").unwrap();
    /// assert_eq!(n.get(&mut store).i32(), Some(7));
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Linker::instantiate`], and as for [`Func::call_async`].
    ///
    /// # Panics
    /// A poll panics as one of [`Func::call_async`] does.
    pub fn instantiate_async<C: AsContextMut<Data = T>>(
        &self,
        store: C,
        module: &Module,
    ) -> impl Future<Output = Result<Instance, Error>> + use<C, T> {
        let pre = self.instantiate_pre(module);
        async move { pre?.instantiate_async(store).await }
    }

    /// As [`Self::instantiate`], without a run of the start function, which comes along as from
    /// [`Instance::without_start`]. An item in `given` at the position of an import is taken for it, be
    /// there a name or not.
    ///
    /// # Errors
    /// As for [`Linker::instantiate`].
    pub fn without_start(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        given: &[Option<Extern>],
    ) -> Result<(Instance, Option<Func>), Error> {
        self.unstarted(&mut store, module, given, Allowance::Ask)
    }

    /// The same where the limiter may have been asked.
    fn unstarted(
        &self,
        store: &mut impl AsContextMut<Data = T>,
        module: &Module,
        given: &[Option<Extern>],
        allowance: Allowance,
    ) -> Result<(Instance, Option<Func>), Error> {
        let ((imports, program), made) = self.imports(&mut *store, module, given, None)?;
        let opaque = &mut store.context_mut().0.opaque;
        let prepared = prepare(opaque, module, &imports, allowance, |store, instance| {
            add_to(program.as_deref(), store, instance);
        });
        made.release(opaque);
        let number = prepared?;
        let start = start_of(opaque, number);
        Ok((Instance::new_handle(opaque, number), start))
    }

    /// As [`Linker::instantiate`], also for a late module.
    pub(crate) fn link(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        late: Option<&Late<T>>,
    ) -> Result<Instance, Error> {
        let ((imports, program), made) = self.imports(&mut store, module, &[], late)?;
        let inner = store.context_mut().0;
        let instantiated = instantiate(inner, module, &imports, |store, instance| {
            add_to(program.as_deref(), store, instance);
        });
        made.release(&mut inner.opaque);
        Ok(Instance::new_handle(&inner.opaque, instantiated?))
    }

    /// What the module imports.
    fn imports(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        given: &[Option<Extern>],
        late: Option<&Late<T>>,
    ) -> Result<(Found<T>, Made), Error> {
        self.check(store.context_mut().engine(), "store")?;
        self.check(module.engine(), "module")?;
        if let Some(late) = late {
            // Who loads again and again leaves nothing behind where a name is missing.
            self.find_all(&store.context_mut().0.opaque, module, late)?;
        }
        let mut made = Made::default();
        match self.find_imports(&mut store, module, given, late, &mut made) {
            Ok(found) => Ok((found, made)),
            Err(error) => {
                made.release(&mut store.context_mut().0.opaque);
                Err(error)
            }
        }
    }

    /// The same; host functions that are made on the way are noted.
    fn find_imports(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        given: &[Option<Extern>],
        late: Option<&Late<T>>,
        made: &mut Made,
    ) -> Result<Found<T>, Error> {
        let mut program = late.map(|late| late.program.clone());
        let mut imports = alloc::list(module.imports().len(), "imports")?;
        for (position, import) in module.inner().imports.iter().enumerate() {
            let given = given.get(position).copied().flatten();
            let of_primary = || late.and_then(|late| late.export(&mut store, import));
            let mut found = given.or_else(of_primary);
            if found.is_none() {
                found = self.get(&mut store, &import.module, &import.name)?;
                if let Some(Extern::Func(func)) = found
                    && self.is_host(import)
                {
                    alloc::push(&mut made.0, func.number(), "imports")?;
                }
            }
            if let (None, Some((lazy, ty))) = (found, self.lazy_function(import)) {
                let id = store.context_mut().0.opaque.id;
                let new = || Arc::new(Program::new(self.clone(), id));
                let program = program.get_or_insert_with(new);
                found = Some(program.function(&mut store, module, (&import.name, ty), lazy)?);
            }
            imports.push(found.ok_or_else(|| unknown(module, import))?);
        }
        Ok((imports, program))
    }

    /// Whether what this imports is a host function, which is made anew each time.
    fn is_host(&self, import: &Import) -> bool {
        let names = self.names.get(&*import.module);
        let definition = names.and_then(|names| names.get(&*import.name));
        matches!(definition, Some(Definition::Host(_)))
    }

    /// What loads the function that this imports, if it is loaded late.
    fn lazy_function(&self, import: &Import) -> Option<(&LazyModule<T>, TypeIndex)> {
        match import.kind {
            ItemType::Func(ty) => Some((self.lazy.get(&*import.module)?, ty)),
            _ => None,
        }
    }

    /// Checks that there is something for each import of a late module.
    fn find_all(&self, store: &StoreOpaque, module: &Module, late: &Late<T>) -> Result<(), Error> {
        let missing = module.inner().imports.iter().find(|import| {
            !(late.exports(store, import)
                || self.contains(&import.module, &import.name)
                || self.lazy_function(import).is_some())
        });
        missing.map_or(Ok(()), |import| Err(unknown(module, import)))
    }

    /// Types mean something in their own engine only.
    fn check(&self, engine: &Engine, what: &str) -> Result<(), Error> {
        if self.engine.same(engine) {
            Ok(())
        } else {
            Err(Error::usage(format!(
                "the linker is of another engine than the {what}"
            )))
        }
    }

    /// Whether a name is defined.
    pub fn contains(&self, module: &str, name: &str) -> bool {
        self.names
            .get(module)
            .is_some_and(|names| names.contains_key(name))
    }
}

fn add_to<T>(program: Option<&Program<T>>, store: &mut StoreOpaque, instance: InstanceNumber) {
    if let Some(program) = program {
        program.add_instance(store, instance);
    }
}

fn unknown(module: &Module, import: &Import) -> Error {
    let ty = module
        .canonical()
        .extern_type(module.inner().import_type(import));
    let ty = match ty {
        ExternType::Func(f) => format!("function {f}"),
        other => other.kind().to_owned(),
    };
    let (module, name) = (printable(&import.module), printable(&import.name));
    Error::link(format_args!(
        "unknown import: `{module}.{name}` ({ty}) is not defined"
    ))
}
