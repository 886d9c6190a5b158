//! Backtraces across continuations: after each kind of transfer, each way in and each way out.

mod common;

use bident::{Caller, Engine, Error, FrameInfo, Reply, TrapCode, Val};
use common::{Guest, both, names, suspended};
use std::sync::{Arc, Mutex};

/// Functions are named for what they do; `$trap` traps.
const GUEST: &str = r#"(module $m
    (import "host" "fail" (func $fail))
    (type $f (func)) (type $c (cont $f))
    (type $g (func (param (ref null $c)))) (type $cg (cont $g))
    (tag $t (export "t")) (tag $u) (tag $sw) (tag $x)
    (elem declare func $trap $returns $suspends $forwards $calls_trap $resumes_trap $switches
      $target $back $catches $host_fails $thrower)
    (func $trap (unreachable))
    (func $host_fails (call $fail))
    (func $calls_trap (call $trap))
    (func $returns)
    (func $suspends (export "suspends") (suspend $t) (call $trap))
    (func $resumes_trap (resume $c (cont.new $c (ref.func $calls_trap))))
    (func $forwards
      (block $on (result (ref $c))
        (resume $c (on $u $on) (cont.new $c (ref.func $suspends))) (return))
      (drop))
    (func $suspended (param (ref $f)) (result (ref $c))
      (block $on (result (ref $c))
        (resume $c (on $t $on) (cont.new $c (local.get 0))) (unreachable)))
    (func $elsewhere (param (ref $c)) (resume $c (local.get 0)))
    (func (export "inside") (resume $c (cont.new $c (ref.func $calls_trap))))
    (func (export "two inside") (resume $c (cont.new $c (ref.func $resumes_trap))))
    (func (export "host") (resume $c (cont.new $c (ref.func $host_fails))))
    (func (export "after return")
      (resume $c (cont.new $c (ref.func $returns))) (call $trap))
    (func (export "after suspend")
      (drop (call $suspended (ref.func $suspends))) (call $trap))
    (func (export "resumed")
      (resume $c (call $suspended (ref.func $suspends))))
    (func (export "resumed elsewhere")
      (call $elsewhere (call $suspended (ref.func $suspends))))
    (func (export "forwarded")
      (call $elsewhere (call $suspended (ref.func $forwards))))
    ;; Switches: the one switched to traps; the one switched back to.
    (func $target (type $g) (call $trap))
    (func $switches (switch $cg $sw (cont.new $cg (ref.func $target))))
    (func (export "switched")
      (resume $c (on $sw switch) (cont.new $c (ref.func $switches))))
    (func $back (type $g) (resume $c (local.get 0)))
    (func $switches_and_traps
      (switch $cg $sw (cont.new $cg (ref.func $back))) (call $trap))
    (elem declare func $switches_and_traps)
    (func (export "switched back")
      (resume $c (on $sw switch) (cont.new $c (ref.func $switches_and_traps))))
    ;; After an exception has crossed.
    (func $thrower (throw $x))
    (func $catches
      (block $h (try_table (catch $x $h) (resume $c (cont.new $c (ref.func $thrower)))))
      (call $trap))
    (func (export "after catch") (resume $c (cont.new $c (ref.func $catches))))
    (func (export "uncaught") (resume $c (cont.new $c (ref.func $thrower))))
    (func (export "unhandled") (resume $c (cont.new $c (ref.func $suspends))))
    (func (export "consumed") (local $k (ref null $c))
      (local.set $k (cont.new $c (ref.func $returns)))
      (call $elsewhere (ref.as_non_null (local.get $k)))
      (call $elsewhere (ref.as_non_null (local.get $k))))
    ;; Thrown into one that is suspended, and into one that never ran: no frame.
    (func (export "thrown into")
      (resume_throw $c $x (call $suspended (ref.func $forwards))))
    (func (export "thrown into a fresh one")
      (resume_throw $c $x (cont.new $c (ref.func $suspends)))))"#;

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker| {
        let fail = || -> Result<(), Error> { Err(TrapCode::Unreachable.into()) };
        linker.func_wrap("host", "fail", fail).unwrap();
    })
}

