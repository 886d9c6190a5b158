//! What ends a chain of continuations from within: traps, errors and panics, before, inside and after
//! resumes; and the limits of stacks.

mod common;

use bident::Val;
use bident::{
    Caller, Config, Continuation, Engine, Error, ErrorKind, Exception, Outcome, TrapCode,
};
use common::{Guest, assert_values, both, both_with, names, returned_i32};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// `run(depth, fate)`: continuations inside each other; the innermost suspends, each hands the
/// suspension on, is resumed, and ends. At one of the points it calls `host.fate`, which decides.
///
/// A point is `10 * depth + step`; steps: 1 before its child is resumed, 2 after the child has
/// suspended, 3 after its own suspension was answered, 4 after the child has ended.
const LEVELS: &str = r#"(module
    (import "host" "fate" (func $fate (param i32)))
    (type $f (func (param i32 i32) (result i32))) (type $c (cont $f))
    (type $late (func (result i32))) (type $k (cont $late))
    (tag $t (export "t"))
    (elem declare func $level)
    (func $point (param $depth i32) (param $step i32) (param $at i32)
      (if (i32.eq (local.get $at)
                  (i32.add (i32.mul (local.get $depth) (i32.const 10)) (local.get $step)))
        (then (call $fate (local.get $at)))))
    (func $level (export "level") (type $f)
      (local $k (ref null $k)) (local $sum i32)
      (call $point (local.get 0) (i32.const 1) (local.get 1))
      (if (i32.eqz (local.get 0)) (then
        (suspend $t)
        (call $point (local.get 0) (i32.const 3) (local.get 1))
        (return (i32.const 1))))
      (block $on (result (ref $k))
        (resume $c (on $t $on)
          (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (cont.new $c (ref.func $level)))
        (unreachable))
      (local.set $k)
      (call $point (local.get 0) (i32.const 2) (local.get 1))
      (suspend $t)
      (call $point (local.get 0) (i32.const 3) (local.get 1))
      (local.set $sum (resume $k (local.get $k)))
      (call $point (local.get 0) (i32.const 4) (local.get 1))
      (i32.add (i32.const 1) (local.get $sum)))
    (func $run (export "run") (param $depth i32) (param $at i32) (result i32)
      (local $k (ref null $k))
      (block $on (result (ref $k))
        (resume $c (on $t $on) (local.get $depth) (local.get $at)
          (cont.new $c (ref.func $level)))
        (unreachable))
      (local.set $k)
      (call $point (local.get $depth) (i32.const 5) (local.get $at))
      (resume $k (local.get $k))
      (call $point (local.get $depth) (i32.const 6) (local.get $at))))"#;

/// A guest whose `host.fate` ends like this.
fn levels(
    engine: &Engine,
    fate: impl Fn(i32) -> Result<(), Error> + Send + Sync + 'static,
) -> Guest<()> {
    Guest::new(engine, LEVELS, (), |linker| {
        linker.func_wrap("host", "fate", fate).unwrap();
    })
}

/// Every depth with every point where something may happen there, up to depth 3.
fn points() -> impl Iterator<Item = (i32, i32)> {
    (0..4).flat_map(|depth| {
        let inner = (0..=depth).flat_map(|level| (1..=4).map(move |step| 10 * level + step));
        let outer = [5, 6].map(|step| 10 * depth + step);
        let exists = |at: &i32| !matches!(at, 2 | 4);
        inner.chain(outer).filter(exists).map(move |at| (depth, at))
    })
}

/// Runs every point, and checks that the store is as good as new after each.
fn at_every_point(guest: &mut Guest<()>, check: impl Fn(&mut Guest<()>, i32, i32)) {
    for (depth, at) in points() {
        check(guest, depth, at);
        // Levels that were suspended, and were not resumed, are garbage.
        guest.check_freed();
        assert_eq!(guest.i32("run", &[depth, 0]), depth + 1);
        guest.check_idle();
    }
}

