//! Guests that know how the store works: what they make up must neither keep nor free anything.

mod common;

use bident::{Answer, Caller, Config, Continuation, Engine, Error, ErrorKind, Exception, Extern};
use bident::{ExternType, Func, FuncType, Global, Linker, Outcome, Store, Tag, TrapCode, Val};
use bident::{Payload, ValType};
use common::{Guest, both, child, module, names, parked_call};

/// `$c` is suspended inside `$b`, which `$x` resumed; `$x` is gone. `word` is what the guest believes
/// to be the reference of `$b`'s stack, which waits in the middle of that chain.
const MIDDLE: &str = r#"(module
    (import "host" "gc" (func $gc))
    (type $f (func)) (type $k (cont $f))
    (tag $t) (tag $s) (tag $e)
    (global $word (mut i64) (i64.const 0))
    (global $kept (mut (ref null $k)) (ref.null $k))
    (global $ready (mut i32) (i32.const 0))
    (elem declare func $b $c $x $inside $stranger)
    (func $deep (param $n i32)
      (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1))))))
    (func $c (suspend $s))
    ;; Suspended once together with $x, whence it still knows where that chain ended.
    (func $b (suspend $t) (resume $k (cont.new $k (ref.func $c))))
    (func $x
      (call $deep (i32.mul (global.get $ready) (i32.const 4000)))
      (block $on (result (ref $k))
        (resume $k (on $s $on) (cont.new $k (ref.func $b)))
        (return))
      (global.set $kept))
    (func $prepare
      (block $on (result (ref $k))
        (resume $k (on $t $on) (cont.new $k (ref.func $x)))
        (unreachable))
      (resume $k))

    (func (export "kept") (param $word i64)
      (call $prepare)
      (global.set $kept (ref.null $k))
      (global.set $word (local.get $word)))

    (func (export "unmapped") (param $word i64)
      (global.set $ready (i32.const 1))
      (call $prepare)
      (call $gc)
      (global.set $word (local.get $word))
      (call $gc))

    (func $pressure (local $i i32)
      (loop $again
        (block $caught (try_table (catch $e $caught) (throw $e)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 3000)))))
    (func $stranger (unreachable))
    (func $inside
      (if (i32.eqz (global.get $ready)) (then (return)))
      (call $pressure)
      (drop (cont.new $k (ref.func $stranger))))
    (func (export "running") (param $word i64) (result i32)
      ;; From now on the stub makes both.
      (resume $k (cont.new $k (ref.func $inside)))
      (drop (cont.new $k (ref.func $stranger)))
      (call $prepare)
      (global.set $word (local.get $word))
      (call $pressure)
      (global.set $word (i64.const 0))
      (global.set $ready (i32.const 1))
      (resume $k (cont.new $k (ref.func $inside)))
      (i32.const 42)))"#;

/// Words that have the form of references, as the first store of an engine gives them out at first: position of a
/// record, and how often it was used. The first eight records are nobody's.
fn words() -> impl Iterator<Item = Val> {
    (1..6).flat_map(|uses: i64| (1..64).map(move |record| Val::I64(uses << 32 | record << 6)))
}

fn middle() -> Guest<()> {
    // In stress mode a store gives out others.
    let engine = Engine::new(&Config::new().stress(false)).unwrap();
    Guest::new(&engine, MIDDLE, (), |linker| {
        let gc = |mut caller: Caller<'_, ()>| caller.gc();
        linker.func_wrap("host", "gc", gc).unwrap();
    })
}

#[test]
fn of_all_numbers_only_the_reference_itself_keeps_a_chain() {
    let keeps = |word: &Val| {
        let mut guest = middle();
        guest.call("kept", std::slice::from_ref(word)).unwrap();
        guest.store.gc();
        guest.store.stats().live
    };
    let kept: Vec<usize> = words()
        .map(|word| keeps(&word))
        .filter(|n| *n > 0)
        .collect();
    assert_eq!(kept, [2], "stacks that a number kept: those of $c and $b");
}

#[test]
fn a_collection_does_not_read_stacks_that_are_gone() {
    let name = "a_collection_does_not_read_stacks_that_are_gone";
    let status = child(name, || {
        for word in words() {
            middle().call("unmapped", &[word]).unwrap();
        }
    });
    assert!(status.success(), "{status}");
}

#[test]
fn no_number_makes_a_collection_free_a_stack_that_runs() {
    let name = "no_number_makes_a_collection_free_a_stack_that_runs";
    let status = child(name, || {
        for word in words() {
            let results = middle()
                .call("running", std::slice::from_ref(&word))
                .unwrap();
            assert_eq!(results[0].i32(), Some(42), "{word:?}");
        }
    });
    assert!(status.success(), "{status}");
}

