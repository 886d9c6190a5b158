//! Continuations, tags and exceptions in the host's hands.

mod common;

use bident::{Caller, Continuation, Engine, Error, ErrorKind, Exception, Func, FuncType, Instance};
use bident::{Outcome, Reply, Store, Tag, TrapCode, Val, ValType};
use common::{
    Guest, KINDS, assert_values, both, names, parked_call, returned, returned_i32, suspended,
};

/// Sums what it is told until it is told 0; asks by `ask`, or by `other` where it should.
const GUEST: &str = r#"(module $guest
    (import "host" "read" (func $read (result i32)))
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (tag $ask (export "ask") (param i32 i32) (result i32))
    (tag $other (export "other") (param i64))
    (tag $x (export "x") (param i32))
    (elem declare func $sum $nested)
    (func $sum (export "sum") (type $f)
      (local $answer i32) (local $n i32)
      (loop $again
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $answer (suspend $ask (local.get $n) (local.get 0)))
        (local.set 0 (i32.add (local.get 0) (local.get $answer)))
        (br_if $again (local.get $answer)))
      (local.get 0))
    (func (export "other way") (type $f) (suspend $other (i64.const 5)) (local.get 0))
    (func $nested (export "nested") (type $f)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1)
          (resume $c (i32.sub (local.get 0) (i32.const 1)) (cont.new $c (ref.func $nested)))))
        (else (suspend $ask (i32.const 1) (i32.const 2)))))
    (func (export "reads") (type $f)
      (i32.add (suspend $ask (call $read) (local.get 0)) (call $read)))
    (func (export "catches") (type $f)
      (block $h (result i32)
        (try_table (result i32) (catch $x $h) (suspend $ask (i32.const 0) (i32.const 0)))))
    (func (export "traps") (type $f)
      (drop (suspend $ask (i32.const 0) (i32.const 0))) (unreachable))
    (func (export "throws") (type $f) (throw $x (local.get 0)))
    ;; Takes a continuation from the host, and gives one.
    (func (export "make") (param i32) (result (ref $c))
      (cont.new $c (ref.func $sum)))
    (func (export "forget") (param i32) (result contref)
      (cont.new $c (ref.func $sum)))
    (func (export "run") (param (ref null $c) i32) (result i32)
      (resume $c (local.get 1) (local.get 0))))"#;

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker| {
        linker
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap();
    })
}

#[test]
fn the_host_handles_suspensions() {
    both(|engine| {
        let mut guest = guest(engine);
        let tags = ["other", "ask"].map(|name| guest.tag(name));
        let cont = guest.cont("sum");
        assert!(!cont.is_used(&guest.store));
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        assert_eq!(cont.ty(), Some(&ty));
        let mut outcome = cont.resume(&mut guest.store, &[Val::I32(100)], &tags);
        assert!(cont.is_used(&guest.store));
        let mut sum = 100;
        for n in 1..=50 {
            let suspension = suspended(outcome);
            assert_eq!(suspension.tag, tags[1]);
            assert_values(&suspension.values, &[Val::I32(n), Val::I32(sum)]);
            assert_eq!(suspension.continuation.ty(), Some(&ty));
            assert_eq!(guest.store.stats().live, 1);
            let answer = if n == 50 { 0 } else { n };
            sum += answer;
            let again = suspension.continuation;
            outcome = again.resume(&mut guest.store, &[Val::I32(answer)], &tags);
            assert!(again.is_used(&guest.store));
        }
        assert_eq!(returned_i32(outcome), sum);
        guest.check_idle();
    });
}

/// Fresh and suspended: what was taken goes on, and for everybody else it is used.
#[test]
fn a_continuation_that_was_taken_has_one_owner() {
    both(|engine| {
        let mut guest = guest(engine);
        let ask = guest.tag("ask");
        let mut cont = guest.cont("sum");
        let mut sum = 7;
        let mut next = 7;
        for n in 1..=20 {
            let other = cont.clone();
            let taken = cont.take(&mut guest.store).unwrap();
            assert_eq!(taken.ty(), cont.ty());
            assert!(other.is_used(&guest.store) && !taken.is_used(&guest.store));
            let error = other.resume(&mut guest.store, &[Val::I32(1)], &[ask]);
            assert_eq!(
                error.unwrap_err().trap(),
                Some(TrapCode::ContinuationConsumed)
            );
            let error = other.take(&mut guest.store).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
            let outcome = taken.resume(&mut guest.store, &[Val::I32(next)], &[ask]);
            let suspension = suspended(outcome);
            assert_values(&suspension.values, &[Val::I32(n), Val::I32(sum)]);
            cont = suspension.continuation;
            next = n;
            sum += n;
        }
        let taken = cont.take(&mut guest.store).unwrap();
        let outcome = taken.resume(&mut guest.store, &[Val::I32(0)], &[ask]);
        assert_eq!(returned_i32(outcome), sum - 20);
        let mut other = Store::new(engine, ());
        let fresh = guest.cont("sum");
        assert_eq!(fresh.take(&mut other).unwrap_err().kind(), ErrorKind::Usage);
        assert!(!fresh.is_used(&guest.store));
    });
}

