//! What modules and stores share: settings, the compiler, function types, trampolines.

use crate::config::Config;
use crate::error::Error;
use crate::vm::code::Code;
use crate::vm::signals;
use bident_compile::Compiler;
use bident_module::FuncType;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An engine: compiles modules, and is the world in which function types have their identity. Cheap to
/// clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    config: Config,
    compiler: Compiler,
    types: Mutex<Types>,
    enter: Mutex<HashMap<u32, Arc<Code>>>,
    leave: Mutex<HashMap<u32, Arc<Code>>>,
}

#[derive(Default)]
struct Types {
    ids: HashMap<FuncType, u32>,
    list: Vec<FuncType>,
}

impl Engine {
    /// An engine with these settings. Installs the signal handlers that traps and growing stacks need,
    /// once per process, and gives `SA_ONSTACK` to handlers of others that lack it.
    ///
    /// # Errors
    /// Kind `Platform`: the processor lacks something that compiled code needs, or the process runs
    /// with a shadow stack.
    pub fn new(config: &Config) -> Result<Self, Error> {
        if bident_stack::os::shadow_stack_active() {
            return Err(Error::platform(
                "this process runs with a shadow stack (x86 CET), which does not allow switching \
                 stacks; start it without, for example with \
                 GLIBC_TUNABLES=glibc.cpu.hwcaps=-SHSTK in the environment",
            ));
        }
        let compiler = Compiler::host().map_err(Error::platform)?;
        signals::adopt_handlers();
        // A handler that was adopted may need more than the small alternate stack of a Rust thread.
        bident_stack::os::ensure_signal_stack()
            .map_err(Error::no_memory("the signal stack of a thread"))?;
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            compiler,
            types: Mutex::default(),
            enter: Mutex::default(),
            leave: Mutex::default(),
        })))
    }

    /// Gives `SA_ONSTACK` to signal handlers of this process that lack it, and returns how many did.
    ///
    /// A handler without the flag runs on the stack that the signal interrupts, and a WebAssembly
    /// stack has no room for it. [`Engine::new`] does this; a program or library that installs
    /// handlers later calls this afterwards, before WebAssembly runs again.
    pub fn adopt_signal_handlers() -> usize {
        bident_stack::os::adopt_signal_handlers()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn compiler(&self) -> &Compiler {
        &self.0.compiler
    }

    /// Whether both are the same engine.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Identity of a function type.
    pub(crate) fn type_id(&self, ty: &FuncType) -> u32 {
        let mut types = lock(&self.0.types);
        if let Some(id) = types.ids.get(ty) {
            return *id;
        }
        let id = types.list.len() as u32;
        types.list.push(ty.clone());
        types.ids.insert(ty.clone(), id);
        id
    }

    /// The function type with this identity.
    pub(crate) fn type_of(&self, id: u32) -> FuncType {
        lock(&self.0.types).list[id as usize].clone()
    }

    /// Code that calls a function of this type with values from the value buffer.
    pub(crate) fn enter_trampoline(&self, type_id: u32) -> Result<Arc<Code>, Error> {
        self.trampoline(&self.0.enter, type_id, |compiler, ty| {
            compiler.enter_trampoline(ty)
        })
    }

    /// Code that brings a call of a host function of this type to the value buffer.
    pub(crate) fn leave_trampoline(&self, type_id: u32) -> Result<Arc<Code>, Error> {
        let stub = bident_stack::leave_host as *const () as usize;
        self.trampoline(&self.0.leave, type_id, |compiler, ty| {
            compiler.leave_trampoline(ty, stub)
        })
    }

    fn trampoline(
        &self,
        cache: &Mutex<HashMap<u32, Arc<Code>>>,
        type_id: u32,
        compile: impl FnOnce(
            &Compiler,
            &FuncType,
        ) -> Result<bident_compile::Trampoline, bident_compile::Error>,
    ) -> Result<Arc<Code>, Error> {
        if let Some(code) = lock(cache).get(&type_id) {
            return Ok(code.clone());
        }
        let ty = self.type_of(type_id);
        let trampoline = compile(&self.0.compiler, &ty).map_err(Error::compile)?;
        let code = Arc::new(Code::of_trampoline(trampoline)?);
        Ok(lock(cache).entry(type_id).or_insert(code).clone())
    }
}

impl Default for Engine {
    /// An engine with the default settings.
    ///
    /// # Panics
    /// Where [`Engine::new`] gives an error.
    fn default() -> Self {
        Self::new(&Config::default()).expect("this machine can run compiled code")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while one of these maps was locked left it whole: entries are inserted in one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
