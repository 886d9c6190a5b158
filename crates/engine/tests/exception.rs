//! Exceptions: where they land, across stacks that grew, moved and ended; both forms of catching; and
//! what becomes of those that nobody catches.

mod common;

use bident::{Caller, Continuation, Engine, Error, ErrorKind, Exception, ExternRef, FuncType};
use bident::{Outcome, Reply, Store, Tag, TrapCode, Val, ValType};
use common::{Guest, assert_values, both, names};

/// `go(depth, levels, frames)`: throws `depth` frames deep in each of `levels` continuations inside each
/// other, below `frames` frames that have grown the catching stack; keeps values across.
const DEEP: &str = r#"(module
    (import "host" "move" (func $move))
    (type $f (func (param i32 i32))) (type $c (cont $f))
    (tag $x (param i32 i64)) (tag $other)
    (elem declare func $level)
    (func $dive (param $depth i32) (param $levels i32) (result i32)
      (if (local.get $depth) (then
        (return (i32.add (i32.const 1)
          (call $dive (i32.sub (local.get $depth) (i32.const 1)) (local.get $levels))))))
      (call $move)
      (if (local.get $levels) (then
        (block $h (try_table (catch $other $h)
          (resume $c (i32.const 20) (i32.sub (local.get $levels) (i32.const 1))
            (cont.new $c (ref.func $level)))))))
      (throw $x (i32.const 7) (i64.const 8)))
    (func $level (type $f) (drop (call $dive (local.get 0) (local.get 1))))
    (func $catch (param $depth i32) (param $levels i32) (result i32)
      (local $a i32) (local $b i64) (local $kept i64)
      (local.set $kept (i64.extend_i32_u (i32.add (local.get $depth) (local.get $levels))))
      (block $h (result i32 i64)
        (try_table (catch $x $h)
          (resume $c (local.get $depth) (local.get $levels) (cont.new $c (ref.func $level)))
          (return (i32.const -1)))
        (unreachable))
      (local.set $b) (local.set $a)
      (call $move)
      (i32.add (i32.wrap_i64 (i64.add (local.get $b) (local.get $kept))) (local.get $a)))
    (func $grown (export "go") (param $depth i32) (param $levels i32) (param $frames i32)
        (result i32)
      (if (result i32) (local.get $frames)
        (then (i32.add (i32.const 1)
          (call $grown (local.get $depth) (local.get $levels)
            (i32.sub (local.get $frames) (i32.const 1)))))
        (else (call $catch (local.get $depth) (local.get $levels))))))"#;

#[test]
fn exceptions_cross_stacks_of_any_depth() {
    both(|engine| {
        let mut guest = Guest::new(engine, DEEP, (), |linker| {
            linker.func_wrap("host", "move", || ()).unwrap();
        });
        for depth in [0, 1, 10, 200, 3000] {
            for levels in [0, 1, 3, 40] {
                for frames in [0, 5, 500] {
                    let results = guest.i32("go", &[depth, levels, frames]);
                    assert_eq!(results, 15 + depth + levels + frames);
                    assert_eq!(guest.store.stats().live, 0);
                }
            }
        }
        guest.check_idle();
    });
}

