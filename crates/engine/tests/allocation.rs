//! Memory runs out. A list whose length a guest chooses is never a reason to abort: the operation fails,
//! and the store works afterwards. The allocator of this program refuses what a test tells it to; the
//! system refuses address space where a test lowers the limit of its process.

mod common;

use bident::{Config, Engine, Error, ErrorKind, ExternRef, Instance, Linker, Memory};
use bident::{MemoryType, Module, Outcome, ParkedCall, Reply, Store, TrapCode, Val};
use common::{child, module};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Write;

/// Refuses large allocations of a thread, once it is told to.
struct Refusing;

/// Smaller ones are granted: their size does not depend on a guest's numbers, or is bounded by the
/// validator.
const LARGE: usize = 4096;

#[derive(Clone, Copy)]
enum Refuse {
    Nothing,
    /// One of the large allocations, counted from 0.
    Only(usize),
    /// That one and all after it.
    From(usize),
}

thread_local! {
    static REFUSE: Cell<Refuse> = const { Cell::new(Refuse::Nothing) };
    static SEEN: Cell<usize> = const { Cell::new(0) };
}

fn refused(size: usize) -> bool {
    size >= LARGE
        && match REFUSE.get() {
            Refuse::Nothing => false,
            Refuse::Only(n) => SEEN.replace(SEEN.get() + 1) == n,
            Refuse::From(n) => SEEN.replace(SEEN.get() + 1) >= n,
        }
}

// SAFETY: the system's allocator, or null, which is always allowed.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refused(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if refused(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && refused(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: passed on.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

/// Runs something while allocations are refused; gives how many large ones it asked for, too.
fn refusing<R>(refuse: Refuse, f: impl FnOnce() -> R) -> (R, usize) {
    SEEN.set(0);
    REFUSE.set(refuse);
    let result = f();
    REFUSE.set(Refuse::Nothing);
    (result, SEEN.get())
}