#[test]
fn tags_that_nobody_handles_are_traps() {
    both(|engine| {
        let mut guest = guest(engine);
        let (ask, other) = (guest.tag("ask"), guest.tag("other"));
        for (name, handlers) in [
            ("sum", vec![other]),
            ("sum", vec![]),
            ("other way", vec![ask]),
        ] {
            let cont = guest.cont(name);
            let error = cont.resume(&mut guest.store, &[Val::I32(1)], &handlers);
            let error = error.unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::UnhandledTag));
            assert_eq!(names(&error), [name]);
            guest.check_idle();
        }
        // Of two that are the same, and of many, the right one.
        let cont = guest.cont("other way");
        let outcome = cont.resume(&mut guest.store, &[Val::I32(3)], &[ask, other, other]);
        let suspension = suspended(outcome);
        assert_eq!(suspension.tag, other);
        assert_values(&suspension.values, &[Val::I64(5)]);
        let outcome = suspension.continuation.resume(&mut guest.store, &[], &[]);
        assert_eq!(returned_i32(outcome), 3);
        guest.check_idle();
    });
}

#[test]
fn a_chain_is_handled_as_a_whole() {
    both(|engine| {
        let mut guest = guest(engine);
        let ask = guest.tag("ask");
        for depth in [0, 1, 2, 50] {
            let cont = guest.cont("nested");
            let outcome = cont.resume(&mut guest.store, &[Val::I32(depth)], &[ask]);
            let suspension = suspended(outcome);
            assert_eq!(guest.store.stats().live, depth as usize + 1);
            guest.store.gc();
            assert_eq!(guest.store.stats().live, depth as usize + 1);
            let cont = suspension.continuation;
            let outcome = cont.resume(&mut guest.store, &[Val::I32(1000)], &[]);
            assert_eq!(returned_i32(outcome), 1000 + depth);
            guest.check_idle();
        }
    });
}

#[test]
fn one_use_whoever_makes_it() {
    both(|engine| {
        let mut guest = guest(engine);
        let ask = guest.tag("ask");
        let consumed = |result: Result<Outcome, Error>| {
            let error = result.unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
        };
        let exception = {
            let x = guest.tag("x");
            Exception::new(&mut guest.store, x, &[Val::I32(1)]).unwrap()
        };
        let cont = guest.cont("sum");
        let clone = cont.clone();
        let suspension = suspended(cont.resume(&mut guest.store, &[Val::I32(1)], &[ask]));
        consumed(cont.resume(&mut guest.store, &[Val::I32(1)], &[ask]));
        consumed(clone.throw(&mut guest.store, &exception, &[]));
        // WebAssembly uses what the host has.
        let made = guest.call("make", &[Val::I32(0)]).unwrap().remove(0);
        let Val::ContRef(Some(made)) = made else {
            panic!("{made:?}");
        };
        let params = [made.clone().into(), Val::I32(1)];
        assert_eq!(
            guest.call("run", &params).unwrap_err().trap(),
            Some(TrapCode::UnhandledTag)
        );
        assert!(made.is_used(&guest.store));
        consumed(made.resume(&mut guest.store, &[Val::I32(1)], &[]));
        // What the host suspended, WebAssembly resumes: the types are the same.
        let params = [suspension.continuation.clone().into(), Val::I32(0)];
        assert_values(&guest.call("run", &params).unwrap(), &[Val::I32(1)]);
        consumed(
            suspension
                .continuation
                .throw(&mut guest.store, &exception, &[]),
        );
        let error = guest.call("run", &params).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
        guest.check_freed();
    });
}