/// Drops a suspended continuation of some 50 KiB in each turn.
const DROPS: &str = r#"(module
    (type $f (func)) (type $k (cont $f))
    (tag $t)
    (elem declare func $body)
    (func $deep (param $n i32)
      (if (local.get $n)
        (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
        (else (suspend $t))))
    (func $body (call $deep (i32.const 1000)))
    (func (export "drop") (param $turns i32) (result i32)
      (loop $again
        (block $on (result (ref $k))
          (resume $k (on $t $on) (cont.new $k (ref.func $body)))
          (unreachable))
        (drop)
        (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
        (br_if $again (local.get $turns)))
      (i32.const 1)))"#;

#[test]
fn a_loop_that_drops_large_stacks_runs_within_any_limit_that_holds_a_few() {
    for limit in [1 << 20, 4 << 20, 32 << 20] {
        let engine = Engine::new(&Config::new().max_stack_memory(limit)).unwrap();
        let mut guest = Guest::plain(&engine, DROPS);
        assert_eq!(guest.i32("drop", &[2000]), 1, "{limit}");
    }
}

#[test]
fn continuations_outlive_the_instantiation_that_failed() {
    const HOLDER: &str = r#"(module
        (type $f (func (result i32))) (type $k (cont $f))
        (tag (export "t"))
        (table $table (export "table") 2 (ref null $k))
        (func (export "go") (param i32) (result i32)
          (resume $k (table.get $table (local.get 0)))))"#;
    const FAILS: &str = r#"(module
        (type $f (func (result i32))) (type $k (cont $f))
        (import "holder" "table" (table $table 2 (ref null $k)))
        (import "holder" "t" (tag $t))
        (memory 1)
        (global $g (mut i32) (i32.const 5))
        (elem declare func $body)
        (func $body (result i32)
          (i32.store (i32.const 0) (i32.const 100))
          (global.set $g (i32.const 6))
          (suspend $t)
          (i32.add (global.get $g) (i32.load (i32.const 0))))
        (func $start
          (table.set $table (i32.const 0)
            (block $on (result (ref $k))
              (drop (resume $k (on $t $on) (cont.new $k (ref.func $body))))
              (unreachable)))
          (unreachable))
        (start $start))"#;
    both(|engine| {
        let mut guest = Guest::within(Store::new(engine, ()), HOLDER, |_| ());
        let mut linker = Linker::new(engine);
        linker
            .instance(&mut guest.store, "holder", guest.instance)
            .unwrap();
        let fails = module(engine, FAILS);
        linker.instantiate(&mut guest.store, &fails).unwrap_err();
        guest.store.gc();
        assert_eq!(guest.i32("go", &[0]), 106);
        guest.check_freed();
    });
}

/// `$d`, suspended inside `$e`, takes over the record of `$c`, which was found by a search and is
/// gone, when its own record has no revision left; then it suspends where only `$e` should handle it.
const TAKES_OVER: &str = r#"(module
    (import "host" "gc" (func $gc))
    (type $f (func)) (type $k (cont $f))
    (tag $s) (tag $t) (tag $u)
    (global $turns (mut i32) (i32.const 0))
    (global $handled (mut i32) (i32.const 0))
    (elem declare func $c $d $e)
    (func $c (suspend $t))
    (func $found
      (block $on (result (ref $k))
        (resume $k (on $u $on) (on $t $on) (cont.new $k (ref.func $c)))
        (unreachable))
      (drop))
    (func $d
      (loop $again
        (if (global.get $turns) (then
          (global.set $turns (i32.sub (global.get $turns) (i32.const 1)))
          (suspend $s)
          (br $again))))
      (suspend $t))
    (func $e
      (block $on (result (ref $k))
        (resume $k (on $u $on) (on $t $on) (cont.new $k (ref.func $d)))
        (unreachable))
      (drop)
      (global.set $handled (i32.add (global.get $handled) (i32.const 1))))
    (func (export "run") (param $turns i32) (result i32)
      (local $k (ref null $k))
      (global.set $turns (local.get $turns))
      (local.set $k (cont.new $k (ref.func $e)))
      (loop $again
        (block $wrong (result (ref $k))
          (block $on (result (ref $k))
            (resume $k (on $s $on) (on $t $wrong) (local.get $k))
            (return (global.get $handled)))
          (local.set $k)
          (if (i32.eqz (global.get $turns)) (then (call $found) (call $gc)))
          (br $again))
        (drop))
      (i32.const -1)))"#;

