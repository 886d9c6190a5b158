//! Guests that know how the store works: what they make up must neither keep nor free anything.

mod common;

use bident::{Caller, Config, Engine, Linker, Store, Val};
use common::{Guest, both, child, module};

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

/// Words that have the form of references, as a store gives them out at first: position of a record,
/// and how often it was used.
fn words() -> impl Iterator<Item = Val> {
    (1..6).flat_map(|uses: i64| (1..8).map(move |record| Val::I64(uses << 32 | record << 6)))
}

fn middle() -> Guest<()> {
    let engine = Engine::new(&Config::new()).unwrap();
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
