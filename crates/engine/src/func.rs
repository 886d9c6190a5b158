//! Functions: calling in with dynamic types.

use crate::WasmValues;
use crate::asynchronous::{self, Accessor, Dynamic, InBox, IntoAsyncFunc};
use crate::error::Error;
use crate::host::{Answer, Caller, HostReturn, IntoFunc};
use crate::kept::not_there;
use crate::outcome::{Outcome, Results};
use crate::second_stack::{self, Region};
use crate::slots::FuncNumber;
use crate::store::{AsContext, AsContextMut};
use crate::typed::TypedFunc;
use crate::value::{Side, Val};
use crate::vm::enter::{self, Parking, Target};
use crate::vm::host_func::HostBody;
use crate::vm::store::{StoreId, StoreInner, StoreOpaque};
use bident_module::{FuncType, ValType, printable};

/// A function of a store: WebAssembly's or the host's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func {
    store: StoreId,
    number: FuncNumber,
}

impl Func {
    #[inline]
    pub(crate) fn new_handle(store: &StoreOpaque, number: FuncNumber) -> Self {
        Self {
            store: store.id,
            number,
        }
    }

    /// Its number, in whatever store.
    pub(crate) fn number(self) -> FuncNumber {
        self.number
    }

    /// Its number, if it belongs to the store and is there.
    #[inline]
    pub(crate) fn number_in(self, store: &StoreOpaque) -> Result<FuncNumber, Error> {
        if self.store == store.id && store.funcs.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("a function", self.store == store.id))
        }
    }

    /// # Panics
    /// If the function belongs to another store, or was given back.
    fn own(self, store: &StoreOpaque) -> FuncNumber {
        self.number_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A host function with a type that is known only at run time. The closure gets the parameters
    /// and writes the results, which are zero or null before.
    ///
    /// # Errors
    /// Kind `Usage`: the type refers to one that the engine does not know. Kind `Limit`: it has more than
    /// 1,000 parameters or results, or the system has no memory for the code that calls it.
    pub fn new<C: AsContextMut>(
        mut store: C,
        ty: FuncType,
        f: impl Fn(Caller<'_, C::Data>, &[Val], &mut [Val]) -> Result<Answer, Error>
        + Send
        + Sync
        + 'static,
    ) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        store.engine.check_func_type(&ty)?;
        store.collect_if_due();
        let body = HostBody::dynamic::<C::Data, _>(ty, f);
        let number = store.add_host_func(body, None)?;
        Ok(Self::new_handle(store, number))
    }

    /// A host function with the types of a closure.
    ///
    /// # Errors
    /// Kind `Limit`: no memory for the code that calls it.
    pub fn wrap<C: AsContextMut, P, R>(
        mut store: C,
        f: impl IntoFunc<C::Data, P, R>,
    ) -> Result<Self, Error> {
        let body = f.into_body().0;
        let store = &mut store.context_mut().0.opaque;
        store.collect_if_due();
        let number = store.add_host_func(body, None)?;
        Ok(Self::new_handle(store, number))
    }

    /// An async host function with the types of a closure: see [`crate::Linker::func_wrap_async`].
    ///
    /// # Errors
    /// Kind `Limit`: no memory for the code that calls it.
    pub fn wrap_async<C: AsContextMut, P, F>(
        mut store: C,
        f: impl IntoAsyncFunc<C::Data, P, F>,
    ) -> Result<Self, Error>
    where
        F: Future<Output: HostReturn> + Send + 'static,
    {
        let body = f.into_async_body::<InBox>().0;
        let store = &mut store.context_mut().0.opaque;
        store.collect_if_due();
        let number = store.add_host_func(body, None)?;
        Ok(Self::new_handle(store, number))
    }

    /// An async host function with a type that is known only at run time. The closure gets the parameters; the
    /// future gives the results. Otherwise as [`crate::Linker::func_wrap_async`].
    ///
    /// ```
    /// # use bident::*;
    /// # fn main() -> Result<(), Error> {
    /// # let mut store = Store::new(&Engine::default(), ());
    /// let ty = FuncType::new([ValType::I32], [ValType::I32]);
    /// let double = Func::new_async(&mut store, ty, |_store, params| async move {
    ///     let n = params[0].i32().unwrap_or(0);
    ///     Ok(vec![Val::I32(2 * n)])
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Func::new`].
    pub fn new_async<C: AsContextMut, F>(
        mut store: C,
        ty: FuncType,
        f: impl Fn(Accessor<C::Data>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Result<Vec<Val>, Error>> + Send + 'static,
    {
        let store = &mut store.context_mut().0.opaque;
        store.engine.check_func_type(&ty)?;
        let number = store.add_host_func(asynchronous::owned(ty, f), None)?;
        Ok(Self::new_handle(store, number))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.opaque().0;
        store.funcs[self.own(store)].ty.clone()
    }

    /// Whether it is a host function.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn is_host(&self, store: impl AsContext) -> bool {
        let store = store.opaque().0;
        store.host_func(self.own(store)).is_some()
    }

    /// Its name: from the module's name section or exports, or as it was linked.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn name(&self, store: impl AsContext) -> Option<String> {
        let store = store.opaque().0;
        let number = self.own(store);
        match store.host_func(number) {
            Some(host) => host
                .name
                .as_ref()
                .map(|(module, name)| format!("{module}.{name}")),
            None => {
                let (instance, func) = store.defining(number)?;
                let module = store.instances[instance].module.inner();
                module.func_name(func).map(str::to_owned)
            }
        }
    }

    /// Position in its module, imports counted; `None` for a host function.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn index_in_module(&self, store: impl AsContext) -> Option<u32> {
        let store = store.opaque().0;
        store.defining(self.own(store)).map(|(_, func)| func.0)
    }

    /// Words for a message about a host function.
    pub(crate) fn describe(store: &StoreOpaque, func: FuncNumber) -> String {
        match store.host_func(func).and_then(|host| host.name.as_ref()) {
            Some((module, name)) => {
                format!("host function {}.{}", printable(module), printable(name))
            }
            None => "a host function".to_owned(),
        }
    }

    /// Calls it and waits for its end.
    ///
    /// # Errors
    /// Kind `Trap`, `Usage` (wrong parameters, wrong number of results, something of another store),
    /// `Barrier` (a host function answered that it is pending), `Limit` (no stack, no memory), or
    /// whatever a host function failed with.
    ///
    /// # Panics
    /// If a host function panics, or the destructor of an [`crate::ExternRef`] that is collected.
    pub fn call(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<(), Error> {
        let inner = store.context_mut().0;
        let store = &mut inner.opaque;
        let own = self.number_in(store)?;
        let count = store.types(own, Side::Results).len();
        if results.len() != count {
            let room = results.len();
            return Err(Error::usage(format!(
                "room for {room} results, but the function gives {count}"
            )));
        }
        Val::write_all(store, own, Side::Params, params)?;
        self.enter(inner)?;
        let store = &mut inner.opaque;
        for (i, result) in results.iter_mut().enumerate() {
            let ty = store.types(own, Side::Results)[i];
            *result = Val::read(store, ty, i);
        }
        Ok(())
    }

    /// Calls it; it may be parked on the way, by a host function that answers that it is pending.
    ///
    /// # Errors
    /// As for [`Func::call`], but `Barrier` only where another host frame lies in between.
    ///
    /// # Panics
    /// As for [`Func::call`].
    pub fn start(&self, mut store: impl AsContextMut, params: &[Val]) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        let own = self.number_in(&inner.opaque)?;
        let region = second_stack::region_for(inner, own)?;
        Val::write_all(&mut inner.opaque, own, Side::Params, params)?;
        Ok(match self.begin(inner, region)? {
            Some(call) => Outcome::parked(call),
            None => Outcome::returned(&mut inner.opaque, self.number),
        })
    }

    /// Calls it and waits for its end without keeping the thread: where an async host function is not ready, the
    /// call parks, and the future is pending. It borrows the store, so one call at a time; see [`crate::Tasks`]
    /// for many. Nothing happens before the first poll. Dropped, it cancels the call: the future of the host
    /// function is dropped at once, the stack goes at the store's next call.
    ///
    /// ```
    /// # use bident::*;
    /// # async fn example() -> Result<(), Error> {
    /// # let engine = Engine::default();
    /// # let mut linker = Linker::new(&engine);
    /// # let module = Module::from_text_or_binary(&engine, b"(module)")?;
    /// linker.func_wrap_async("host", "sleep", |ms: u64| async move {
    ///     tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
    /// })?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = linker.instantiate(&mut store, &module)?;
    /// let main = instance.get_func(&mut store, "main").unwrap();
    /// let results = main.call_async(&mut store, &[]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Func::call`]; `Barrier` also where a host function that is not async answers that it is pending.
    ///
    /// # Panics
    /// A poll panics as [`Func::call`] does, also where the future of a host function does; the call has ended
    /// then.
    pub fn call_async<C: AsContextMut>(
        &self,
        store: C,
        params: &[Val],
    ) -> impl Future<Output = Result<Results, Error>> + use<C> {
        asynchronous::call::<Dynamic, C>(*self, store, params.to_vec())
    }

    /// The same function with types that are checked once, now. It may take more and give less than
    /// they say: `Option<Func>` stands for results of any type of functions.
    ///
    /// # Errors
    /// Kind `Usage`: the types are others, or it belongs to another store.
    pub fn typed<P: WasmValues, R: WasmValues>(
        &self,
        mut store: impl AsContextMut,
    ) -> Result<TypedFunc<P, R>, Error> {
        let store = &mut store.context_mut().0.opaque;
        let number = self.number_in(store)?;
        let ty = &store.funcs[number].ty;
        if !(P::are(ty.params()) && R::are(ty.results())) {
            let asked = FuncType::new(P::types(), R::types());
            if !store.fits(ty, &asked) {
                return Err(Error::usage(format!(
                    "expected a function {asked}, but it is {ty}"
                )));
            }
        }
        store.trampoline(number)?;
        Ok(TypedFunc::new(*self))
    }

    /// Whether its results are of these types.
    ///
    /// # Errors
    /// They are others.
    pub(crate) fn check_results(self, store: &StoreOpaque, asked: &[ValType]) -> Result<(), Error> {
        let ty = &store.funcs[self.number_in(store)?].ty;
        let fit = ty.results().len() == asked.len()
            && ty
                .results()
                .iter()
                .zip(asked)
                .all(|(given, wanted)| store.engine.val_matches(*given, *wanted));
        match fit {
            true => Ok(()),
            false => Err(Error::usage(format!(
                "expected a call that gives {asked:?}, but it is one of a function {ty}"
            ))),
        }
    }

    /// Calls it with the arguments in the transfer buffer.
    #[inline]
    pub(crate) fn enter<T>(self, store: &mut StoreInner<T>) -> Result<(), Error> {
        let target = self.target(&mut store.opaque)?;
        enter::call(store, &target)
    }

    /// The same; it may park. The region is what [`second_stack::region_for`] gave.
    #[inline(always)]
    pub(crate) fn begin<T>(
        self,
        store: &mut StoreInner<T>,
        region: Option<Box<Region>>,
    ) -> Result<Option<Parking>, Error> {
        let target = self.target(&mut store.opaque)?;
        match region {
            None => enter::start(store, &target),
            Some(region) => second_stack::start(store, &target, region),
        }
    }

    #[inline]
    fn target(self, store: &mut StoreOpaque) -> Result<Target, Error> {
        let func = self.number_in(store)?;
        let trampoline = match store.funcs[func].trampoline {
            0 => store.trampoline(func)?,
            known => known,
        };
        Ok(Target::of_func(store, func, trampoline))
    }
}

impl StoreOpaque {
    /// Whether a function of one type can be called as if it had another.
    fn fits(&self, ty: &FuncType, asked: &FuncType) -> bool {
        let all = |given: &[ValType], wanted: &[ValType]| {
            given.len() == wanted.len()
                && given
                    .iter()
                    .zip(wanted)
                    .all(|(given, wanted)| self.engine.val_matches(*given, *wanted))
        };
        all(asked.params(), ty.params()) && all(ty.results(), asked.results())
    }

    /// Address of the code that calls a function with values from the transfer buffer.
    pub(crate) fn trampoline(&mut self, func: FuncNumber) -> Result<usize, Error> {
        let known = self.funcs[func].trampoline;
        if known != 0 {
            return Ok(known);
        }
        let type_id = self.funcs[func].type_id;
        let code = self.engine.enter_trampoline(type_id)?;
        self.add_code(&code)?;
        self.funcs[func].trampoline = code.start();
        Ok(code.start())
    }
}