#[test]
fn a_search_does_not_go_by_what_another_stack_on_the_record_found() {
    for turns in 1..40 {
        both(|engine| {
            let mut guest = Guest::new(engine, TAKES_OVER, (), |linker| {
                let gc = |mut caller: Caller<'_, ()>| caller.gc();
                linker.func_wrap("host", "gc", gc).unwrap();
            });
            assert_eq!(guest.i32("run", &[turns]), 1, "{turns}");
            guest.check_freed();
        });
    }
}

/// Many references to one continuation, in tables; `$kept` is a segment that has one.
const TABLES: &str = r#"(module
    (import "host" "gc" (func $gc))
    (type $f (func (result i32))) (type $k (cont $f))
    (import "host" "cont" (global $cont (ref null $k)))
    (tag $t)
    (table $a 8 (ref null $k)) (table $b 4 100 (ref null $k))
    (elem $nulls (ref null $k) (ref.null $k) (ref.null $k) (ref.null $k))
    (elem $kept (ref null $k) (ref.null $k) (global.get $cont))
    (elem declare func $seven)
    (func $seven (export "seven") (result i32) (suspend $t) (i32.const 7))
    (func $made (result (ref $k))
      (block $on (result (ref $k))
        (drop (resume $k (on $t $on) (cont.new $k (ref.func $seven))))
        (unreachable)))
    (func (export "fill")
      (table.fill $a (i32.const 1) (call $made) (i32.const 5))
      (call $gc))
    ;; Overlapping, both ways, and to another table.
    (func (export "copy")
      (table.set $a (i32.const 0) (call $made))
      (table.copy $a $a (i32.const 1) (i32.const 0) (i32.const 3))
      (table.copy $a $a (i32.const 0) (i32.const 1) (i32.const 3))
      (table.copy $b $a (i32.const 2) (i32.const 0) (i32.const 2))
      (table.init $a $nulls (i32.const 0) (i32.const 0) (i32.const 3))
      (call $gc)
      (table.copy $a $b (i32.const 0) (i32.const 1) (i32.const 3)))
    (func (export "grow")
      (drop (table.grow $b (call $made) (i32.const 10)))
      (call $gc)
      (table.copy $a $b (i32.const 0) (i32.const 4) (i32.const 8)))
    (func (export "init")
      (call $gc)
      (table.init $a $kept (i32.const 6) (i32.const 0) (i32.const 2))
      (elem.drop $kept))
    (func (export "clear")
      (table.fill $a (i32.const 0) (ref.null $k) (table.size $a))
      (table.fill $b (i32.const 0) (ref.null $k) (table.size $b)))
    (func (export "run") (param i32) (result i32)
      (resume $k (table.get $a (local.get 0)))))"#;

#[test]
fn tables_copy_references_and_never_stacks() {
    both(|engine| {
        let module = module(engine, TABLES);
        let mut store = Store::new(engine, ());
        let seven = Func::wrap(&mut store, || 7).unwrap();
        let cont = Continuation::new(&mut store, &seven).unwrap();
        let globals = module.imports().filter_map(|import| match import.ty() {
            ExternType::Global(ty) => Some(*ty),
            _ => None,
        });
        let ty = globals.last().unwrap();
        let global = Global::new(&mut store, ty, cont.into()).unwrap();
        let mut guest = Guest::within(store, TABLES, |linker| {
            let gc = |mut caller: Caller<'_, ()>| caller.gc();
            linker.func_wrap("host", "gc", gc).unwrap();
            linker
                .define("host", "cont", Extern::Global(global))
                .unwrap();
        });
        let null = Some(TrapCode::NullContinuationReference);
        let used = Some(TrapCode::ContinuationConsumed);
        for (name, slots) in [
            (
                "fill",
                [(0, null), (3, None), (1, used), (5, used), (6, null)],
            ),
            (
                "copy",
                [(0, null), (1, None), (1, used), (2, null), (3, null)],
            ),
            (
                "grow",
                [(7, None), (2, used), (1, used), (0, used), (4, used)],
            ),
            (
                "init",
                [(5, null), (7, None), (7, used), (7, used), (6, null)],
            ),
        ] {
            guest.call(name, &[]).unwrap();
            // One is the global's.
            let live = if name == "init" { 1 } else { 2 };
            assert_eq!(guest.store.stats().live, live, "{name}");
            for (slot, trap) in slots {
                let result = guest.call("run", &[Val::I32(slot)]);
                match trap {
                    None => assert_eq!(result.unwrap()[0].i32(), Some(7), "{name}"),
                    _ => assert_eq!(result.unwrap_err().trap(), trap, "{name} {slot}"),
                }
            }
            guest.call("clear", &[]).unwrap();
        }
        guest.check_freed();
    });
}