#[test]
fn a_trap_at_every_point() {
    both(|engine| {
        // In WebAssembly, and in a host function.
        let text = LEVELS.replace("(call $fate (local.get $at))", "(unreachable)");
        let in_wasm = Guest::new(engine, &text, (), |linker| {
            linker.func_wrap("host", "fate", |_: i32| ()).unwrap();
        });
        let in_host = levels(engine, |_| Err(TrapCode::Unreachable.into()));
        for mut guest in [in_wasm, in_host] {
            at_every_point(&mut guest, |guest, depth, at| {
                let error = guest.error("run", &[depth, at]);
                assert_eq!(error.trap(), Some(TrapCode::Unreachable), "{depth} {at}");
                let mut expected = vec!["point"];
                let (level, step) = (at / 10, at % 10);
                // Suspended above a handler, a level has no frames of those that handed it on.
                let above = if step < 5 { depth - level + 1 } else { 0 };
                expected.extend(vec!["level"; above as usize]);
                expected.push("run");
                assert_eq!(names(&error), expected, "{depth} {at}");
            });
        }
    });
}

/// Instructions that trap in other ways: by a fault that a signal handler sees, by the limit of a stack,
/// by an answer of the host's side.
const FAULTS: [(&str, TrapCode); 6] = [
    (
        "(drop (i32.load (i32.const -4)))",
        TrapCode::MemoryOutOfBounds,
    ),
    (
        "(drop (i32.div_s (i32.const 1) (global.get $zero)))",
        TrapCode::IntegerDivideByZero,
    ),
    ("(call $endless)", TrapCode::StackOverflow),
    (
        "(drop (resume $k (ref.null $k)))",
        TrapCode::NullContinuationReference,
    ),
    ("(suspend $nobody)", TrapCode::UnhandledTag),
    (
        "(throw_ref (ref.null exn))",
        TrapCode::NullExceptionReference,
    ),
];

#[test]
fn every_kind_of_trap_at_every_point() {
    both_with(Config::new().max_stack_size(8 << 10), |engine| {
        for (fault, code) in FAULTS {
            let text = LEVELS
                .replace("(call $fate (local.get $at))", fault)
                .replace(
                    "(tag $t (export",
                    "(memory 1) (tag $nobody) (global $zero (mut i32) (i32.const 0))
                     (func $endless (call $endless) (call $endless)) (tag $t (export",
                );
            let mut guest = Guest::new(engine, &text, (), |linker| {
                linker.func_wrap("host", "fate", |_: i32| ()).unwrap();
            });
            at_every_point(&mut guest, |guest, depth, at| {
                let error = guest.error("run", &[depth, at]);
                assert_eq!(error.trap(), Some(code), "{depth} {at}");
            });
        }
    });
}

/// Thrown in WebAssembly, or by the host function; caught by nobody.
#[test]
fn an_exception_at_every_point() {
    let text = LEVELS.replace(
        "(tag $t (export",
        r#"(tag $x (export "x") (param i32)) (tag $t (export"#,
    );
    let in_wasm = text.replace("(call $fate (local.get $at))", "(throw $x (local.get $at))");
    both(|engine| {
        for text in [&text, &in_wasm] {
            let fate = |mut caller: Caller<'_, ()>, at: i32| -> Result<(), Error> {
                let instance = caller.instance().unwrap();
                let x = instance.get_tag(&mut caller, "x").unwrap();
                Err(Exception::new(&mut caller, x, &[Val::I32(at)])?.into())
            };
            let mut guest = Guest::new(engine, text, (), |linker| {
                linker.func_wrap("host", "fate", fate).unwrap();
            });
            at_every_point(&mut guest, |guest, depth, at| {
                let error = guest.error("run", &[depth, at]);
                let exception = error.exception().expect("an exception");
                assert_values(&exception.values(&mut guest.store), &[Val::I32(at)]);
            });
        }
    });
}

/// How `proc_exit` ends a program.
#[derive(Debug, PartialEq)]
struct Exit(i32);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}", self.0)
    }
}

impl std::error::Error for Exit {}

#[test]
fn an_exit_at_every_point() {
    both(|engine| {
        let mut guest = levels(engine, |at| Err(Error::new(Exit(at))));
        at_every_point(&mut guest, |guest, depth, at| {
            let error = guest.error("run", &[depth, at]);
            assert_eq!(error.downcast_ref(), Some(&Exit(at)));
        });
    });
}