/// A guest that is large in every way that takes memory of the host.
fn guest() -> String {
    let mut imports = String::new();
    for _ in 0..600 {
        imports.push_str("(import \"host\" \"nothing\" (func))");
    }
    let mut items = String::new();
    for i in 0..600 {
        let _ = write!(
            items,
            "(table 600 funcref) (global (mut i64) (i64.const {i})) (tag (param i32))
             (func $f{i} (export \"f{i}\") (param i32) (result i32) (local.get 0))
             (data \"x\") (elem func $f{i})"
        );
    }
    let functions: String = (0..600).fold(String::new(), |text, i| text + &format!(" $f{i}"));
    let sum = "(i64.const 1)".repeat(600) + &"(i64.add)".repeat(599);
    format!(
        r#"(module
        (type $g (func)) (type $k (cont $g))
        {imports}
        (import "host" "fresh" (func $fresh (result externref)))
        (import "host" "wait" (func $wait (result i32)))
        (memory (export "memory") 1 100)
        {items}
        (global i64 {sum})
        (table $conts (export "conts") 1 3000 (ref null $k))
        (table $values 1 3000 externref)
        (table $filled 600 funcref (ref.func $f0))
        (table $exns 1 externref)
        (elem funcref (ref.func $f1) {exprs})
        (elem (table $filled) (i32.const 0) func {functions})
        (tag $t) (tag $e (param exnref))
        (elem declare func $idle)
        (func $idle (type $g) (suspend $t))
        (func $suspended (result (ref $k))
          (block $on (result (ref $k))
            (resume $k (on $t $on) (cont.new $k (ref.func $idle)))
            (unreachable)))

        ;; Suspended continuations, all kept.
        (func (export "create") (param $n i32)
          (drop (table.grow $conts (ref.null $k) (local.get $n)))
          (loop $again
            (table.set $conts (local.get $n) (call $suspended))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again (local.get $n))))
        ;; Values of the host, all kept.
        (func (export "collect") (param $n i32)
          (drop (table.grow $values (ref.null extern) (local.get $n)))
          (loop $again
            (table.set $values (local.get $n) (call $fresh))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again (local.get $n))))
        ;; A chain of exceptions.
        (func (export "throw") (param $n i32) (local $last exnref)
          (loop $again
            (block $caught (result exnref)
              (try_table (result exnref) (catch_all_ref $caught)
                (throw $e (local.get $last))))
            (local.set $last)
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again (local.get $n)))
          (table.set $exns (i32.const 0) (call $fresh)))
        (func $deep (export "deep") (param $n i32) (result i32)
          (if (result i32) (local.get $n)
            (then (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
            (else (call $wait))))
        (func (export "grow") (param $n i32) (result i32) (memory.grow (local.get $n)))
        (func (export "forget")
          (table.fill $conts (i32.const 0) (ref.null $k) (table.size $conts))
          (table.fill $values (i32.const 0) (ref.null extern) (table.size $values))))"#,
        exprs = "(ref.func $f2)".repeat(600),
    )
}

fn linker(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("host", "nothing", || ())
        .unwrap()
        .func_wrap("host", "fresh", || Some(ExternRef::new(1)))
        .unwrap()
        .func_wrap("host", "wait", || Reply::<i32>::Pending(()))
        .unwrap();
    linker
}

/// What an error may be where memory is short.
#[track_caller]
fn is_of_memory(error: &Error) {
    let expected = matches!(
        error.kind(),
        ErrorKind::Limit
            | ErrorKind::Trap(
                TrapCode::StackMemoryExhausted
                    | TrapCode::ExceptionMemoryExhausted
                    // A table did not grow.
                    | TrapCode::TableOutOfBounds
            )
    );
    assert!(expected, "{error:?}");
}

#[track_caller]
fn call(store: &mut Store<()>, instance: Instance, name: &str, n: i32) {
    let func = instance.get_func(&mut *store, name).unwrap();
    let mut results = [Val::I32(0)];
    let count = func.ty(&*store).results().len();
    let params = [Val::I32(n)];
    let params = &params[..func.ty(&*store).params().len()];
    if let Err(error) = func.call(&mut *store, params, &mut results[..count]) {
        is_of_memory(&error);
    }
}

/// Parks calls, lets some go on, cancels and drops the others. No more are dropped than small allocations
/// can note: a stack whose note finds no memory goes with its store.
fn park(store: &mut Store<()>, instance: Instance, parked: &mut Vec<ParkedCall>) {
    let deep = instance.get_func(&mut *store, "deep").unwrap();
    for depth in 0..parked.capacity() {
        match deep.start(&mut *store, &[Val::I32(depth as i32 % 50)]) {
            Ok(Outcome::Parked(call)) => parked.push(call),
            Ok(other) => panic!("{other:?}"),
            Err(error) => is_of_memory(&error),
        }
    }
    store.gc();
    let third = parked.len() / 3;
    for (depth, call) in parked.drain(..third).enumerate() {
        match call.resume(&mut *store, &[Val::I32(7)]) {
            Ok(Outcome::Returned(results)) if parked_all(third) => {
                assert_eq!(results[0].i32(), Some(depth as i32 % 50 + 7));
            }
            Ok(Outcome::Returned(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => is_of_memory(&error),
        }
    }
    let dropped = parked.len().saturating_sub(DROPPED);
    for call in parked.drain(..dropped) {
        call.cancel(&mut *store);
    }
    parked.clear();
}

fn parked_all(third: usize) -> bool {
    third == PARKED / 3
}

const PARKED: usize = 900;
const DROPPED: usize = 256;

/// Everything that a guest may ask for.
fn live(
    store: &mut Store<()>,
    linker: &Linker<()>,
    module: &Module,
    parked: &mut Vec<ParkedCall>,
) -> Option<Instance> {
    let instance = match linker.instantiate(&mut *store, module) {
        Ok(instance) => instance,
        Err(error) => {
            is_of_memory(&error);
            return None;
        }
    };
    for _ in 0..2 {
        call(store, instance, "create", 1200);
        call(store, instance, "collect", 1200);
        call(store, instance, "throw", 1200);
        call(store, instance, "grow", 3);
        park(store, instance, parked);
        store.gc();
        call(store, instance, "forget", 0);
        store.gc();
    }
    Some(instance)
}

/// The store works: memory is there again.
fn check(store: &mut Store<()>, linker: &Linker<()>, module: &Module, instance: Option<Instance>) {
    if let Some(instance) = instance {
        call(store, instance, "f599", 1);
    }
    let instance = linker.instantiate(&mut *store, module).unwrap();
    let create = instance.get_func(&mut *store, "create").unwrap();
    create
        .call(&mut *store, &[Val::I32(1200)], &mut [])
        .unwrap();
    let conts = instance.get_table(&mut *store, "conts").unwrap();
    store.gc();
    assert!(matches!(
        conts.get(&mut *store, 1200),
        Some(Val::ContRef(Some(_)))
    ));
    assert_eq!(store.stats().live, 1200);
}

#[test]
fn large_allocations_that_fail_are_errors() {
    let status = child("large_allocations_that_fail_are_errors", || {
        // The engine keeps what it compiles, which is done before.
        let engine = Engine::new(&Config::new().stress(false)).unwrap();
        let (module, linker) = (module(&engine, &guest()), linker(&engine));
        let mut parked = Vec::with_capacity(PARKED);
        let mut run = |refuse| {
            let mut store = Store::new(&engine, ());
            let (instance, seen) =
                refusing(refuse, || live(&mut store, &linker, &module, &mut parked));
            check(&mut store, &linker, &module, instance);
            (instance.is_some(), seen)
        };
        run(Refuse::Nothing);
        let (instantiated, count) = run(Refuse::Only(usize::MAX));
        assert!(instantiated && count > 30, "{count} large allocations");
        let (mut failed, mut survived) = (0, 0);
        for n in 0..count {
            for refuse in [Refuse::Only(n), Refuse::From(n)] {
                match run(refuse).0 {
                    true => survived += 1,
                    false => failed += 1,
                }
            }
        }
        assert!(
            failed > 20 && survived > 20,
            "{failed} failed, {survived} survived"
        );
    });
    assert!(status.success(), "{status}");
}

/// Lowers the limit of the address space of this process.
fn limit_address_space(bytes: u64) {
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: a valid record.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

#[test]
fn many_large_tables_are_an_error_where_memory_is_short() {
    let status = child(
        "many_large_tables_are_an_error_where_memory_is_short",
        || {
            let engine = Engine::default();
            let small = module(
                &engine,
                r#"(module (table 10000000 funcref) (func (export "f") (result i32) (i32.const 7)))"#,
            );
            let large = "(table 10000000 funcref)".repeat(100);
            let filled = "(table 10000000 funcref (ref.func $f))".repeat(100);
            let [large, filled] =
                [large, filled].map(|t| module(&engine, &format!("(module {t} (func $f))")));
            limit_address_space(7_000_000 << 10);
            let mut store = Store::new(&engine, ());
            // What was allocated before the failure is free again.
            for module in [&large, &filled, &large] {
                let error = Instance::new(&mut store, module, &[]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
                let text = error.to_string();
                let which = text.strip_prefix("table ");
                let which = which.and_then(|text| text.strip_suffix(": no memory for a table"));
                let which = which.and_then(|which| which.parse::<u32>().ok());
                assert!(which.is_some_and(|which| which < 100), "{text}");
            }
            let instance = Instance::new(&mut store, &small, &[]).unwrap();
            let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
            assert_eq!(f.call(&mut store, ()).unwrap(), 7);
        },
    );
    assert!(status.success(), "{status}");
}

#[test]
fn a_lack_of_address_space_is_an_error() {
    let status = child("a_lack_of_address_space_is_an_error", || {
        let engine = Engine::default();
        let text = r#"(module (memory 1) (func (export "f") (result i32) (i32.const 7)))"#;
        let (small, tiny) = (
            module(&engine, text),
            module(&engine, &text.replace("(memory 1)", "")),
        );
        limit_address_space(7_000_000 << 10);
        let error = Engine::new(&Config::new()).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.to_string().starts_with("no "), "{error}");
        // A store takes none of its own.
        let mut stores: Vec<_> = (0..1000)
            .map(|_| Store::try_new(&engine, ()).unwrap())
            .collect();
        let mut first = stores.pop().unwrap();
        // A memory does.
        for _ in 0..3 {
            let error = Instance::new(&mut first, &small, &[]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            let error = Memory::new(&mut first, MemoryType::new(1, None)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        }
        let instance = Instance::new(&mut first, &tiny, &[]).unwrap();
        let f = instance.get_typed_func::<(), i32>(&mut first, "f").unwrap();
        assert_eq!(f.call(&mut first, ()).unwrap(), 7);
    });
    assert!(status.success(), "{status}");
}