#[test]
fn frames_of_all_stacks_in_order() {
    both(|engine| {
        let mut guest = guest(engine);
        for (name, inner) in [
            ("inside", &["trap", "calls_trap"][..]),
            ("two inside", &["trap", "calls_trap", "resumes_trap"]),
            ("host", &["host_fails"]),
            ("after return", &["trap"]),
            ("after suspend", &["trap"]),
            ("resumed", &["trap", "suspends"]),
            ("resumed elsewhere", &["trap", "suspends", "elsewhere"]),
            ("forwarded", &["trap", "suspends", "forwards", "elsewhere"]),
            ("switched", &["trap", "target"]),
            ("switched back", &["trap", "switches_and_traps", "back"]),
            ("after catch", &["trap", "catches"]),
            ("uncaught", &["thrower"]),
            ("unhandled", &["suspends"]),
            ("consumed", &["elsewhere"]),
            ("thrown into", &["suspends", "forwards"]),
            ("thrown into a fresh one", &[]),
        ] {
            for _ in 0..2 {
                let error = guest.error(name, &[]);
                let mut expected = inner.to_vec();
                expected.push(name);
                assert_eq!(names(&error), expected, "{name}");
                guest.check_freed();
            }
        }
    });
}

#[test]
fn frames_say_where_a_continuation_was_resumed() {
    both(|engine| {
        let mut guest = guest(engine);
        for (name, resumed) in [
            ("two inside", &[false, true, true, false][..]),
            ("forwarded", &[false, true, true, false, false]),
            ("after return", &[false, false]),
        ] {
            let error = guest.error(name, &[]);
            let frames = error.backtrace().iter();
            let marks: Vec<bool> = frames.clone().map(|frame| frame.is_resumed()).collect();
            assert_eq!(marks, resumed, "{name}");
            for frame in frames {
                let text = frame.to_string();
                assert_eq!(text.ends_with(", resumed by"), frame.is_resumed(), "{text}");
            }
        }
    });
}

#[test]
fn frames_give_the_instructions() {
    let binary = wat::parse_str(GUEST).unwrap();
    both(|engine| {
        let mut guest = guest(engine);
        // Opcodes: unreachable 0x00, throw 0x08, call 0x10; suspend 0xe2, resume 0xe3.
        for (name, opcodes) in [
            ("two inside", &[0x00, 0x10, 0xe3, 0xe3][..]),
            ("forwarded", &[0x00, 0x10, 0xe3, 0xe3, 0x10]),
            ("unhandled", &[0xe2, 0xe3]),
            ("uncaught", &[0x08, 0xe3]),
            ("host", &[0x10, 0xe3]),
        ] {
            let error = guest.error(name, &[]);
            let frames = error.backtrace().iter();
            let found: Vec<_> = frames.map(|f| binary[f.module_offset().unwrap()]).collect();
            assert_eq!(found, opcodes, "{name}: {error}");
        }
    });
}

/// A continuation that the host resumes is the end of its own backtrace, unless WebAssembly called
/// the host.
#[test]
fn a_continuation_of_the_host() {
    const WAT: &str = r#"(module
        (import "host" "drive" (func $drive))
        (func $trap unreachable)
        (func (export "body") (call $trap))
        (func (export "outer") (call $drive)))"#;
    both(|engine| {
        let mut guest = guest(engine);
        let t = guest.tag("t");
        let cont = guest.cont("suspends");
        let suspension = suspended(cont.resume(&mut guest.store, &[], &[t]));
        let error = suspension.continuation.resume(&mut guest.store, &[], &[]);
        assert_eq!(names(&error.unwrap_err()), ["trap", "suspends"]);

        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_by_host = seen.clone();
        let drive = move |mut caller: Caller<'_, ()>| {
            let body = caller.get_export("body").unwrap().into_func().unwrap();
            let cont = bident::Continuation::new(&mut caller, &body).unwrap();
            let error = cont.resume(&mut caller, &[], &[]).unwrap_err();
            *seen_by_host.lock().unwrap() = names(&error).iter().map(|n| (*n).to_owned()).collect();
        };
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            linker.func_wrap("host", "drive", drive).unwrap();
        });
        guest.call("outer", &[]).unwrap();
        assert_eq!(*seen.lock().unwrap(), ["trap", "body", "outer"]);
        guest.check_idle();
    });
}

