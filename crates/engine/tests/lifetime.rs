//! What a store gives back: instances that were let go of, with all that is theirs, as soon as nothing
//! reaches them, and not before.

mod common;

use bident::{
    Caller, Config, Continuation, Engine, ErrorKind, Exception, Extern, ExternRef, Func, FuncType,
    Global, GlobalType, Instance, Lasting, Linker, Memory, MemoryType, Reply, Store, Table,
    TableType, Tag, Val, ValType,
};
use common::{both, both_with, module, parked_call, returned, suspended};
use std::sync::Arc;

/// A store, and how many of its instances are there: each has a token.
struct Nursery {
    store: Store<()>,
    token: Arc<()>,
}

/// The instance itself, let go of.
const GIVES: &str = r#"(module
    (memory 1) (table $t 1 funcref) (global $g (mut i32) (i32.const 5))
    (elem declare func $f)
    (func $f (export "f") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
      (i32.add (global.get $g) (i32.load (i32.const 0))))
    (func (export "ref") (result funcref) (ref.func $f)))"#;

impl Nursery {
    fn new(engine: &Engine) -> Self {
        let (store, token) = (Store::new(engine, ()), Arc::new(()));
        Self { store, token }
    }

    /// A linker for one instance.
    fn linker(&self) -> Linker<()> {
        let mut linker = Linker::new(self.store.engine());
        let token = self.token.clone();
        let held = move || {
            let _ = &token;
        };
        linker.func_wrap("host", "token", held).unwrap();
        let gc = |mut caller: Caller<'_, ()>| caller.gc();
        linker.func_wrap("host", "gc", gc).unwrap();
        let wait = || Reply::<i32>::Pending(());
        linker.func_wrap("host", "wait", wait).unwrap();
        linker
    }

    /// An instance with a token.
    #[track_caller]
    fn linked(&mut self, wat: &str, define: impl FnOnce(&mut Linker<()>)) -> Instance {
        let wat = wat.replacen("(module", r#"(module (import "host" "token" (func))"#, 1);
        let module = module(self.store.engine(), &wat);
        let mut linker = self.linker();
        define(&mut linker);
        linker.instantiate(&mut self.store, &module).unwrap()
    }

    /// The same, let go of.
    #[track_caller]
    fn loose(&mut self, wat: &str, define: impl FnOnce(&mut Linker<()>)) -> Instance {
        let instance = self.linked(wat, define);
        instance.release(&mut self.store).unwrap();
        instance
    }

    #[track_caller]
    fn func(&mut self, instance: Instance, name: &str) -> Func {
        instance.get_func(&mut self.store, name).unwrap()
    }

    #[track_caller]
    fn call(&mut self, func: Func, params: &[Val]) -> Vec<Val> {
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        func.call(&mut self.store, params, &mut results).unwrap();
        results
    }

    /// How many instances are there after a collection.
    fn live(&mut self) -> usize {
        self.store.gc();
        Arc::strong_count(&self.token) - 1
    }

    /// Checks that a function of [`GIVES`] works, and gives the sum of what it was called with.
    #[track_caller]
    fn check(&mut self, func: Func) {
        let results = self.call(func, &[Val::I32(2)]);
        assert!(results[0].i32().unwrap() >= 7);
    }
}

/// That `keeps` reaches the function until `ends`.
#[track_caller]
fn check<K>(
    keeps: impl Fn(&mut Nursery, Func) -> K,
    get: impl Fn(&mut Nursery, &mut K) -> Func,
    ends: impl Fn(&mut Nursery, K),
) {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let instance = nursery.linked(GIVES, |_| ());
        let func = nursery.func(instance, "f");
        let before = nursery.live();
        let mut kept = keeps(&mut nursery, func);
        instance.release(&mut nursery.store).unwrap();
        assert_eq!(nursery.live(), before, "it was given back too early");
        let func = get(&mut nursery, &mut kept);
        nursery.check(func);
        ends(&mut nursery, kept);
        assert_eq!(nursery.live(), before - 1, "it is still there");
    });
}

