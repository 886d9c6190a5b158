//! What the tests share: engines of both modes, a guest, child processes.
#![allow(
    dead_code,
    reason = "every test file compiles its own copy and uses a part"
)]

pub(crate) mod gate;
pub(crate) mod late;

use bident::{
    Config, Continuation, Engine, Error, Exception, ExternRef, Func, FuncType, Suspended,
};
use bident::{Instance, Linker, Module, Outcome, ParkedCall, Store, Tag, Val, ValType};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a test on an engine whose stacks move when they must, and on one whose stacks move whenever
/// they can.
pub(crate) fn both(test: impl Fn(&Engine)) {
    both_with(Config::new(), test);
}

/// The same with other settings.
pub(crate) fn both_with(config: Config, test: impl Fn(&Engine)) {
    for stress in [false, true] {
        test(&Engine::new(&config.clone().stress(stress)).unwrap());
    }
}

/// A module from its text.
#[track_caller]
pub(crate) fn module(engine: &Engine, wat: &str) -> Module {
    match Module::from_text_or_binary(engine, wat.as_bytes()) {
        Ok(module) => module,
        Err(error) => panic!("{error}\n{wat}"),
    }
}

/// An instance in a store of its own.
pub(crate) struct Guest<T: 'static> {
    pub(crate) store: Store<T>,
    pub(crate) instance: Instance,
}

impl Guest<()> {
    /// An instance that imports nothing.
    #[track_caller]
    pub(crate) fn plain(engine: &Engine, wat: &str) -> Self {
        Self::new(engine, wat, (), |_| ())
    }
}

impl<T: 'static> Guest<T> {
    /// An instance whose imports `define` provides.
    #[track_caller]
    pub(crate) fn new(
        engine: &Engine,
        wat: &str,
        data: T,
        define: impl FnOnce(&mut Linker<T>),
    ) -> Self {
        Self::within(Store::new(engine, data), wat, define)
    }

    /// The same in a store that there is: things that are defined may be of it.
    #[track_caller]
    pub(crate) fn within(
        mut store: Store<T>,
        wat: &str,
        define: impl FnOnce(&mut Linker<T>),
    ) -> Self {
        let module = module(store.engine(), wat);
        let mut linker = Linker::new(store.engine());
        define(&mut linker);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Self { store, instance }
    }

    /// An exported function.
    #[track_caller]
    pub(crate) fn func(&mut self, name: &str) -> Func {
        self.instance
            .get_func(&mut self.store, name)
            .expect("the function is exported")
    }

    /// Calls an exported function.
    #[track_caller]
    pub(crate) fn call(&mut self, name: &str, params: &[Val]) -> Result<Vec<Val>, Error> {
        let func = self.func(name);
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(&mut self.store, params, &mut results)?;
        Ok(results)
    }

    /// Starts an exported function.
    #[track_caller]
    pub(crate) fn start(&mut self, name: &str, params: &[Val]) -> Result<Outcome, Error> {
        self.func(name).start(&mut self.store, params)
    }

    /// Starts an exported function that parks.
    #[track_caller]
    pub(crate) fn park(&mut self, name: &str, params: &[Val]) -> ParkedCall {
        parked_call(self.start(name, params))
    }

    /// Checks that no stack is left and that the store still runs WebAssembly: it frees the stacks of
    /// parked calls that were dropped when it next does.
    #[track_caller]
    pub(crate) fn check_idle(&mut self) {
        let func = Func::wrap(&mut self.store, || 7).unwrap();
        let mut results = [Val::I32(0)];
        func.call(&mut self.store, &[], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(7));
        let stats = self.store.stats();
        assert_eq!((stats.live, stats.bytes), (0, 0), "stacks are left");
    }

    /// The same where continuations were dropped that nobody resumed: they go with a collection.
    #[track_caller]
    pub(crate) fn check_freed(&mut self) {
        self.store.gc();
        self.check_idle();
    }

    /// Calls an exported function that takes and gives `i32`s; gives its one result.
    #[track_caller]
    pub(crate) fn i32(&mut self, name: &str, params: &[i32]) -> i32 {
        let params: Vec<_> = params.iter().map(|p| Val::I32(*p)).collect();
        let results = self.call(name, &params).unwrap();
        results[0].i32().expect("an i32")
    }

    /// Calls an exported function that fails.
    #[track_caller]
    pub(crate) fn error(&mut self, name: &str, params: &[i32]) -> Error {
        let params: Vec<_> = params.iter().map(|p| Val::I32(*p)).collect();
        self.call(name, &params).expect_err(name)
    }

    /// An exported tag.
    #[track_caller]
    pub(crate) fn tag(&mut self, name: &str) -> Tag {
        let tag = self.instance.get_tag(&mut self.store, name);
        tag.expect("the tag is exported")
    }

    /// A continuation of an exported function.
    #[track_caller]
    pub(crate) fn cont(&mut self, name: &str) -> Continuation {
        let func = self.func(name);
        Continuation::new(&mut self.store, &func).unwrap()
    }

    /// A value of a type, different for every `i`.
    pub(crate) fn value(&mut self, ty: ValType, i: usize) -> Val {
        let bits = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let store = &mut self.store;
        match ty {
            ValType::I32 => Val::I32(bits as i32),
            ValType::I64 => Val::I64(bits as i64),
            ValType::F32 => Val::F32(bits as u32 & 0x7f7f_ffff),
            ValType::F64 => Val::F64(bits & 0x7fef_ffff_ffff_ffff),
            ValType::V128 => Val::from(u128::from(bits) << 64 | u128::from(!bits)),
            ValType::EXTERNREF => ExternRef::new(i).into(),
            ValType::FUNCREF => Func::wrap(store, move || i as i32).unwrap().into(),
            ValType::CONTREF => {
                let func = Func::wrap(&mut *store, move || i as i32).unwrap();
                Continuation::new(store, &func).unwrap().into()
            }
            ValType::EXNREF => {
                let ty = FuncType::new([ValType::I32], []);
                let tag = Tag::new(&mut *store, ty).unwrap();
                let exception = Exception::new(store, tag, &[Val::I32(i as i32)]);
                exception.unwrap().into()
            }
            other => panic!("a value of type {other}"),
        }
    }

    /// A value of each of these types.
    pub(crate) fn values(&mut self, types: &[ValType], seed: usize) -> Vec<Val> {
        let values = types.iter().enumerate();
        values.map(|(i, ty)| self.value(*ty, seed + i)).collect()
    }
}

