//! Calls of a function without parameters and results, for WebAssembly to make.
//!
//! ```text
//!   (func (export "run")                 state: 0 none, 1 waiting, 2 running, 3 returned, 4 threw
//!     state must be 1, else the host says so
//!     state = 2
//!     results = f(params)                f, params and results are globals
//!     state = 3
//!     what f throws goes to a global, and state = 4)
//! ```
//!
//! Only WebAssembly lies between the caller and the function, so the function can be parked.

use super::super::realm::HostData;
use bident::{
    Engine, Error, Func, FuncType, Global, Instance, Kept, Lasting, Module, RefType,
    StoreContextMut, Val, ValType,
};
use std::cell::RefCell;
use std::collections::HashMap;
use wasm_encoder as enc;

/// See the module.
pub(super) struct Adapter {
    /// The function to be called.
    pub(super) run: Func,
    /// As long as this is there, so is the instance.
    pub(super) kept: Kept,
    state: Global,
    callee: Global,
    thrown: Global,
    params: Vec<Global>,
    results: Vec<Global>,
    ty: FuncType,
}

/// The modules of adapters, one for each type of functions, by their binaries.
#[derive(Default)]
pub(super) struct Modules(RefCell<HashMap<Vec<u8>, Module>>);

/// So many are remembered.
const MOST: usize = 64;

impl Modules {
    fn get(&self, engine: &Engine, binary: Vec<u8>) -> Result<Module, Error> {
        let mut modules = self.0.borrow_mut();
        if let Some(module) = modules.get(&binary) {
            return Ok(module.clone());
        }
        let module = Module::new(engine, &binary)?;
        if modules.len() >= MOST {
            modules.clear();
        }
        modules.insert(binary, module.clone());
        Ok(module)
    }
}

/// How far a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    /// It has not begun.
    Waiting,
    /// It has begun.
    Running,
    /// The function has returned.
    Returned,
    /// The function has thrown an exception.
    Threw,
}

type Context<'a, 'b> = &'a mut StoreContextMut<'b, HostData>;

impl Adapter {
    pub(super) fn new(
        store: Context<'_, '_>,
        modules: &Modules,
        ty: FuncType,
    ) -> Result<Self, Error> {
        let module = modules.get(store.engine(), binary(&ty)?)?;
        let gone = Func::new(&mut *store, FuncType::new([], []), |_, _, _| {
            Err(Error::msg(
                "a function that runs a call was called out of turn",
            ))
        })?;
        let made = Instance::new(&mut *store, &module, &[gone.into()]);
        gone.release(&mut *store)?;
        let instance = made?;
        let kept = instance.keep(&mut *store)?;
        instance.release(&mut *store)?;
        let mut globals = Vec::new();
        let mut run = None;
        for (_, item) in instance.exports(&mut *store) {
            match item {
                bident::Extern::Func(func) => run = Some(func),
                item => globals.extend(item.into_global()),
            }
        }
        let missing = || Error::msg("an adapter without its parts");
        let mut globals = globals.into_iter();
        let [state, thrown, callee] = std::array::from_fn(|_| globals.next());
        let params = globals.by_ref().take(ty.params().len()).collect();
        Ok(Self {
            run: run.ok_or_else(missing)?,
            kept,
            state: state.ok_or_else(missing)?,
            callee: callee.ok_or_else(missing)?,
            thrown: thrown.ok_or_else(missing)?,
            params,
            results: globals.collect(),
            ty,
        })
    }

    /// The next call of [`Adapter::run`] calls this function, which is of the adapter's type, with these
    /// parameters.
    pub(super) fn begin(
        &self,
        store: Context<'_, '_>,
        func: Func,
        params: &[Val],
    ) -> Result<(), Error> {
        (self.callee).set(&mut *store, Val::FuncRef(Some(func)))?;
        for (global, value) in self.params.iter().zip(params) {
            global.set(&mut *store, value.clone())?;
        }
        self.state.set(&mut *store, Val::I32(1))
    }

    /// How far the call came, and its results or what it threw. No call of [`Adapter::run`] is of use
    /// any more.
    pub(super) fn end(&self, store: Context<'_, '_>) -> (Progress, Result<Vec<Val>, Error>) {
        let progress = match self.state.get(&mut *store) {
            Val::I32(3) => Progress::Returned,
            Val::I32(4) => Progress::Threw,
            Val::I32(1) => Progress::Waiting,
            _ => Progress::Running,
        };
        let results = match progress {
            Progress::Threw => match self.thrown.get(&mut *store) {
                Val::ExnRef(Some(exception)) => Err(exception.into()),
                _ => Err(Error::msg("an exception that is not there")),
            },
            _ => Ok(self.results.iter().map(|g| g.get(&mut *store)).collect()),
        };
        let cleared = self.clear(store);
        (progress, cleared.and(results))
    }