#[test]
fn what_nobody_keeps_is_given_back() {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let kept = nursery.linked(GIVES, |_| ());
        let loose = nursery.loose(GIVES, |_| ());
        assert_eq!(nursery.live(), 1);
        let func = nursery.func(kept, "f");
        nursery.check(func);
        let name = "an instance that was given back: nobody kept it";
        let typed = loose.get_typed_func::<i32, i32>(&mut nursery.store, "f");
        let error = typed.err().unwrap();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Usage, name)
        );
        assert!(loose.release(&mut nursery.store).is_err());
        assert!(loose.keep(&mut nursery.store).is_err());
    });
}

#[test]
fn a_handle_that_is_left_over_finds_nothing_else() {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let instance = nursery.linked(GIVES, |_| ());
        let func = nursery.func(instance, "f");
        let memory = Memory::new(&mut nursery.store, MemoryType::new(1, None)).unwrap();
        for item in [Extern::from(memory), func.into()] {
            item.release(&mut nursery.store).unwrap();
        }
        instance.release(&mut nursery.store).unwrap();
        assert_eq!(nursery.live(), 0);
        // Others have their places now.
        let again = nursery.linked(GIVES, |_| ());
        assert_ne!(again, instance);
        let memory_again = Memory::new(&mut nursery.store, MemoryType::new(1, None)).unwrap();
        assert_ne!(memory_again, memory);
        let error = func
            .call(&mut nursery.store, &[Val::I32(1)], &mut [Val::I32(0)])
            .unwrap_err();
        let text = "a function that was given back: nobody kept it";
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Usage, text)
        );
        assert_eq!(
            memory.grow(&mut nursery.store, 1).unwrap_err().kind(),
            ErrorKind::Usage
        );
        let module = module(engine, r#"(module (import "" "" (memory 1)))"#);
        let imported = Instance::new(&mut nursery.store, &module, &[memory.into()]);
        assert_eq!(imported.unwrap_err().kind(), ErrorKind::Usage);
    });
}

#[test]
fn a_kept_function_keeps_its_instance() {
    check(
        |nursery, func| {
            let kept = func.keep(&mut nursery.store).unwrap();
            assert!(kept.belongs_to(&nursery.store));
            (kept.clone(), func)
        },
        |_, (_, func)| *func,
        |_, kept| drop(kept),
    );
}

#[test]
fn a_table_keeps_what_it_has() {
    check(
        |nursery, func| {
            let ty = TableType::new(bident::RefType::FUNC, 3, None);
            let table = Table::new(&mut nursery.store, ty, Val::FuncRef(None)).unwrap();
            table
                .set(&mut nursery.store, 1, Val::FuncRef(Some(func)))
                .unwrap();
            table
        },
        |nursery, table| match table.get(&mut nursery.store, 1) {
            Some(Val::FuncRef(Some(func))) => func,
            other => panic!("{other:?}"),
        },
        |nursery, table| table.release(&mut nursery.store).unwrap(),
    );
}

#[test]
fn a_global_keeps_what_it_has() {
    check(
        |nursery, func| {
            let ty = GlobalType {
                content: ValType::FUNCREF,
                mutable: true,
            };
            Global::new(&mut nursery.store, ty, Val::FuncRef(Some(func))).unwrap()
        },
        |nursery, global| match global.get(&mut nursery.store) {
            Val::FuncRef(Some(func)) => func,
            other => panic!("{other:?}"),
        },
        |nursery, global| {
            global.set(&mut nursery.store, Val::FuncRef(None)).unwrap();
        },
    );
}