/// What goes wrong in the third stack of a chain, at a transfer or right before or behind one.
const WRONG: &[(TrapCode, &str)] = &[
    (
        TrapCode::NullContinuationReference,
        "(resume $k (ref.null $k))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(resume_throw $k $x (ref.null $k))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(drop (switch $s $t (ref.null $s)))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(drop (cont.bind $p $k (i32.const 0) (ref.null $p)))",
    ),
    (
        TrapCode::NullFunctionReference,
        "(drop (cont.new $k (ref.null $f)))",
    ),
    (
        TrapCode::NullExceptionReference,
        "(throw_ref (ref.null exn))",
    ),
    (
        TrapCode::NullExceptionReference,
        "(resume_throw_ref $k (ref.null exn) (cont.new $k (ref.func $fine)))",
    ),
    (
        TrapCode::ContinuationConsumed,
        "(resume $k (global.get $used))",
    ),
    (
        TrapCode::ContinuationConsumed,
        "(resume_throw $k $x (global.get $used))",
    ),
    (
        TrapCode::ContinuationConsumed,
        "(drop (cont.bind $k $k (global.get $used)))",
    ),
    (TrapCode::UnhandledTag, "(suspend $t)"),
    (
        TrapCode::UnhandledTag,
        "(drop (switch $s $t (cont.new $s (ref.func $target))))",
    ),
    (
        TrapCode::IndirectCallTypeMismatch,
        "(call_indirect (type $f) (i32.const 1))",
    ),
    (
        TrapCode::IndirectCallTypeMismatch,
        "(return_call_indirect (type $f) (i32.const 1))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(i32.store (i32.const 65533) (i32.const 1))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(resume $k (cont.bind $p $k (i32.const 65536) (cont.new $p (ref.func $loads))))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(block $on (result (ref $k)) (resume $k (on $u $on) (cont.new $k (ref.func $fine))) (unreachable)) (drop) (drop (i32.load (i32.const -1)))",
    ),
    (
        TrapCode::TableOutOfBounds,
        "(drop (table.get 0 (i32.const 2)))",
    ),
    (TrapCode::StackOverflow, "(call $endless)"),
    (
        TrapCode::Unreachable,
        "(resume $k (cont.new $k (ref.func $catches)))",
    ),
];

fn wrong(body: &str) -> String {
    format!(
        r#"(module
    (import "host" "try" (func $try (result i32)))
    (type $f (func)) (type $k (cont $f))
    (type $fp (func (param i32))) (type $p (cont $fp))
    (rec (type $fs (func (param (ref null $s)))) (type $s (cont $fs)))
    (tag $t) (tag $u) (tag $x)
    (memory 1) (table 2 funcref)
    (elem (i32.const 0) $fine $loads)
    (elem declare func $second $third $fine $loads $target $catches)
    (global $used (mut (ref null $k)) (ref.null $k))
    (global $moved (mut i32) (i32.const 0))
    (func $fine (suspend $u))
    (func $loads (type $fp) (drop (i32.load (local.get 0))))
    (func $target (type $fs))
    (func $endless (call $endless) (call $endless))
    (func $catches (try_table (catch_all 0) (unreachable)))
    (func $nothing)
    (func $third
      (if (global.get $moved) (then (suspend $u)))
      {body})
    (func $second (resume $k (cont.new $k (ref.func $third))))
    (func (export "run") (param i32)
      (local $k (ref $k))
      (global.set $moved (local.get 0))
      (global.set $used (cont.new $k (ref.func $fine)))
      (block $on (result (ref $k))
        (resume $k (on $u $on) (global.get $used))
        (unreachable))
      (drop)
      (local.set $k (cont.new $k (ref.func $second)))
      (if (local.get 0) (then
        (local.set $k (block $on (result (ref $k))
          (resume $k (on $u $on) (local.get $k))
          (unreachable)))))
      (resume $k (local.get $k)))
    ;; The same below a host function that does not mind, which a continuation calls.
    (func $calls (i32.store (i32.const 0) (call $try)))
    (elem declare func $calls)
    (func (export "outer") (result i32)
      (resume $k (cont.new $k (ref.func $calls)))
      (i32.load (i32.const 0))))"#
    )
}