    /// Keeps nothing alive.
    fn clear(&self, store: Context<'_, '_>) -> Result<(), Error> {
        self.state.set(&mut *store, Val::I32(0))?;
        self.thrown.set(&mut *store, Val::ExnRef(None))?;
        self.callee.set(&mut *store, Val::FuncRef(None))?;
        let params = self.params.iter().zip(self.ty.params());
        let results = self.results.iter().zip(self.ty.results());
        for (global, ty) in params.chain(results) {
            match ty {
                ValType::Ref(RefType::EXTERN) => global.set(&mut *store, Val::ExternRef(None))?,
                ValType::Ref(RefType::FUNC) => global.set(&mut *store, Val::FuncRef(None))?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// A type as the encoder has it.
fn encoded(ty: ValType) -> Result<enc::ValType, Error> {
    Ok(match ty {
        ValType::I32 => enc::ValType::I32,
        ValType::I64 => enc::ValType::I64,
        ValType::F32 => enc::ValType::F32,
        ValType::F64 => enc::ValType::F64,
        ValType::Ref(RefType::EXTERN) => enc::ValType::EXTERNREF,
        ValType::Ref(RefType::FUNC) => enc::ValType::FUNCREF,
        other => {
            return Err(Error::msg(format!(
                "a value of type {other} cannot reach a stack of WebAssembly's that is a stacklet"
            )));
        }
    })
}

/// The initial value of a global.
fn zero(ty: enc::ValType) -> enc::ConstExpr {
    match ty {
        enc::ValType::I64 => enc::ConstExpr::i64_const(0),
        enc::ValType::F32 => enc::ConstExpr::f32_const(0.0.into()),
        enc::ValType::F64 => enc::ConstExpr::f64_const(0.0.into()),
        enc::ValType::Ref(ty) => enc::ConstExpr::ref_null(ty.heap_type),
        _ => enc::ConstExpr::i32_const(0),
    }
}

/// The adapter's module.
fn binary(ty: &FuncType) -> Result<Vec<u8>, Error> {
    const STATE: u32 = 0;
    const THROWN: u32 = 1;
    const CALLEE: u32 = 2;
    const FIRST_PARAM: u32 = 3;
    let all = |types: &[ValType]| {
        types
            .iter()
            .map(|ty| encoded(*ty))
            .collect::<Result<Vec<_>, _>>()
    };
    let (params, results) = (all(ty.params())?, all(ty.results())?);
    let exn = enc::ValType::Ref(enc::RefType::EXNREF);

    let mut types = enc::TypeSection::new();
    types
        .ty()
        .function(params.iter().copied(), results.iter().copied());
    types.ty().function([], []);
    let mut imports = enc::ImportSection::new();
    imports.import("", "gone", enc::EntityType::Function(1));
    let mut functions = enc::FunctionSection::new();
    functions.function(1);
    let (mut globals, mut exports) = (enc::GlobalSection::new(), enc::ExportSection::new());
    let callee = enc::ValType::Ref(enc::RefType {
        nullable: true,
        heap_type: enc::HeapType::Concrete(0),
    });
    let own = [enc::ValType::I32, exn, callee];
    for (index, ty) in (0..).zip(own.iter().chain(&params).chain(&results)) {
        let kind = enc::GlobalType {
            val_type: *ty,
            mutable: true,
            shared: false,
        };
        globals.global(kind, &zero(*ty));
        exports.export(&index.to_string(), enc::ExportKind::Global, index);
    }
    exports.export("run", enc::ExportKind::Func, 1);

    let first_result = FIRST_PARAM + params.len() as u32;
    let mut run = enc::Function::new([]);
    let mut code = run.instructions();
    code.global_get(STATE).i32_const(1).i32_ne();
    code.if_(enc::BlockType::Empty).call(0).unreachable().end();
    code.i32_const(2).global_set(STATE);
    code.block(enc::BlockType::Result(exn));
    let catch = enc::Catch::AllRef { label: 0 };
    code.try_table(enc::BlockType::Empty, [catch]);
    (FIRST_PARAM..first_result).for_each(|param| {
        code.global_get(param);
    });
    code.global_get(CALLEE).call_ref(0);
    (first_result..first_result + results.len() as u32)
        .rev()
        .for_each(|result| {
            code.global_set(result);
        });
    code.end().i32_const(3).global_set(STATE).return_().end();
    code.global_set(THROWN).i32_const(4).global_set(STATE).end();
    let mut bodies = enc::CodeSection::new();
    bodies.function(&run);

    let mut module = enc::Module::new();
    module.section(&types).section(&imports).section(&functions);
    module.section(&globals).section(&exports).section(&bodies);
    Ok(module.finish())
}