#[test]
fn an_instance_keeps_what_it_imports() {
    let wat =
        r#"(module (import "a" "f" (func $f (param i32) (result i32))) (export "f" (func $f)))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let first = nursery.linked(GIVES, |_| ());
        let func = nursery.func(first, "f");
        let second = nursery.linked(wat, |linker| {
            linker.define("a", "f", func).unwrap();
        });
        first.release(&mut nursery.store).unwrap();
        assert_eq!(nursery.live(), 2);
        let func = nursery.func(second, "f");
        nursery.check(func);
        second.release(&mut nursery.store).unwrap();
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn memories_and_tags_outlive_who_defines_them_and_tables_and_globals_keep_it() {
    let wat = r#"(module (memory (export "m") 1) (tag (export "x"))
        (table (export "t") 1 funcref) (global (export "g") (mut i32) (i32.const 7)))"#;
    both(|engine| {
        for (name, live) in [("m", 0), ("x", 0), ("t", 1), ("g", 1)] {
            let mut nursery = Nursery::new(engine);
            let instance = nursery.linked(wat, |_| ());
            let item = instance.get_export(&mut nursery.store, name).unwrap();
            let kept = item.keep(&mut nursery.store).unwrap();
            instance.release(&mut nursery.store).unwrap();
            assert_eq!(nursery.live(), live, "{name}");
            match item {
                Extern::Memory(memory) => memory.write(&mut nursery.store, 9, &[1]).unwrap(),
                Extern::Global(global) => {
                    assert_eq!(global.get(&mut nursery.store).i32(), Some(7));
                }
                other => drop(other.ty(&nursery.store)),
            }
            drop(kept);
            assert_eq!(nursery.live(), 0, "{name}");
            assert!(item.keep(&mut nursery.store).is_err());
        }
    });
}

/// A stack whose frames are all that reaches the instance.
const WAITS: &str = r#"(module
    (import "host" "wait" (func $wait (result i32)))
    (import "host" "gc" (func $gc))
    (memory 1) (global $g (mut i32) (i32.const 5)) (tag $t (export "t") (result i32))
    (type $f (func (result i32))) (type $c (cont $f)) (elem declare func $inner)
    (func $inner (result i32) (suspend $t))
    (func $deep (param $n i32) (result i32)
      (if (result i32) (local.get $n)
        (then (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (i32.load (i32.const 0))))
        (else (call $wait))))
    (func (export "wait") (param $n i32) (result i32)
      (i32.store (i32.const 0) (i32.const 1))
      (call $deep (local.get $n))
      (call $gc)
      (i32.add (global.get $g)))
    (func (export "collect") (result i32) (call $gc) (global.get $g))
    (func (export "suspend") (result i32) (i32.add (suspend $t) (global.get $g))))"#;

#[test]
fn a_parked_call_keeps_its_instance() {
    both_with(Config::new().smallest_stacks(true), |engine| {
        for depth in [0, 1, 100, 5000] {
            let mut nursery = Nursery::new(engine);
            let instance = nursery.loose(WAITS, |_| ());
            let func = nursery.func(instance, "wait");
            let call = parked_call(func.start(&mut nursery.store, &[Val::I32(depth)]));
            assert_eq!(nursery.live(), 1);
            let results = returned(call.resume(&mut nursery.store, &[Val::I32(3)]));
            assert_eq!(results[0].i32(), Some(3 + 5 + depth));
            assert_eq!(nursery.live(), 0);
        }
    });
}

