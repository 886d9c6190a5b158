//! An environment that threads share: that of who starts a worker with `SHARE_ENV`. Before there is such a worker, an
//! environment is an object of its own (`node/global_process.js`).

use rquickjs::class::Trace;
use rquickjs::{Class, Ctx, JsLifetime, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Values = Arc<Mutex<BTreeMap<String, String>>>;

#[derive(Trace, JsLifetime, Clone, Default)]
#[rquickjs::class]
pub(crate) struct SharedEnv {
    #[qjs(skip_trace)]
    values: Values,
}

impl SharedEnv {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rquickjs::methods]
impl SharedEnv {
    fn get(&self, name: String) -> Option<String> {
        self.lock().get(&name).cloned()
    }

    fn set(&self, name: String, value: String) {
        self.lock().insert(name, value);
    }

    fn delete(&self, name: String) {
        self.lock().remove(&name);
    }

    fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }
}

/// A new one, of names and values in turn.
pub(crate) fn share<'js>(ctx: Ctx<'js>, pairs: Vec<String>) -> Result<Class<'js, SharedEnv>> {
    let shared = SharedEnv::default();
    for pair in pairs.chunks_exact(2) {
        shared.lock().insert(pair[0].clone(), pair[1].clone());
    }
    Class::instance(ctx, shared)
}