/// A type of each kind.
pub(crate) const KINDS: [ValType; 9] = [
    ValType::I32,
    ValType::FUNCREF,
    ValType::F64,
    ValType::V128,
    ValType::EXTERNREF,
    ValType::I64,
    ValType::EXNREF,
    ValType::F32,
    ValType::CONTREF,
];

/// Counts the values that live.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicUsize>);

/// A value that is counted.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counter {
    /// Makes a value.
    pub(crate) fn value(&self) -> ExternRef {
        ExternRef::new(self.counted())
    }

    /// Makes a value for Rust.
    pub(crate) fn counted(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self.0.clone())
    }

    /// How many there are.
    pub(crate) fn live(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What was suspended, of an outcome that must be that.
#[track_caller]
pub(crate) fn suspended(outcome: Result<Outcome, Error>) -> Suspended {
    match outcome {
        Ok(Outcome::Suspended(suspended)) => *suspended,
        other => panic!("expected to be suspended: {other:?}"),
    }
}

/// The parked call of an outcome that must be one.
#[track_caller]
pub(crate) fn parked_call(outcome: Result<Outcome, Error>) -> ParkedCall {
    match outcome {
        Ok(Outcome::Parked(call)) => call,
        other => panic!("expected to be parked: {other:?}"),
    }
}

/// The results of an outcome that must have some.
#[track_caller]
pub(crate) fn returned(outcome: Result<Outcome, Error>) -> Vec<Val> {
    match outcome {
        Ok(Outcome::Returned(values)) => values.to_vec(),
        other => panic!("expected to have returned: {other:?}"),
    }
}

/// The one `i32` among the results.
#[track_caller]
pub(crate) fn returned_i32(outcome: Result<Outcome, Error>) -> i32 {
    let values = returned(outcome);
    assert_eq!(values.len(), 1);
    values[0].i32().expect("an i32")
}

/// Compares numbers by their bits.
#[track_caller]
pub(crate) fn assert_values(actual: &[Val], expected: &[Val]) {
    assert_eq!(format!("{actual:?}"), format!("{expected:?}"));
}

/// Names of the functions of a backtrace, innermost first.
pub(crate) fn names(error: &Error) -> Vec<&str> {
    let frames = error.backtrace().iter();
    frames.map(|f| f.func_name().unwrap_or("?")).collect()
}

/// Numbers that look random: the same ones in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Shuffles.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

const CHILD: &str = "BIDENT_TEST_CHILD";

/// Runs the body of the test with this name in a process of its own, which changes its signal
/// handlers or dies; gives how it ended. In that process, does not return.
pub(crate) fn child(test: &str, body: impl FnOnce()) -> ExitStatus {
    if std::env::var(CHILD).as_deref() == Ok(test) {
        body();
        std::process::exit(0);
    }
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .output()
        .unwrap();
    if !output.status.success() {
        // Shown only if the test that called fails.
        println!("{}", String::from_utf8_lossy(&output.stdout));
        println!("{}", String::from_utf8_lossy(&output.stderr));
    }
    output.status
}