/// `resume_throw` into continuations that were never started, are suspended, or are suspended with
/// others inside them. The answer tells who caught: 1 the innermost, 2 the one around it, 3 the caller.
const THROW_INTO: &str = r#"(module
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (type $late (func (result i32))) (type $k (cont $late))
    (tag $t) (tag $x (param i32))
    (global $ran (export "ran") (mut i32) (i32.const 0))
    (elem declare func $inner $outer)
    ;; Catches where told, by the digits of its parameter.
    (func $inner (type $f)
      (global.set $ran (i32.const 1))
      (if (i32.and (local.get 0) (i32.const 1))
        (then
          (return (block $h (result i32)
            (try_table (result i32) (catch $x $h) (suspend $t) (i32.const -1))))))
      (suspend $t)
      (i32.const -2))
    (func $outer (type $f)
      (if (i32.and (local.get 0) (i32.const 2))
        (then
          (return (block $h (result i32)
            (try_table (catch $x $h)
              (drop (resume $c (local.get 0) (cont.new $c (ref.func $inner)))))
            (return (i32.const 1)))
            (drop) (i32.const 2))))
      (drop (resume $c (local.get 0) (cont.new $c (ref.func $inner))))
      (i32.const 1))
    (func (export "fresh") (param i32) (result i32)
      (block $h (result i32)
        (return (try_table (result i32) (catch $x $h)
          (resume_throw $c $x (i32.const 9) (cont.new $c (ref.func $inner))))))
      (drop) (i32.const 3))
    (func (export "bound") (param i32) (result i32)
      (block $h (result i32)
        (return (try_table (result i32) (catch $x $h)
          (resume_throw $k $x (i32.const 9)
            (cont.bind $c $k (local.get 0) (cont.new $c (ref.func $inner)))))))
      (drop) (i32.const 3))
    (func $into (param $k (ref $k)) (result i32)
      (block $h (result i32)
        (return (try_table (result i32) (catch $x $h)
          (resume_throw $k $x (i32.const 1) (local.get $k)))))
      (drop) (i32.const 3))
    (func (export "suspended") (param i32) (result i32)
      (call $into (block $on (result (ref $k))
        (return (resume $c (on $t $on) (local.get 0) (cont.new $c (ref.func $inner)))))))
    (func (export "nested") (param i32) (result i32)
      (call $into (block $on (result (ref $k))
        (return (resume $c (on $t $on) (local.get 0) (cont.new $c (ref.func $outer))))))))"#;

#[test]
fn exceptions_are_thrown_into_continuations() {
    both(|engine| {
        let mut guest = Guest::plain(engine, THROW_INTO);
        let ran = guest.instance.get_global(&mut guest.store, "ran").unwrap();
        for name in ["fresh", "bound"] {
            for catches in 0..4 {
                assert_eq!(guest.i32(name, &[catches]), 3, "{name}");
                guest.check_idle();
            }
        }
        assert_eq!(ran.get(&mut guest.store).i32(), Some(0), "the body ran");
        for catches in 0..4 {
            let expected = if catches & 1 == 1 { 1 } else { 3 };
            assert_eq!(guest.i32("suspended", &[catches]), expected);
            let expected = [3, 1, 2, 1][catches as usize];
            assert_eq!(guest.i32("nested", &[catches]), expected);
            guest.check_idle();
        }
    });
}

/// `resume_throw` and `resume_throw_ref` with clauses, into continuations inside each other; the one at
/// level `catcher` catches, keeps what came, and suspends from its handler. Numbers of ways: 0 by tag, 1
/// by reference.
const INTO: &str = r#"(module
    (type $f (func (param i32 i32) (result i32))) (type $c (cont $f))
    (type $late (func (result i32))) (type $k (cont $late))
    (tag $t) (tag $x (export "x") (param i32 externref)) (tag $sw (result i32))
    (global $ran (export "ran") (mut i32) (i32.const 0))
    (global $seen (export "seen") (mut externref) (ref.null extern))
    (elem declare func $level)
    (func $inside (param $level i32) (param $catcher i32) (result i32)
      (if (result i32) (local.get $level)
        (then (resume $c (i32.sub (local.get $level) (i32.const 1)) (local.get $catcher)
          (cont.new $c (ref.func $level))))
        (else (suspend $t) (i32.const -1))))
    (func $level (type $f)
      (global.set $ran (i32.add (global.get $ran) (i32.const 1)))
      (if (i32.ne (local.get 0) (local.get 1))
        (then (return (call $inside (local.get 0) (local.get 1)))))
      (block $h (result i32 externref)
        (return (try_table (result i32) (catch $x $h)
          (call $inside (local.get 0) (local.get 1)))))
      (global.set $seen)
      (suspend $t)
      (i32.add (i32.mul (local.get 0) (i32.const 100))))
    (func $exception (param $value externref) (result exnref)
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $x (i32.const 7) (local.get $value)))
        (unreachable)))
    ;; Gives 1000 more if what was thrown into has suspended again.
    (func $throw (param $k (ref null $k)) (param $way i32) (param $value externref) (result i32)
      (i32.add (i32.const 1000) (resume $k (block $on (result (ref $k))
        (if (local.get $way)
          (then (return (resume_throw_ref $k (on $sw switch) (on $t $on)
            (call $exception (local.get $value)) (local.get $k)))))
        (return (resume_throw $k $x (on $sw switch) (on $t $on)
          (i32.const 7) (local.get $value) (local.get $k)))))))
    (func (export "into") (param $levels i32) (param $catcher i32) (param $way i32)
        (param $value externref) (result i32)
      (call $throw
        (block $on (result (ref $k))
          (return (resume $c (on $t $on) (local.get $levels) (local.get $catcher)
            (cont.new $c (ref.func $level)))))
        (local.get $way) (local.get $value)))
    (func (export "into bound") (param $way i32) (param $value externref) (result i32)
      (call $throw (cont.bind $c $k (i32.const 0) (i32.const 0) (cont.new $c (ref.func $level)))
        (local.get $way) (local.get $value)))
    (func (export "into fresh") (param $way i32) (param $value externref) (result i32)
      (if (local.get $way) (then
        (return (resume_throw_ref $c (call $exception (local.get $value))
          (cont.new $c (ref.func $level))))))
      (resume_throw $c $x (i32.const 7) (local.get $value) (cont.new $c (ref.func $level)))))"#;