#[test]
fn what_goes_wrong_in_the_third_stack_ends_its_chain_and_no_other() {
    both(|engine| {
        for (trap, body) in WRONG {
            let mut guest = Guest::new(engine, &wrong(body), (), |linker| {
                let try_it = |mut caller: Caller<'_, ()>| {
                    let run = caller
                        .get_export("run")
                        .and_then(Extern::into_func)
                        .unwrap();
                    let error: Error = run.call(&mut caller, &[Val::I32(1)], &mut []).unwrap_err();
                    error.trap().map_or(0, |trap| trap as i32)
                };
                linker.func_wrap("host", "try", try_it).unwrap();
            });
            for moved in [0, 1] {
                let error = guest.error("run", &[moved]);
                assert_eq!(error.trap(), Some(*trap), "{body}");
                let frames = names(&error);
                if *trap != TrapCode::StackOverflow {
                    assert!(
                        frames.ends_with(&["third", "second", "run"]),
                        "{body}: {frames:?}"
                    );
                }
                guest.check_freed();
                assert_eq!(guest.i32("outer", &[]), *trap as i32, "{body}");
                guest.check_freed();
            }
        }
    });
}

/// Every way by which a continuation can come in.
const TAKES: &str = r#"(module
    (import "host" "give" (func $give (result contref)))
    (import "host" "wait" (func $wait (result contref)))
    (type $f (func)) (type $k (cont $f))
    (type $ft (func (param contref))) (type $kt (cont $ft))
    (tag $t (export "t")) (tag $x (export "x") (param contref))
    (global (export "global") (mut contref) (ref.null cont))
    (table (export "table") 2 contref)
    (func (export "typed") (param (ref null $k)))
    (func (export "untyped") (param contref))
    (func (export "asks") (drop (call $give)))
    (func (export "waits") (drop (call $wait)))
    (func (export "fine") (suspend $t)))"#;

#[test]
fn continuations_of_other_stores_are_refused_everywhere() {
    both(|engine| {
        let mut other = Guest::new(engine, "(module (func (export \"f\")))", (), |_| ());
        let stranger: Val = other.cont("f").into();
        let given = stranger.clone();
        let mut guest = Guest::new(engine, TAKES, (), |linker| {
            let ty = FuncType::new([], [ValType::CONTREF]);
            let give = move |_: Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
                results[0] = given.clone();
                Ok(Answer::Ready)
            };
            linker.func_new("host", "give", ty.clone(), give).unwrap();
            let wait =
                |_: Caller<'_, ()>, _: &[Val], _: &mut [Val]| Ok(Answer::Pending(Payload::NONE));
            linker.func_new("host", "wait", ty, wait).unwrap();
        });
        let alien = std::slice::from_ref(&stranger);
        let (t, x) = (guest.tag("t"), guest.tag("x"));
        let call = parked_call(guest.start("waits", &[]));
        let takes = guest.cont("untyped");
        let fine = guest.cont("fine");
        let global = guest
            .instance
            .get_global(&mut guest.store, "global")
            .unwrap();
        let table = guest
            .instance
            .get_export(&mut guest.store, "table")
            .unwrap()
            .into_table()
            .unwrap();
        let errors = [
            guest.call("typed", alien).unwrap_err(),
            guest.call("untyped", alien).unwrap_err(),
            guest.call("asks", &[]).unwrap_err(),
            guest.start("untyped", alien).unwrap_err(),
            call.resume(&mut guest.store, alien).unwrap_err(),
            takes.resume(&mut guest.store, alien, &[]).unwrap_err(),
            global.set(&mut guest.store, stranger.clone()).unwrap_err(),
            table
                .set(&mut guest.store, 0, stranger.clone())
                .unwrap_err(),
            table
                .grow(&mut guest.store, 1, stranger.clone())
                .unwrap_err(),
            Exception::new(&mut guest.store, x, alien).unwrap_err(),
            fine.resume(
                &mut guest.store,
                &[],
                &[Tag::new(&mut other.store, FuncType::new([], [])).unwrap()],
            )
            .unwrap_err(),
            Exception::new(&mut other.store, x, alien).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        }
        assert!(!takes.is_used(&guest.store) && !fine.is_used(&guest.store));
        let alien = Tag::new(&mut other.store, FuncType::new([], [])).unwrap();
        let alien = Exception::new(&mut other.store, alien, &[]).unwrap();
        let error = fine.throw(&mut guest.store, &alien, &[t]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        // All goes on in both.
        let outcome = fine.resume(&mut guest.store, &[], &[t]);
        assert!(matches!(outcome, Ok(Outcome::Suspended(_))), "{outcome:?}");
        drop((takes, outcome));
        guest.check_freed();
        assert_eq!(other.store.stats().live, 1);
        drop(stranger);
    });
}