#[test]
fn a_parked_call_that_is_dropped_lets_go() {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let instance = nursery.loose(WAITS, |_| ());
        let func = nursery.func(instance, "wait");
        let call = parked_call(func.start(&mut nursery.store, &[Val::I32(9)]));
        assert_eq!(nursery.live(), 1);
        drop(call);
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn a_call_under_way_keeps_its_instance() {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let instance = nursery.loose(WAITS, |_| ());
        let func = nursery.func(instance, "collect");
        assert_eq!(nursery.call(func, &[])[0].i32(), Some(5));
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn a_suspended_continuation_keeps_its_instance() {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let instance = nursery.loose(WAITS, |_| ());
        let func = nursery.func(instance, "suspend");
        let tag = instance.get_tag(&mut nursery.store, "t").unwrap();
        let fresh = Continuation::new(&mut nursery.store, &func).unwrap();
        assert_eq!(nursery.live(), 1);
        let stopped = fresh.resume(&mut nursery.store, &[], &[tag]);
        let suspension = suspended(stopped);
        assert_eq!(nursery.live(), 1);
        let results = suspension
            .continuation
            .resume(&mut nursery.store, &[Val::I32(2)], &[]);
        assert_eq!(returned(results)[0].i32(), Some(7));
        drop((fresh, suspension));
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn the_caller_of_a_host_function_is_there_while_that_runs() {
    // The last that the instance does is the call, and nobody else has it.
    let wat = r#"(module (import "host" "outer" (func $outer)) (memory (export "memory") 1)
        (data (i32.const 5) "hello") (func (export "f") (call $outer)))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let inner = nursery.linked(WAITS, |_| ());
        let collect = nursery.func(inner, "collect");
        let instance = nursery.loose(wat, |linker| {
            let outer = move |mut caller: Caller<'_, ()>| {
                collect.call(&mut caller, &[], &mut [Val::I32(0)]).unwrap();
                caller.gc();
                let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
                let mut text = [0; 5];
                memory.read(&caller, 5, &mut text).unwrap();
                assert_eq!(&text, b"hello");
            };
            linker.func_wrap("host", "outer", outer).unwrap();
        });
        let func = nursery.func(instance, "f");
        nursery.call(func, &[]);
        assert_eq!(nursery.live(), 1);
    });
}

#[test]
fn a_continuation_outlives_who_made_it_and_grows() {
    // `go` leaves its own instance by a tail call: only the record of the continuation's stack still names
    // the function that it began with, which is told how large the stack grew.
    let first = r#"(module
        (import "b" "deep" (func $deep (param i32) (result i32)))
        (type $f (func (param i32) (result i32))) (type $c (cont $f))
        (func $go (type $f) (return_call $deep (local.get 0)))
        (elem declare func $go)
        (func (export "make") (result (ref $c)) (cont.new $c (ref.func $go))))"#;
    let second = r#"(module
        (import "host" "gc" (func $gc))
        (func $deep (export "deep") (param i32) (result i32)
          (call $gc)
          (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))"#;
    let runs = r#"(module
        (type $f (func (param i32) (result i32))) (type $c (cont $f))
        (func (export "run") (param (ref $c)) (result i32)
          (resume $c (i32.const 200) (local.get 0))))"#;
    both_with(Config::new().smallest_stacks(true), |engine| {
        let mut nursery = Nursery::new(engine);
        let runs = nursery.linked(runs, |_| ());
        let deep = nursery.linked(second, |_| ());
        let deep = nursery.func(deep, "deep");
        let first = nursery.loose(first, |linker| {
            linker.define("b", "deep", deep).unwrap();
        });
        let (make, run) = (nursery.func(first, "make"), nursery.func(runs, "run"));
        let made = nursery.call(make, &[]);
        assert_eq!(nursery.live(), 3);
        assert_eq!(nursery.call(run, &made)[0].i32(), Some(200));
        drop(made);
        assert_eq!(nursery.live(), 2);
    });
}