/// Whether a value is one of the host.
fn is_extern(value: &Val) -> bool {
    matches!(value, Val::ExternRef(Some(_)))
}

#[test]
fn exceptions_are_thrown_into_levels_of_continuations() {
    both(|engine| {
        let mut guest = Guest::plain(engine, INTO);
        let seen = guest.instance.get_global(&mut guest.store, "seen").unwrap();
        for levels in [0, 1, 2, 30] {
            for way in [0, 1] {
                for catcher in [0, 1, levels / 2, levels, -1] {
                    let numbers = [levels, catcher, way].map(Val::I32);
                    let params = [&numbers[..], &[ExternRef::new(1).into()]].concat();
                    let result = guest.call("into", &params);
                    if (0..=levels).contains(&catcher) {
                        let expected = 1000 + 100 * catcher + 7;
                        assert_values(&result.unwrap(), &[Val::I32(expected)]);
                        assert!(is_extern(&seen.get(&mut guest.store)));
                        seen.set(&mut guest.store, Val::ExternRef(None)).unwrap();
                    } else {
                        let error = result.unwrap_err();
                        let values = error.exception().unwrap().values(&mut guest.store);
                        assert_eq!(values[0].i32(), Some(7), "{levels} {catcher} {way}");
                        assert!(is_extern(&values[1]));
                    }
                    guest.check_idle();
                }
            }
        }
    });
}

#[test]
fn exceptions_into_what_never_started_run_nothing() {
    both(|engine| {
        let mut guest = Guest::plain(engine, INTO);
        let ran = guest.instance.get_global(&mut guest.store, "ran").unwrap();
        for name in ["into fresh", "into bound"] {
            for way in [0, 1] {
                let params = [Val::I32(way), ExternRef::new(1).into()];
                let error = guest.call(name, &params).unwrap_err();
                let values = error.exception().unwrap().values(&mut guest.store);
                assert_eq!(values[0].i32(), Some(7), "{name} {way}");
                assert!(is_extern(&values[1]));
                assert_eq!(ran.get(&mut guest.store).i32(), Some(0), "{name} {way}");
                guest.check_idle();
            }
        }
    });
}