/// Ways to end a program, by number: an exit, a trap and an exception of the host, a trap and an exception
/// of WebAssembly.
const ENDS: std::ops::Range<i32> = 0..5;

/// `host.end`, and a function that ends in the way that it is told. A panic has number 5.
const END: &str = r#"
    (import "host" "end" (func $host_end (param i32)))
    (tag $x (export "x"))
    (func $end (param $how i32)
      (if (i32.eq (local.get $how) (i32.const 3)) (then (unreachable)))
      (if (i32.eq (local.get $how) (i32.const 4)) (then (throw $x)))
      (call $host_end (local.get $how)))"#;

/// A guest with [`END`] at its beginning.
fn ending(engine: &Engine, wat: &str) -> Guest<()> {
    let end = |mut caller: Caller<'_, ()>, how: i32| -> Result<(), Error> {
        match how {
            0 => Err(Error::new(Exit(3))),
            1 => Err(TrapCode::Unreachable.into()),
            2 => {
                let instance = caller.instance().unwrap();
                let x = instance.get_tag(&mut caller, "x").unwrap();
                Err(Exception::new(&mut caller, x, &[])?.into())
            }
            _ => panic!("an end with a panic"),
        }
    };
    Guest::new(
        engine,
        &wat.replace("(module", &format!("(module {END}")),
        (),
        |linker| {
            linker.func_wrap("host", "end", end).unwrap();
        },
    )
}

/// Checks that an error is what this way to end gives.
#[track_caller]
fn check_end(error: &Error, how: i32) {
    match how {
        0 => assert_eq!(error.downcast_ref(), Some(&Exit(3))),
        1 | 3 => assert_eq!(error.trap(), Some(TrapCode::Unreachable)),
        _ => assert_eq!(error.kind(), ErrorKind::Exception, "{error}"),
    }
}

#[test]
fn an_end_after_any_number_of_resumes() {
    const WAT: &str = r#"(module
        (type $f (func)) (type $c (cont $f))
        (tag $t)
        (table $kept 100 (ref null $c))
        (elem declare func $once $twice)
        (func $once)
        (func $twice (suspend $t))
        (func (export "go") (param $n i32) (param $finish i32) (param $how i32)
          (loop $again
            (if (local.get $n) (then
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (if (local.get $finish)
                (then (resume $c (cont.new $c (ref.func $once))))
                (else
                  (table.set $kept (local.get $n)
                    (block $on (result (ref $c))
                      (resume $c (on $t $on) (cont.new $c (ref.func $twice)))
                      (unreachable)))))
              (br $again))))
          (call $end (local.get $how)))
        (func (export "clear")
          (table.fill $kept (i32.const 0) (ref.null $c) (table.size $kept))))"#;
    both(|engine| {
        let mut guest = ending(engine, WAT);
        for n in [0, 1, 2, 50] {
            for finish in [0, 1] {
                for how in ENDS {
                    check_end(&guest.error("go", &[n, finish, how]), how);
                    let unfinished = if finish == 0 { n } else { 0 };
                    guest.store.gc();
                    assert_eq!(guest.store.stats().live, unfinished as usize);
                    guest.call("clear", &[]).unwrap();
                    guest.check_freed();
                }
            }
        }
    });
}