#[test]
fn an_exception_keeps_its_tag_and_what_it_carries() {
    let wat = r#"(module (tag $x (export "x") (param funcref)) (elem declare func $f)
        (func $f (export "f") (result i32) (i32.const 4))
        (func (export "throw") (throw $x (ref.func $f))))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let instance = nursery.loose(wat, |_| ());
        let throw = nursery.func(instance, "throw");
        let error = throw.call(&mut nursery.store, &[], &mut []).unwrap_err();
        assert_eq!(nursery.live(), 1);
        let exception = error.exception().unwrap();
        let Val::FuncRef(Some(func)) = exception.values(&mut nursery.store)[0] else {
            panic!("a function");
        };
        assert_eq!(nursery.call(func, &[])[0].i32(), Some(4));
        assert_eq!(exception.tag().ty(&nursery.store).params().len(), 1);
        drop(error);
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn exceptions_keep_tags_that_were_let_go_of() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let exceptions: Vec<_> = (0..3000)
            .map(|i| {
                let ty = FuncType::new([ValType::I32], []);
                let tag = Tag::new(&mut store, ty).unwrap();
                tag.release(&mut store).unwrap();
                Exception::new(&mut store, tag, &[Val::I32(i)]).unwrap()
            })
            .collect();
        store.gc();
        for (i, exception) in exceptions.iter().enumerate() {
            assert_eq!(exception.tag().ty(&store).params(), [ValType::I32]);
            assert_eq!(exception.values(&mut store)[0].i32(), Some(i as i32));
        }
        let tag = exceptions[0].tag();
        drop(exceptions);
        store.gc();
        assert!(tag.keep(&mut store).is_err());
    });
}

/// Under stress the conversion of each host value collects.
#[test]
fn handles_stay_good_while_values_are_converted() {
    let wat = r#"(module (func (export "f") (param externref externref) (result externref)
        (local.get 1)))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let value = |n: i32| Val::ExternRef(Some(ExternRef::new(n)));
        let ty = TableType::new(bident::RefType::EXTERN, 1, None);
        let table = Table::new(&mut nursery.store, ty, Val::ExternRef(None)).unwrap();
        let ty = GlobalType {
            content: ValType::EXTERNREF,
            mutable: true,
        };
        let global = Global::new(&mut nursery.store, ty, Val::ExternRef(None)).unwrap();
        let instance = nursery.linked(wat, |_| ());
        let func = nursery.func(instance, "f");
        instance.release(&mut nursery.store).unwrap();
        let results = nursery.call(func, &[value(1), value(2)]);
        assert!(
            matches!(&results[0], Val::ExternRef(Some(value)) if value.data().downcast_ref() == Some(&2))
        );
        table.release(&mut nursery.store).unwrap();
        global.release(&mut nursery.store).unwrap();
        table.set(&mut nursery.store, 0, value(3)).unwrap();
        table.grow(&mut nursery.store, 1, value(4)).unwrap();
        global.set(&mut nursery.store, value(5)).unwrap();
        assert_eq!(nursery.live(), 0);
        let again = table.set(&mut nursery.store, 0, value(6));
        assert_eq!(again.unwrap_err().kind(), ErrorKind::Usage);
    });
}

#[test]
fn host_functions_of_links_that_fail_are_given_back() {
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let module = module(
            engine,
            r#"(module (import "host" "token" (func)) (import "host" "none" (func)))"#,
        );
        let linker = nursery.linker();
        linker.instantiate(&mut nursery.store, &module).unwrap_err();
        drop(linker);
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn an_object_keeps_the_functions_in_its_fields() {
    let wat = r#"(module (type $s (struct (field i32) (field funcref))) (elem declare func $f)
        (func $f (result i32) (i32.const 4))
        (func (export "make") (result (ref $s)) (struct.new $s (i32.const 1) (ref.func $f))))"#;
    let takes = r#"(module (type $s (struct (field i32) (field funcref)))
        (func (export "take") (param (ref $s)) (result funcref) (struct.get $s 1 (local.get 0))))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let takes = nursery.linked(takes, |_| ());
        let instance = nursery.loose(wat, |_| ());
        let (make, take) = (nursery.func(instance, "make"), nursery.func(takes, "take"));
        let object = nursery.call(make, &[]);
        assert_eq!(nursery.live(), 2);
        let Val::FuncRef(Some(func)) = nursery.call(take, &object)[0] else {
            panic!("a function");
        };
        assert_eq!(nursery.call(func, &[])[0].i32(), Some(4));
        drop(object);
        assert_eq!(nursery.live(), 1);
    });
}