/// The legacy instructions, with continuations in between. `$thrower` throws tag `$x` with its first
/// parameter, or traps, or returns, as the second says.
const LEGACY: &str = r#"(module
    (type $f (func (param i32 i32))) (type $c (cont $f))
    (tag $x (param i32)) (tag $y)
    (elem declare func $thrower $rethrower)
    (func $thrower (type $f)
      (if (i32.eq (local.get 1) (i32.const 1)) (then (throw $x (local.get 0))))
      (if (i32.eq (local.get 1) (i32.const 2)) (then (throw $y)))
      (if (i32.eq (local.get 1) (i32.const 3)) (then (unreachable))))
    (func $run (param i32 i32)
      (resume $c (local.get 0) (local.get 1) (cont.new $c (ref.func $thrower))))
    (func (export "catch") (param i32 i32) (result i32)
      try (result i32)
        (call $run (local.get 0) (local.get 1))
        i32.const -1
      catch $x
      catch $y
        i32.const -2
      end)
    (func (export "catch all") (param i32 i32) (result i32)
      try (result i32)
        (call $run (local.get 0) (local.get 1))
        i32.const -1
      catch $x
      catch_all
        i32.const -3
      end)
    (func $rethrower (type $f)
      try
        (call $run (local.get 0) (local.get 1))
      catch_all
        try
          (call $run (i32.const 99) (i32.const 2))
        catch $y
          rethrow 1
        end
      end)
    (func (export "rethrow") (param i32 i32) (result i32)
      try (result i32)
        (resume $c (local.get 0) (local.get 1) (cont.new $c (ref.func $rethrower)))
        i32.const -1
      catch $x
      catch $y
        i32.const -2
      end)
    (func (export "delegate") (param i32 i32) (result i32)
      try $outer (result i32)
        try (result i32)
          try (result i32)
            (call $run (local.get 0) (local.get 1))
            i32.const -1
          delegate $outer
        catch_all
          i32.const -4
        end
      catch $x
      catch $y
        i32.const -2
      end)
    (func (export "delegate out") (param i32 i32) (result i32)
      try (result i32)
        (call $run (local.get 0) (local.get 1))
        i32.const -1
      delegate 0)
    ;; Both forms in one module: caught by the new one, thrown again for the old one.
    (func (export "both") (param i32 i32) (result i32)
      try (result i32)
        (block $h (result exnref)
          (try_table (catch_all_ref $h) (call $run (local.get 0) (local.get 1)))
          (return (i32.const -1)))
        throw_ref
      catch $x
      catch_all
        i32.const -3
      end))"#;

#[test]
fn legacy_instructions_catch_across_stacks() {
    both(|engine| {
        let mut guest = Guest::plain(engine, LEGACY);
        for (name, on_y) in [
            ("catch", -2),
            ("catch all", -3),
            ("rethrow", -2),
            ("delegate", -2),
            ("both", -3),
        ] {
            assert_eq!(guest.i32(name, &[5, 0]), -1, "{name}");
            assert_eq!(guest.i32(name, &[5, 1]), 5, "{name}");
            assert_eq!(guest.i32(name, &[5, 2]), on_y, "{name}");
            let error = guest.error(name, &[5, 3]);
            assert_eq!(error.trap(), Some(TrapCode::Unreachable), "{name}");
            guest.check_idle();
        }
        assert_eq!(guest.i32("delegate out", &[5, 0]), -1);
        let error = guest.error("delegate out", &[5, 1]);
        let values = error.exception().unwrap().values(&mut guest.store);
        assert_values(&values, &[Val::I32(5)]);
        guest.check_idle();
    });
}

/// Exceptions between the host and WebAssembly.
const HOST: &str = r#"(module
    (import "host" "x" (tag $x (param i32 externref)))
    (import "host" "call" (func $call (param i32) (result i32)))
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (elem declare func $inner)
    (func $inner (export "inner") (type $f) (call $call (local.get 0)))
    (func $throw (export "throw") (type $f) (throw $x (local.get 0) (ref.null extern)))
    (func (export "in continuation") (type $f)
      (resume $c (local.get 0) (cont.new $c (ref.func $inner))))
    (func (export "caught") (type $f)
      (block $h (result i32 externref)
        (try_table (catch $x $h)
          (return (resume $c (local.get 0) (cont.new $c (ref.func $inner)))))
        (unreachable))
      (drop)))"#;

/// `host.call(n)` throws `n` below 100; from there on it calls `throw` and passes on what comes.
fn host(engine: &Engine) -> (Guest<()>, Tag) {
    let mut store = Store::new(engine, ());
    let ty = FuncType::new([ValType::I32, ValType::EXTERNREF], []);
    let tag = Tag::new(&mut store, ty).unwrap();
    let call = move |mut caller: Caller<'_, ()>, n: i32| -> Result<i32, Error> {
        if n < 100 {
            let values = [Val::I32(n), Val::ExternRef(None)];
            return Err(Exception::new(&mut caller, tag, &values)?.into());
        }
        let throw = caller.get_export("throw").unwrap().into_func().unwrap();
        throw.call(&mut caller, &[Val::I32(n)], &mut [Val::I32(0)])?;
        unreachable!("it throws");
    };
    let guest = Guest::within(store, HOST, |linker| {
        linker.define("host", "x", tag).unwrap();
        linker.func_wrap("host", "call", call).unwrap();
    });
    (guest, tag)
}