#[test]
fn wrong_values_do_not_use_it() {
    both(|engine| {
        let mut guest = guest(engine);
        let ask = guest.tag("ask");
        let cont = guest.cont("sum");
        for wrong in [&[][..], &[Val::I64(1)], &[Val::I32(1), Val::I32(2)]] {
            let error = cont.resume(&mut guest.store, wrong, &[ask]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
            assert!(!cont.is_used(&guest.store));
        }
        let mut other = Store::new(engine, ());
        let foreign = Tag::new(&mut other, FuncType::new([], [])).unwrap();
        let error = cont.resume(&mut guest.store, &[Val::I32(1)], &[foreign]);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Usage);
        let exception = Exception::new(&mut other, foreign, &[]).unwrap();
        let error = cont.throw(&mut guest.store, &exception, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(!cont.is_used(&guest.store));
        assert!(cont.is_used(&other));

        // A general reference says nothing of the type.
        let forgotten = guest.call("forget", &[Val::I32(0)]).unwrap().remove(0);
        let Val::ContRef(Some(forgotten)) = forgotten else {
            panic!("{forgotten:?}");
        };
        assert_eq!(forgotten.ty(), None);
        let error = forgotten.resume(&mut guest.store, &[Val::I32(1)], &[ask]);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Usage);
        let error = guest.call("run", &[forgotten.clone().into(), Val::I32(0)]);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Usage);
        // Nor does a function of another type make a continuation of this one.
        let func = Func::wrap(&mut guest.store, || ()).unwrap();
        let wrong = Continuation::new(&mut guest.store, &func).unwrap();
        let error = guest.call("run", &[wrong.clone().into(), Val::I32(0)]);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Usage);
        drop((cont, forgotten, wrong));
        guest.check_freed();
    });
}

#[test]
fn a_continuation_of_another_store_is_refused() {
    let engine = Engine::default();
    let mut guest = guest(&engine);
    let cont = guest.cont("sum");
    let mut other = Store::new(&engine, ());
    let tag = Tag::new(&mut other, FuncType::new([], [])).unwrap();
    let exception = Exception::new(&mut other, tag, &[]).unwrap();
    let errors = [
        cont.resume(&mut other, &[Val::I32(1)], &[]).unwrap_err(),
        cont.throw(&mut other, &exception, &[]).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(error.to_string(), "a continuation of another store");
    }
    assert!(!cont.is_used(&guest.store));
}

#[test]
fn an_exception_is_thrown_into_a_continuation() {
    both(|engine| {
        let mut guest = guest(engine);
        let (ask, x) = (guest.tag("ask"), guest.tag("x"));
        let exception = Exception::new(&mut guest.store, x, &[Val::I32(5)]).unwrap();
        assert_eq!(exception.tag(), x);
        assert_values(&exception.values(&mut guest.store), &[Val::I32(5)]);
        // Never started: nothing runs. Suspended: caught or not.
        for (name, suspends, caught) in [
            ("catches", false, false),
            ("catches", true, true),
            ("sum", true, false),
            ("nested", true, false),
        ] {
            let mut cont = guest.cont(name);
            if suspends {
                let outcome = cont.resume(&mut guest.store, &[Val::I32(3)], &[ask]);
                cont = suspended(outcome).continuation;
            }
            let outcome = cont.throw(&mut guest.store, &exception, &[ask]);
            assert!(cont.is_used(&guest.store));
            if caught {
                assert_eq!(returned_i32(outcome), 5);
            } else {
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Exception);
                assert!(error.exception().unwrap().same(&exception));
                let frames = match (name, suspends) {
                    ("nested", _) => vec!["nested"; 4],
                    (_, true) => vec![name],
                    (_, false) => vec![],
                };
                assert_eq!(names(&error), frames, "{name} {suspends}");
            }
            guest.check_idle();
        }
        // Thrown inside, it comes out.
        let error = guest.cont("throws");
        let error = error
            .resume(&mut guest.store, &[Val::I32(8)], &[])
            .unwrap_err();
        let values = error.exception().unwrap().values(&mut guest.store);
        assert_values(&values, &[Val::I32(8)]);
        guest.check_idle();
    });
}

/// A pending host function parks a continuation that the host resumed; its handlers stay.
#[test]
fn a_continuation_of_the_host_parks() {
    both(|engine| {
        let mut guest = guest(engine);
        let ask = guest.tag("ask");
        for collect in [false, true] {
            let cont = guest.cont("reads");
            let parked = parked_call(cont.resume(&mut guest.store, &[Val::I32(7)], &[ask]));
            assert!(cont.is_used(&guest.store));
            if collect {
                guest.store.gc();
            }
            let suspension = suspended(parked.resume(&mut guest.store, &[Val::I32(3)]));
            assert_values(&suspension.values, &[Val::I32(3), Val::I32(7)]);
            let cont = suspension.continuation;
            let parked = parked_call(cont.resume(&mut guest.store, &[Val::I32(20)], &[]));
            let outcome = parked.resume(&mut guest.store, &[Val::I32(1)]);
            assert_eq!(returned_i32(outcome), 21);
            guest.check_idle();

            // Thrown away at each point.
            let cont = guest.cont("reads");
            let parked = parked_call(cont.resume(&mut guest.store, &[Val::I32(7)], &[ask]));
            if collect {
                parked.cancel(&mut guest.store);
            } else {
                drop(parked);
            }
            guest.check_idle();
        }
    });
}