#[test]
fn an_instance_that_fails_stays_where_others_have_its_functions() {
    // Its element is in the table before its data does not fit.
    let wat = r#"(module (import "a" "t" (table 2 funcref)) (memory 1)
        (elem (i32.const 0) func $f) (func $f (result i32) (i32.const 8))
        (data (i32.const 70000) "x"))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let ty = TableType::new(bident::RefType::FUNC, 2, None);
        let table = Table::new(&mut nursery.store, ty, Val::FuncRef(None)).unwrap();
        let wat = wat.replacen("(module", r#"(module (import "host" "token" (func))"#, 1);
        let module = module(engine, &wat);
        for _ in 0..2 {
            let mut linker = nursery.linker();
            linker.define("a", "t", table).unwrap();
            linker.instantiate(&mut nursery.store, &module).unwrap_err();
        }
        assert_eq!(nursery.live(), 1, "the first was overwritten");
        let Some(Val::FuncRef(Some(func))) = table.get(&mut nursery.store, 0) else {
            panic!("a function");
        };
        assert_eq!(nursery.call(func, &[])[0].i32(), Some(8));
        table
            .set(&mut nursery.store, 0, Val::FuncRef(None))
            .unwrap();
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn two_that_refer_to_each_other_are_given_back() {
    let wat = r#"(module (import "a" "t" (table $t 2 funcref)) (elem (i32.const INDEX) func $f)
        (func $f (export "f") (call_indirect $t (i32.const 0))))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let ty = TableType::new(bident::RefType::FUNC, 2, None);
        let table = Table::new(&mut nursery.store, ty, Val::FuncRef(None)).unwrap();
        for index in ["0", "1"] {
            nursery.loose(&wat.replace("INDEX", index), |linker| {
                linker.define("a", "t", table).unwrap();
            });
        }
        assert_eq!(nursery.live(), 2);
        table.release(&mut nursery.store).unwrap();
        assert_eq!(nursery.live(), 0);
    });
}

#[test]
fn code_that_waits_outlives_module_and_instance() {
    // A frame of `outer` waits that needs nothing of its instance any more.
    let outer = r#"(module (import "b" "wait" (func $wait (result i32)))
        (func (export "outer") (result i32) (i32.add (call $wait) (i32.const 40))))"#;
    let inner =
        r#"(module (import "host" "wait" (func $wait (result i32))) (export "wait" (func $wait)))"#;
    both(|engine| {
        let mut nursery = Nursery::new(engine);
        let inner = nursery.linked(inner, |_| ());
        let wait = nursery.func(inner, "wait");
        let outer = nursery.loose(outer, |linker| {
            linker.define("b", "wait", wait).unwrap();
        });
        let func = nursery.func(outer, "outer");
        let call = parked_call(func.start(&mut nursery.store, &[]));
        nursery.live();
        let results = returned(call.resume(&mut nursery.store, &[Val::I32(2)]));
        assert_eq!(results[0].i32(), Some(42));
        assert_eq!(nursery.live(), 1);
    });
}

#[test]
fn many_instances_one_after_the_other() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let wat = r#"(module (memory (export "m") 1) (table 10 funcref) (elem (i32.const 0) $f)
        (func $f (export "f") (result i32)
          (i32.store (i32.const 8) (i32.const 3)) (i32.load (i32.const 8))))"#;
    let module = module(&engine, wat);
    for _ in 0..40_000 {
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let func = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
        assert_eq!(func.call(&mut store, ()).unwrap(), 3);
        instance.release(&mut store).unwrap();
    }
}