#[test]
fn exceptions_pass_through_the_host() {
    both(|engine| {
        let (mut guest, tag) = host(engine);
        for n in [7, 700] {
            assert_eq!(guest.i32("caught", &[n]), n);
            let error = guest.error("in continuation", &[n]);
            assert_eq!(error.kind(), ErrorKind::Exception);
            let exception = error.exception().unwrap();
            assert_eq!(exception.tag(), tag);
            let values = exception.values(&mut guest.store);
            assert_values(&values, &[Val::I32(n), Val::ExternRef(None)]);
            let mut expected = vec!["inner", "in continuation"];
            if n > 100 {
                expected.insert(0, "throw");
            }
            assert_eq!(names(&error), expected);
            guest.check_idle();
        }
    });
}

#[test]
fn an_uncaught_exception_says_what_and_where() {
    both(|engine| {
        let (mut guest, _) = host(engine);
        let text = guest.error("throw", &[3]).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "uncaught exception that carries (i32, externref)");
        assert_eq!(lines[1], "wasm backtrace:");
        assert!(lines[2].ends_with("throw"), "{text}");
        assert_eq!(lines.len(), 3);

        let wat = r#"(module (tag $x) (func (export "go") (throw $x)))"#;
        let mut guest = Guest::plain(engine, wat);
        let error = guest.error("go", &[]);
        assert_eq!(format!("{error:#}"), "uncaught exception");
        guest.check_idle();
    });
}

#[test]
fn wrong_exceptions_are_refused() {
    both(|engine| {
        let (mut guest, tag) = host(engine);
        let mut other = Store::new(engine, ());
        let store = &mut guest.store;
        for wrong in [
            &[][..],
            &[Val::I32(1)],
            &[Val::I64(1), Val::ExternRef(None)],
            &[Val::ExternRef(None), Val::I32(1)],
        ] {
            let error = Exception::new(&mut *store, tag, wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        }
        let values = [Val::I32(1), Val::ExternRef(None)];
        let error = Exception::new(&mut other, tag, &values).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let exception = Exception::new(&mut *store, tag, &values).unwrap();
        assert!(exception.belongs_to(&*store) && !exception.belongs_to(&other));
        assert!(!Val::from(exception.clone()).matches(&other, ValType::EXNREF));
        let again = Exception::new(&mut *store, tag, &values).unwrap();
        assert!(exception.same(&exception.clone()) && !exception.same(&again));
        guest.check_idle();
    });
}

/// An exception that a host function fails with, of another store.
#[test]
fn an_exception_of_another_store_is_not_thrown() {
    both(|engine| {
        let mut other = Store::new(engine, ());
        let tag = Tag::new(&mut other, FuncType::new([], [])).unwrap();
        let foreign = Exception::new(&mut other, tag, &[]).unwrap();
        let wat = r#"(module (import "host" "fail" (func $fail))
            (func (export "go") (block $h (try_table (catch_all $h) (call $fail)))))"#;
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let fail = move || -> Result<(), Error> { Err(foreign.clone().into()) };
            linker.func_wrap("host", "fail", fail).unwrap();
        });
        let error = guest.error("go", &[]);
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        guest.check_idle();
    });
}

/// A fresh continuation of the host into which an exception goes never runs.
#[test]
fn a_body_that_never_starts_never_runs() {
    both(|engine| {
        let (mut guest, tag) = host(engine);
        let func = guest.func("inner");
        let cont = Continuation::new(&mut guest.store, &func).unwrap();
        let values = [Val::I32(1), Val::ExternRef(None)];
        let exception = Exception::new(&mut guest.store, tag, &values).unwrap();
        let error = cont.throw(&mut guest.store, &exception, &[]).unwrap_err();
        assert!(error.exception().unwrap().same(&exception));
        assert_eq!(error.backtrace().len(), 0);
        guest.check_idle();
    });
}

#[test]
fn an_exception_thrown_again_into_a_parked_call_knows_its_origin() {
    const WAT: &str = r#"(module
        (import "host" "read" (func $read (result i32)))
        (tag $x)
        (func (export "throw") (throw $x))
        (func (export "wait") (drop (call $read))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap();
        });
        let error = guest.error("throw", &[]);
        let wait = guest.func("wait");
        let Outcome::Parked(parked) = wait.start(&mut guest.store, &[]).unwrap() else {
            panic!("it waits");
        };
        let error = parked.throw(&mut guest.store, error).unwrap_err();
        assert_eq!(names(&error), ["throw"]);
        guest.check_idle();
    });
}
