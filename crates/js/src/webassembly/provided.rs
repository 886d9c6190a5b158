//! Host functions that an embedder gives to JavaScript.

use super::api;
use super::realm::{self, HostData};
use crate::raw::Env;
use bident::{Error, Extern, Linker};
use rquickjs::{Ctx, Exception, Object, Result};

/// The functions of a linker as exported functions, by name.
pub(crate) fn host_functions<'js>(
    ctx: &Ctx<'js>,
    module: &str,
    names: &[&str],
    define: impl FnOnce(&mut Linker<HostData>) -> std::result::Result<(), Error>,
) -> Result<Object<'js>> {
    let (realm, env) = (realm::of(ctx)?, Env::new(ctx));
    let failed = |error: Error| api::engine_error(&realm, ctx, &error);
    let mut linker = Linker::new(&realm.engine);
    define(&mut linker).map_err(failed)?;
    let functions = Object::new(ctx.clone())?;
    for name in names {
        let found = realm.store.with(|store| linker.get(store, module, name));
        let Some(Extern::Func(func)) = found.map_err(failed)? else {
            let message = format!("the host has no function {name}");
            return Err(Exception::throw_message(ctx, &message));
        };
        functions.set(*name, realm.function_object(env, func)?.into_value())?;
    }
    Ok(functions)
}