/// A hundred frames, wherever the boundary between stacks lies.
#[test]
fn a_backtrace_across_stacks_is_cut() {
    const WAT: &str = r#"(module
        (type $f (func (param i32 i32))) (type $c (cont $f))
        (elem declare func $dive)
        (func $bottom unreachable)
        ;; A continuation every `1` frames.
        (func $dive (export "dive") (type $f)
          (if (i32.eqz (local.get 0)) (then (call $bottom)))
          (if (i32.rem_u (local.get 0) (local.get 1))
            (then (call $dive (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
            (else
              (resume $c (i32.sub (local.get 0) (i32.const 1)) (local.get 1)
                (cont.new $c (ref.func $dive)))))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, WAT);
        for every in [1, 2, 7, 50, 99, 100] {
            for (depth, frames) in [(0, 2), (97, 99), (98, 100), (99, 100), (1000, 100)] {
                let params = [Val::I32(depth), Val::I32(every)];
                let error = guest.call("dive", &params).unwrap_err();
                assert_eq!(error.backtrace().len(), frames, "{depth} {every}");
                let cut = error.to_string().ends_with("...: more frames");
                assert_eq!(cut, depth >= 99, "{depth} {every}");
            }
        }
        guest.check_idle();
    });
}

/// Without an error: what runs, up to the host that called it, and what waits.
#[test]
fn frames_of_what_runs_and_of_what_waits() {
    const WAT: &str = r#"(module
        (import "host" "look" (func $look)) (import "host" "nest" (func $nest))
        (import "host" "wait" (func $wait))
        (type $f (func)) (type $c (cont $f)) (elem declare func $looks $waits)
        (func $looks (call $look))
        (func (export "inner") (resume $c (cont.new $c (ref.func $looks))))
        (func $nests (call $nest))
        (func (export "outer") (call $nests))
        (func $waits (call $wait))
        (func (export "parks") (resume $c (cont.new $c (ref.func $waits)))))"#;
    let of = |frames: &[FrameInfo]| -> Vec<String> {
        let each = frames.iter().map(|frame| {
            let mark = if frame.is_entered() { "!" } else { "" };
            format!("{}{mark}", frame.func_name().unwrap_or("?"))
        });
        each.collect()
    };
    both(|engine| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_by_host = seen.clone();
        let look = move |caller: Caller<'_, ()>| {
            *seen_by_host.lock().unwrap() = of(&FrameInfo::of_running(&caller));
        };
        let nest = |mut caller: Caller<'_, ()>| {
            let inner = caller.get_export("inner").unwrap().into_func().unwrap();
            inner.call(&mut caller, &[], &mut [])
        };
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            linker.func_wrap("host", "look", look).unwrap();
            linker.func_wrap("host", "nest", nest).unwrap();
            let wait = || Reply::<()>::Pending(());
            linker.func_wrap("host", "wait", wait).unwrap();
        });
        guest.call("outer", &[]).unwrap();
        assert_eq!(*seen.lock().unwrap(), ["looks", "inner!"]);
        let parked = guest.park("parks", &[]);
        assert_eq!(of(&parked.backtrace(&guest.store)), ["waits", "parks!"]);
        assert!(FrameInfo::of_running(&guest.store).is_empty());
        let error = parked.throw(&mut guest.store, Error::msg("x")).unwrap_err();
        assert_eq!(of(error.backtrace()), ["waits", "parks!"]);
        guest.check_idle();
    });
}