/// What has ended otherwise than by returning has not gone back to be resumed: every reference to it is
/// used. What was suspended inside before goes on.
#[test]
fn references_to_what_has_ended_are_used() {
    const WAT: &str = r#"(module
        (type $f (func)) (type $k (cont $f))
        (tag $t)
        ;; What ends, as it was made, and as it was suspended; what was suspended inside of it.
        (table $kept 3 (ref null $k))
        (global $how (mut i32) (i32.const 0))
        (global $suspends (mut i32) (i32.const 0))
        (elem declare func $inner $ends $nothing)
        (func $nothing)
        (func $inner (suspend $t))
        (func $suspended (param $k (ref null $k)) (result (ref $k))
          (block $on (result (ref $k))
            (resume $k (on $t $on) (local.get $k))
            (unreachable)))
        (func $ends
          (table.set $kept (i32.const 2) (call $suspended (cont.new $k (ref.func $inner))))
          (if (global.get $suspends) (then (suspend $t)))
          (call $end (global.get $how)))
        (func (export "go") (param $how i32) (param $suspends i32)
          (global.set $how (local.get $how))
          (global.set $suspends (local.get $suspends))
          (table.set $kept (i32.const 0) (cont.new $k (ref.func $ends)))
          (table.set $kept (i32.const 1) (ref.null $k))
          (if (i32.eqz (local.get $suspends))
            (then (resume $k (table.get $kept (i32.const 0))))
            (else
              (table.set $kept (i32.const 1) (call $suspended (table.get $kept (i32.const 0))))
              (resume $k (table.get $kept (i32.const 1))))))
        (func (export "others") (param $n i32)
          (loop $again
            (resume $k (cont.new $k (ref.func $nothing)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "resume") (param i32) (resume $k (table.get $kept (local.get 0))))
        (func (export "throw") (param i32)
          (resume_throw $k $x (table.get $kept (local.get 0))))
        (func (export "bind") (param i32)
          (table.set $kept (i32.const 2)
            (cont.bind $k $k (table.get $kept (local.get 0))))))"#;
    both(|engine| {
        let mut guest = ending(engine, WAT);
        for how in ENDS.start..=ENDS.end {
            for suspends in [0, 1] {
                let run = AssertUnwindSafe(|| guest.error("go", &[how, suspends]));
                match catch_unwind(run) {
                    Ok(error) => check_end(&error, how),
                    Err(_) => assert_eq!(how, ENDS.end, "it panics"),
                }
                let consumed = |guest: &mut Guest<()>, name: &str, which: i32| {
                    let error = guest.error(name, &[which]);
                    let code = TrapCode::ContinuationConsumed;
                    assert_eq!(error.trap(), Some(code), "{name} {which}, {how} {suspends}");
                };
                for others in [0, 50] {
                    if others > 0 {
                        guest.call("others", &[Val::I32(others)]).unwrap();
                    }
                    for name in ["resume", "throw", "bind"] {
                        (0..=suspends).for_each(|which| consumed(&mut guest, name, which));
                    }
                }
                guest.call("resume", &[Val::I32(2)]).unwrap();
                consumed(&mut guest, "resume", 2);
                guest.check_idle();
            }
        }
    });
}

#[test]
fn a_panic_at_every_point() {
    both(|engine| {
        let mut guest = levels(engine, |at| std::panic::panic_any(at));
        at_every_point(&mut guest, |guest, depth, at| {
            let panic = catch_unwind(AssertUnwindSafe(|| guest.error("run", &[depth, at])));
            let panic = panic.expect_err("it panics");
            assert_eq!(panic.downcast_ref(), Some(&at));
        });
    });
}

/// The same where the host resumes the outermost level, as often as it suspends.
#[test]
fn an_exit_at_every_point_of_a_continuation_of_the_host() {
    both(|engine| {
        let mut guest = levels(engine, |at| Err(Error::new(Exit(at))));
        let tag = guest.tag("t");
        let run = |guest: &mut Guest<()>, depth: i32, at: i32| {
            let cont = guest.cont("level");
            let mut outcome = cont.resume(&mut guest.store, &[depth.into(), at.into()], &[tag])?;
            while let Outcome::Suspended(suspended) = outcome {
                let cont = suspended.continuation;
                outcome = cont.resume(&mut guest.store, &[], &[tag])?;
                assert!(cont.is_used(&guest.store));
            }
            Ok::<_, Error>(returned_i32(Ok(outcome)))
        };
        for (depth, at) in points().filter(|(_, at)| at % 10 < 5) {
            let error = run(&mut guest, depth, at).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Exit(at)));
            guest.check_freed();
            assert_eq!(run(&mut guest, depth, 0).unwrap(), depth + 1);
            guest.check_idle();
        }
    });
}

