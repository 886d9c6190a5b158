//! What the tests share: engines of both modes, a guest, child processes.
#![allow(
    dead_code,
    reason = "every test file compiles its own copy and uses a part"
)]

use bident::{Config, Engine, Error, Func, Instance, Linker, Module, Outcome};
use bident::{Store, Suspension, Val};
use std::process::{Command, ExitStatus};

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
        let module = module(engine, wat);
        let mut linker = Linker::new(engine);
        define(&mut linker);
        let mut store = Store::new(engine, data);
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
    pub(crate) fn park(&mut self, name: &str, params: &[Val]) -> Suspension {
        suspended(self.start(name, params))
    }

    /// Checks that no stack is left and that the store still runs WebAssembly: it frees the stacks of
    /// suspensions that were dropped when it next does.
    #[track_caller]
    pub(crate) fn check_idle(&mut self) {
        let func = Func::wrap(&mut self.store, || 7).unwrap();
        let mut results = [Val::I32(0)];
        func.call(&mut self.store, &[], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(7));
        let stats = self.store.stats();
        assert_eq!((stats.live, stats.bytes), (0, 0), "stacks are left");
    }
}

/// The suspension of an outcome that must be one.
#[track_caller]
pub(crate) fn suspended(outcome: Result<Outcome, Error>) -> Suspension {
    match outcome {
        Ok(Outcome::Suspended(suspension)) => suspension,
        other => panic!("expected to be suspended: {other:?}"),
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
