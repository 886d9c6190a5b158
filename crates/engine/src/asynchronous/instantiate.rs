//! Instantiation as a future: its start function may park, and so may a limiter that takes its time.
//!
//! ```text
//!  limiter, asked in time ──► the steps that never wait ──► start function ──► kept by the store
//!      └── no: nothing is there            └── error, dropped: nobody keeps the instance
//! ```

use super::call::{Signature, call};
use crate::error::Error;
use crate::func::Func;
use crate::instance::Instance;
use crate::kept::{Kept, Lasting};
use crate::limiter::{Allowance, Extent};
use crate::module::Module;
use crate::store::AsContextMut;
use crate::vm::store::StoreOpaque;

/// A call of the start function of an instance, if it has one; gives the instance.
pub(crate) struct Start;

/// An instance whose start function has not returned. The store keeps it no longer than somebody has this.
pub(crate) struct Unfinished {
    instance: Instance,
    start: Option<Func>,
    /// None where nothing is left to do.
    _kept: Option<Kept>,
}

impl Unfinished {
    /// Takes an instance that was made without a run of its start function.
    pub(crate) fn new(
        mut store: impl AsContextMut,
        (instance, start): (Instance, Option<Func>),
    ) -> Result<Self, Error> {
        let mut kept = None;
        if start.is_some() {
            kept = Some(instance.keep(&mut store)?);
            let store = &mut store.context_mut().0.opaque;
            store.instances.release(instance.number_in(store)?);
        }
        Ok(Self {
            instance,
            start,
            _kept: kept,
        })
    }
}

impl Signature for Start {
    type Callee = Unfinished;
    type Params = ();
    type Results = Instance;

    fn func(unfinished: &Unfinished) -> Option<Func> {
        unfinished.start
    }

    fn write((): (), _: &Unfinished, _: &mut StoreOpaque) -> Result<(), Error> {
        Ok(())
    }

    fn read(unfinished: &Unfinished, store: &mut StoreOpaque) -> Result<Instance, Error> {
        let number = unfinished.instance.number_in(store)?;
        store.instances.keep(number);
        Ok(unfinished.instance)
    }
}

/// Makes an instance without keeping the thread. `prepare` does all but the run of the start function.
pub(crate) async fn instantiate<C: AsContextMut>(
    mut store: C,
    module: &Module,
    prepare: impl FnOnce(&mut C, Allowance) -> Result<(Instance, Option<Func>), Error>,
) -> Result<Instance, Error> {
    let allowance = ask(&mut store, module).await?;
    let prepared = prepare(&mut store, allowance)?;
    let unfinished = Unfinished::new(&mut store, prepared)?;
    call::<Start, C>(unfinished, store, ()).await
}

/// Asks a limiter that takes its time about everything a new instance is going to have, if there is such a limiter.
async fn ask<C: AsContextMut>(store: &mut C, module: &Module) -> Result<Allowance, Error> {
    for extent in Extent::all(module) {
        let asked = store.context_mut().0.opaque.ask_for_extent(extent);
        let Some(permission) = asked else {
            return Ok(Allowance::Ask);
        };
        if !permission.await.map_err(Error::past_catches)? {
            return Err(extent.refused());
        }
    }
    Ok(Allowance::Given)
}