/// Recurses in continuations inside each other, each `frames` deep, `levels` of them.
const DEEP: &str = r#"(module
    (type $f (func (param i32 i32) (result i64))) (type $c (cont $f))
    (elem declare func $deep)
    (func $dive (param $frames i32) (param $levels i32) (result i64)
      (if (local.get $frames) (then
        (return (i64.add (i64.const 1)
          (call $dive (i32.sub (local.get $frames) (i32.const 1)) (local.get $levels))))))
      (if (result i64) (local.get $levels)
        (then (resume $c (i32.const 10) (i32.sub (local.get $levels) (i32.const 1))
                (cont.new $c (ref.func $deep))))
        (else (i64.const 0))))
    (func $deep (export "deep") (type $f) (call $dive (local.get 0) (local.get 1)))
    (func $endless (result i64) (i64.add (i64.const 1) (call $endless)))
    (func $endless_cont (type $f) (call $endless))
    (elem declare func $endless_cont)
    (func (export "endless") (type $f)
      (resume $c (local.get 0) (local.get 1) (cont.new $c (ref.func $endless_cont))))
    (func (export "inside") (type $f)
      (resume $c (local.get 0) (local.get 1) (cont.new $c (ref.func $deep)))))"#;

#[test]
fn a_stack_overflow_inside_a_continuation() {
    both_with(Config::new().max_stack_size(64 << 10), |engine| {
        let mut guest = Guest::plain(engine, DEEP);
        for _ in 0..3 {
            let error = guest.error("endless", &[0, 0]);
            assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
            assert_eq!(names(&error)[0], "endless");
            guest.check_idle();
            // Each continuation has a stack of its own: together they are deeper than one may be.
            let results = guest
                .call("inside", &[Val::I32(300), Val::I32(300)])
                .unwrap();
            assert_eq!(results[0].i64(), Some(300 + 300 * 10));
            let error = guest.error("inside", &[100_000, 0]);
            assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
            guest.check_idle();
        }
    });
}

/// Makes continuations until there is no stack memory, and keeps them.
const GREEDY: &str = r#"(module
    (type $f (func)) (type $c (cont $f))
    (tag $t)
    (table $kept 0 (ref null $c))
    (global $made (mut i32) (i32.const 0))
    (elem declare func $suspends)
    (func $suspends (suspend $t))
    (func $keep (param (ref null $c))
      (drop (table.grow $kept (local.get 0) (i32.const 1)))
      (global.set $made (i32.add (global.get $made) (i32.const 1))))
    (func (export "fresh") (loop $again
      (call $keep (cont.new $c (ref.func $suspends))) (br $again)))
    (func (export "suspended") (loop $again
      (call $keep (block $on (result (ref $c))
        (resume $c (on $t $on) (cont.new $c (ref.func $suspends)))
        (unreachable)))
      (br $again)))
    (func $nest (export "nested")
      (global.set $made (i32.add (global.get $made) (i32.const 1)))
      (resume $c (cont.new $c (ref.func $nest))))
    (elem declare func $nest)
    (func (export "drop") (param $n i32) (loop $again
      (drop (block $on (result (ref $c))
        (resume $c (on $t $on) (cont.new $c (ref.func $suspends)))
        (unreachable)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))))
    (func (export "made") (result i32) (global.get $made))
    (func (export "clear")
      (global.set $made (i32.const 0))
      (table.fill $kept (i32.const 0) (ref.null $c) (table.size $kept))))"#;

#[test]
fn continuations_exhaust_the_stack_memory() {
    const LIMIT: usize = 1 << 20;
    both_with(Config::new().max_stack_memory(LIMIT), |engine| {
        let mut guest = Guest::plain(engine, GREEDY);
        for name in ["fresh", "suspended", "nested", "fresh"] {
            let error = guest.error(name, &[]);
            let code = TrapCode::StackMemoryExhausted;
            assert_eq!(error.trap(), Some(code), "{name}: {error}");
            let made = guest.i32("made", &[]) as usize;
            // The smallest stack has 512 bytes.
            assert!(
                (LIMIT / 1024..=LIMIT / 512).contains(&made),
                "{name}: {made}"
            );
            if name != "nested" {
                guest.store.gc();
                assert_eq!(guest.store.stats().live, made);
            }
            guest.call("clear", &[]).unwrap();
            guest.check_freed();
            // Those that nobody keeps never reach the limit.
            guest.call("drop", &[Val::I32(10_000)]).unwrap();
            guest.check_freed();
        }
    });
}