#[test]
fn a_dropped_continuation_is_freed() {
    both(|engine| {
        let mut guest = guest(engine);
        let ask = guest.tag("ask");
        let fresh = guest.cont("sum");
        let cont = guest.cont("nested");
        let suspension = suspended(cont.resume(&mut guest.store, &[Val::I32(9)], &[ask]));
        assert_eq!(guest.store.stats().live, 11);
        guest.store.gc();
        assert_eq!(guest.store.stats().live, 11);
        drop(suspension);
        guest.store.gc();
        assert_eq!(guest.store.stats().live, 1);
        drop(fresh);
        guest.check_freed();
    });
}

/// Every kind of value goes in, out by a suspension, in again, and out as a result.
#[test]
fn values_of_every_kind_pass() {
    let list = |word: &str| KINDS.map(|ty| format!("({word} {ty})")).join(" ");
    let gets: String = (0..KINDS.len())
        .map(|i| format!("local.get {i} "))
        .collect();
    let text = format!(
        "(module (tag $t (export \"t\") {p} {r}) (tag $x (export \"x\") {p})
           (func (export \"echo\") {p} {r}
             (block $h {r} (try_table {r} (catch $x $h) {gets} suspend $t))))",
        p = list("param"),
        r = list("result"),
    );
    both(|engine| {
        let mut guest = Guest::plain(engine, &text);
        let (t, x) = (guest.tag("t"), guest.tag("x"));
        for throw in [false, true] {
            let (first, second) = (guest.values(&KINDS, 0), guest.values(&KINDS, 100));
            let cont = guest.cont("echo");
            let suspension = suspended(cont.resume(&mut guest.store, &first, &[t]));
            guest.store.gc();
            assert_values(&suspension.values, &first);
            let cont = &suspension.continuation;
            let outcome = if throw {
                let exception = Exception::new(&mut guest.store, x, &second).unwrap();
                guest.store.gc();
                assert_values(&exception.values(&mut guest.store), &second);
                cont.throw(&mut guest.store, &exception, &[])
            } else {
                cont.resume(&mut guest.store, &second, &[])
            };
            assert_values(&returned(outcome), &second);
        }
        guest.check_freed();
    });
}

/// The host resumes continuations from inside host functions, which continuations call.
#[test]
fn a_host_function_drives_a_continuation() {
    const WAT: &str = r#"(module
        (import "host" "drive" (func $drive (param i32) (result i32)))
        (type $f (func (param i32) (result i32))) (type $c (cont $f))
        (tag $ask (export "ask") (param i32) (result i32))
        (func $level (export "level") (type $f)
          (i32.add (suspend $ask (local.get 0))
            (if (result i32) (local.get 0)
              (then (call $drive (i32.sub (local.get 0) (i32.const 1))))
              (else (i32.const 0))))))"#;
    fn drive(mut caller: Caller<'_, ()>, n: i32) -> Result<i32, Error> {
        let level = caller.get_export("level").unwrap().into_func().unwrap();
        let instance: Instance = caller.instance().unwrap();
        let ask = instance.get_tag(&mut caller, "ask").unwrap();
        let cont = Continuation::new(&mut caller, &level)?;
        let asked = suspended(cont.resume(&mut caller, &[Val::I32(n)], &[ask]));
        caller.gc();
        assert_eq!(asked.values[0].i32(), Some(n));
        let answer = asked.values[0].i32().unwrap() * 10;
        let outcome = asked
            .continuation
            .resume(&mut caller, &[Val::I32(answer)], &[]);
        outcome.map(|outcome| returned_i32(Ok(outcome)))
    }
    both(|engine| {
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            linker.func_wrap("host", "drive", drive).unwrap();
        });
        let ask = guest.tag("ask");
        for depth in [0, 1, 3, 20] {
            let cont = guest.cont("level");
            let asked = suspended(cont.resume(&mut guest.store, &[Val::I32(depth)], &[ask]));
            let cont = asked.continuation;
            let outcome = cont.resume(&mut guest.store, &[Val::I32(0)], &[]);
            assert_eq!(returned_i32(outcome), 10 * (depth * (depth - 1) / 2));
            guest.check_idle();
        }
    });
}

#[test]
fn handles_outlive_their_store_without_harm() {
    both(|engine| {
        let mut guest = guest(engine);
        let (ask, x) = (guest.tag("ask"), guest.tag("x"));
        let exception = Exception::new(&mut guest.store, x, &[Val::I32(1)]).unwrap();
        let fresh = guest.cont("sum");
        let cont = guest.cont("nested");
        let suspension = suspended(cont.resume(&mut guest.store, &[Val::I32(3)], &[ask]));
        let values = guest.values(&KINDS, 0);
        drop(guest);
        let other = Store::new(engine, ());
        assert!(fresh.is_used(&other) && suspension.continuation.is_used(&other));
        assert!(!exception.belongs_to(&other));
        assert!(values.iter().all(|value| !format!("{value:?}").is_empty()));
    });
}