#[test]
fn many_of_everything_one_after_the_other() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let nothing = FuncType::new([], []);
    let mutable = GlobalType {
        content: ValType::I64,
        mutable: true,
    };
    for i in 0..40_000 {
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        memory.release(&mut store).unwrap();
        let ty = TableType::new(bident::RefType::FUNC, 1000, None);
        let table = Table::new(&mut store, ty, Val::FuncRef(None)).unwrap();
        table.release(&mut store).unwrap();
        let global = Global::new(&mut store, mutable, Val::I64(i)).unwrap();
        global.release(&mut store).unwrap();
        let tag = Tag::new(&mut store, nothing.clone()).unwrap();
        tag.release(&mut store).unwrap();
        let func = Func::wrap(&mut store, move || i).unwrap();
        func.release(&mut store).unwrap();
    }
    assert!(
        store.bytes_to_look_at() < 1 << 20,
        "{}",
        store.bytes_to_look_at()
    );
}

#[test]
fn a_destructor_that_panics_comes_out_of_the_collection() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("the destructor");
        }
    }
    // Under stress the second function's making would collect the first: two panics at once.
    let engine = Engine::new(&Config::new().stress(false)).unwrap();
    let mut store = Store::new(&engine, ());
    for _ in 0..2 {
        let panics = Panics;
        let func = Func::wrap(&mut store, move || {
            let _ = &panics;
        });
        func.unwrap().release(&mut store).unwrap();
    }
    let collected = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.gc()));
    let panic = collected.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the destructor"));
    let func = Func::wrap(&mut store, || 7).unwrap();
    let mut results = [Val::I32(0)];
    func.call(&mut store, &[], &mut results).unwrap();
    assert_eq!(results[0].i32(), Some(7));
}

#[test]
fn an_instance_is_given_back_whose_start_function_panics() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let panics = Func::wrap(&mut store, || -> i32 { panic!("the start") }).unwrap();
    panics.release(&mut store).unwrap();
    let kept = panics.keep(&mut store).unwrap();
    let wat = r#"(module (import "" "" (func $f (result i32))) (memory 1)
        (func $start (drop (call $f))) (start $start))"#;
    let module = module(&engine, wat);
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        Instance::new(&mut store, &module, &[panics.into()])
    }));
    assert_eq!(made.unwrap_err().downcast_ref(), Some(&"the start"));
    drop(kept);
    store.gc();
    assert_eq!(store.items(), (0, 0));
}

/// A memory that nobody keeps.
fn garbage(store: &mut Store<()>) {
    let memory = Memory::new(&mut *store, MemoryType::new(1, None)).unwrap();
    memory.release(&mut *store).unwrap();
}

#[test]
fn limits_of_the_configuration_are_no_reason_to_collect() {
    let engine = Engine::new(&Config::new().stress(false).max_memory_size(1 << 20)).unwrap();
    let mut store = Store::new(&engine, ());
    garbage(&mut store);
    let error = Memory::new(&mut store, MemoryType::new(17, None)).unwrap_err();
    assert_eq!(
        (error.kind(), error.is_of_system()),
        (ErrorKind::Limit, false)
    );
    let module = module(&engine, "(module (memory 17))");
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(
        (error.kind(), error.is_of_system()),
        (ErrorKind::Limit, false)
    );
    assert_eq!(store.items().0, 1);
}

#[test]
fn what_there_is_never_room_for_collects_once_in_a_while() {
    let engine = Engine::new(&Config::new().stress(false).max_memory_size(u64::MAX)).unwrap();
    let mut store = Store::new(&engine, ());
    // 2^49 bytes, where a process has 2^47.
    let module = module(&engine, "(module (memory i64 0x200000000))");
    let never = |store: &mut Store<()>| {
        let error = Instance::new(&mut *store, &module, &[]).unwrap_err();
        assert_eq!(
            (error.kind(), error.is_of_system()),
            (ErrorKind::Limit, true)
        );
        store.items().0
    };
    garbage(&mut store);
    assert_eq!(never(&mut store), 0);
    garbage(&mut store);
    assert_eq!(never(&mut store), 1);
    let least = (0..1000).map(|_| never(&mut store)).min();
    assert_eq!(least, Some(0));
}