#[test]
fn the_host_meets_the_limit_too() {
    both_with(Config::new().max_stack_memory(64 << 10), |engine| {
        let mut guest = Guest::plain(engine, GREEDY);
        let func = guest.func("fresh");
        let mut kept = Vec::new();
        let error = loop {
            match Continuation::new(&mut guest.store, &func) {
                Ok(cont) => kept.push(cont),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error.kind(), ErrorKind::Limit | ErrorKind::Trap(_)),
            "{error}"
        );
        assert_eq!(kept.len(), 128);
        drop(kept);
        guest.check_freed();
    });
}

/// Arguments that do not fit any more are a trap, and the continuation is as it was before.
#[test]
fn bound_arguments_meet_the_limit() {
    let params = "(param i64)".repeat(100);
    let gets: String = (0..100).map(|i| format!("local.get {i} ")).collect();
    let text = format!(
        r#"(module
        (type $f (func {params} (result i64))) (type $c (cont $f))
        (type $g (func (result i64))) (type $k (cont $g))
        (elem declare func $last)
        (func $last (type $f) (local.get 99))
        (func (export "bind") (type $f)
          {gets} (cont.new $c (ref.func $last)) (cont.bind $c $k) (resume $k))
        (func (export "resume") (type $f)
          {gets} (cont.new $c (ref.func $last)) (resume $c)))"#
    );
    both_with(Config::new().max_stack_size(1024), |engine| {
        let mut guest = Guest::plain(engine, &text);
        let values = vec![Val::I64(7); 100];
        for name in ["bind", "resume", "bind"] {
            let error = guest.call(name, &values).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::StackOverflow), "{name}");
            guest.check_freed();
        }
    });
    both_with(Config::new().max_stack_size(32 << 10), |engine| {
        let mut guest = Guest::plain(engine, &text);
        let values = vec![Val::I64(7); 100];
        for name in ["bind", "resume"] {
            let results = guest.call(name, &values).unwrap();
            assert_eq!(results[0].i64(), Some(7));
        }
        guest.check_freed();
    });
}

/// A trap in one activation, caught by the host function that began it: the continuation that called
/// the host function goes on.
#[test]
fn a_parent_goes_on_after_a_caught_trap() {
    const WAT: &str = r#"(module
        (import "host" "try" (func $try (param i32) (result i32)))
        (type $f (func (param i32) (result i32))) (type $c (cont $f))
        (tag $t (param i32) (result i32))
        (elem declare func $traps $tries $nests)
        (func $traps (type $f) (i32.div_s (i32.const 1) (local.get 0)))
        ;; What the host calls: traps inside a continuation, or gives 100 / n.
        (func (export "inner") (param i32) (result i32)
          (resume $c (local.get 0) (cont.new $c (ref.func $traps))))
        (func $tries (type $f)
          (i32.add (call $try (local.get 0)) (suspend $t (call $try (i32.const 0)))))
        (func $nests (type $f)
          (if (result i32) (local.get 0)
            (then (resume $c (i32.sub (local.get 0) (i32.const 1)) (cont.new $c (ref.func $nests))))
            (else (call $tries (i32.const 1)))))
        (type $late (func (param i32) (result i32))) (type $k (cont $late))
        (func (export "go") (param $depth i32) (result i32)
          (local $k (ref null $k)) (local $answer i32)
          (block $on (result i32 (ref $k))
            (resume $c (on $t $on) (local.get $depth) (cont.new $c (ref.func $nests)))
            (return))
          (local.set $k) (local.set $answer)
          (resume $k (i32.mul (i32.const 10) (local.get $answer)) (local.get $k))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            let attempt = |mut caller: Caller<'_, ()>, n: i32| {
                let inner = caller.get_export("inner").unwrap().into_func().unwrap();
                let mut results = [Val::I32(0)];
                match inner.call(&mut caller, &[Val::I32(n)], &mut results) {
                    Ok(()) => results[0].i32().unwrap(),
                    Err(error) => {
                        assert_eq!(error.trap(), Some(TrapCode::IntegerDivideByZero));
                        -1
                    }
                }
            };
            linker.func_wrap("host", "try", attempt).unwrap();
        });
        for depth in 0..4 {
            // 1 / 1, and ten times what a caught trap gave.
            assert_eq!(guest.i32("go", &[depth]), 1 - 10);
            guest.check_idle();
        }
    });
}
