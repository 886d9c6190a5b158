//! Random lives of many activations, checked against a model that keeps their stacks as data.
//!
//! The guest reads answers and does what they say: call itself, return, compute, trap, or have the
//! host start or resume another activation while this one waits. The model does the same with a list
//! of frames. A failure prints the seed.

mod common;

use bident::{Caller, Engine, Error, Func, Outcome, ParkedCall, Reply, TrapCode, Val};
use common::{Guest, Random, both, parked_call};

/// `$node` keeps `$sum` and `$kept` across everything it calls. An answer's low bits say what to do.
const GUEST: &str = r#"(module
    (import "host" "read" (func $read (result i32)))
    (import "host" "launch" (func $launch (param i32) (result i64)))
    (import "host" "pump" (func $pump (param i32) (result i64)))
    (func $node (export "node") (param $sum i64) (result i64)
      (local $answer i32) (local $value i64) (local $kept i64)
      (local.set $kept (i64.mul (local.get $sum) (i64.const 17)))
      (loop $again
        (local.set $answer (call $read))
        (local.set $value (i64.extend_i32_s (local.get $answer)))
        (block $pumps (block $launches (block $computes (block $calls (block $returns (block $traps
          (br_if $traps (i32.lt_s (local.get $answer) (i32.const 0)))
          (br_table $returns $returns $calls $calls $calls $computes $launches $pumps
            (i32.and (local.get $answer) (i32.const 7))))
        unreachable)
        (return (i64.add (local.get $sum) (local.get $kept))))
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31))
          (call $node (i64.xor (local.get $sum) (local.get $value)))))
        (br $again))
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 7)) (local.get $value)))
        (br $again))
        (local.set $sum (i64.xor (local.get $sum) (call $launch (local.get $answer))))
        (br $again))
        (local.set $sum (i64.sub (local.get $sum) (call $pump (local.get $answer))))
        (br $again))
      unreachable))"#;

/// What the host functions answer, so that the model knows without asking.
fn launched(answer: i32) -> i64 {
    i64::from(answer) * 3
}

fn pumped(answer: i32) -> i64 {
    i64::from(answer) * 5
}

/// The frames of an activation: sum and kept value of each.
struct Model(Vec<(i64, i64)>);

#[derive(Debug, PartialEq)]
enum Step {
    Parks,
    Returns(i64),
    Traps,
}

impl Model {
    fn new(sum: i64) -> Self {
        let mut model = Self(Vec::new());
        model.enter(sum);
        model
    }

    fn enter(&mut self, sum: i64) {
        self.0.push((sum, sum.wrapping_mul(17)));
    }

    fn step(&mut self, answer: i32) -> Step {
        let value = i64::from(answer);
        let (sum, kept) = self.0.last_mut().expect("it did not return");
        if answer < 0 {
            return Step::Traps;
        }
        match answer & 7 {
            0 | 1 => {
                let result = sum.wrapping_add(*kept);
                self.0.pop();
                let Some((sum, _)) = self.0.last_mut() else {
                    return Step::Returns(result);
                };
                *sum = sum.wrapping_mul(31).wrapping_add(result);
            }
            2..=4 => {
                let inner = *sum ^ value;
                self.enter(inner);
            }
            5 => *sum = sum.wrapping_mul(7).wrapping_add(value),
            6 => *sum ^= launched(answer),
            _ => *sum = sum.wrapping_sub(pumped(answer)),
        }
        Step::Parks
    }
}

/// The parked activations, each with its model.
type Pool = Vec<(ParkedCall, Model)>;
type Context<'a> = Caller<'a, Pool>;

/// Answers what an activation awaits, and compares what it does with its model. Gives it back parked.
fn resume(
    store: impl bident::AsContextMut<Data = Pool>,
    (parked, mut model): (ParkedCall, Model),
    answer: i32,
) -> Option<(ParkedCall, Model)> {
    let expected = model.step(answer);
    match (parked.resume(store, &[Val::I32(answer)]), expected) {
        (Ok(Outcome::Parked(parked)), Step::Parks) => return Some((parked, model)),
        (Ok(Outcome::Returned(values)), Step::Returns(value)) => {
            assert_eq!(values[0].i64(), Some(value));
        }
        (Err(error), Step::Traps) => {
            assert_eq!(error.trap(), Some(TrapCode::Unreachable));
            assert!(error.backtrace().len() >= model.0.len().min(100));
        }
        (outcome, expected) => panic!("expected {expected:?}: {outcome:?}"),
    }
    None
}

fn guest(engine: &Engine) -> (Guest<Pool>, Func) {
    let mut guest = Guest::new(engine, GUEST, Pool::new(), |linker| {
        let launch = |mut caller: Context<'_>, answer: i32| -> Result<i64, Error> {
            let node = caller.get_export("node").unwrap().into_func().unwrap();
            let sum = i64::from(answer) << 20;
            let parked = parked_call(node.start(&mut caller, &[Val::I64(sum)]));
            caller.data_mut().push((parked, Model::new(sum)));
            Ok(launched(answer))
        };
        let pump = |mut caller: Context<'_>, answer: i32| {
            let pool = caller.data_mut();
            if !pool.is_empty() {
                // A smaller answer each time: activations pump each other only so deep.
                let chosen = pool.swap_remove((answer >> 3) as usize % pool.len());
                let left = resume(&mut caller, chosen, answer >> 3);
                caller.data_mut().extend(left);
            }
            pumped(answer)
        };
        linker
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap()
            .func_wrap("host", "launch", launch)
            .unwrap()
            .func_wrap("host", "pump", pump)
            .unwrap();
    });
    let node = guest.func("node");
    (guest, node)
}

/// One random life of a store.
fn live(engine: &Engine, seed: u64, steps: usize) {
    let (mut guest, node) = guest(engine);
    let mut random = Random(seed);
    for _ in 0..steps {
        let pool = guest.store.data_mut();
        let count = pool.len();
        if count == 0 || (count < 40 && random.below(10) == 0) {
            let sum = random.below(1 << 40) as i64;
            let parked = parked_call(node.start(&mut guest.store, &[Val::I64(sum)]));
            guest.store.data_mut().push((parked, Model::new(sum)));
            continue;
        }
        let chosen = pool.swap_remove(random.below(count));
        match random.below(60) {
            0 => chosen.0.cancel(&mut guest.store),
            1 => drop(chosen),
            2 => {
                let error = chosen.0.throw(&mut guest.store, Error::msg("thrown"));
                let error = error.unwrap_err();
                assert_eq!(error.backtrace().len(), chosen.1.0.len().min(100));
            }
            3 => {
                let mut error = chosen.0.resume(&mut guest.store, &[]).unwrap_err();
                assert_eq!(error.kind(), bident::ErrorKind::Usage);
                let parked = error.take_parked().expect("it is still parked");
                guest.store.data_mut().push((parked, chosen.1));
            }
            4 => assert!(resume(&mut guest.store, chosen, -1).is_none()),
            _ => {
                let answer = random.below(1 << 24) as i32;
                let left = resume(&mut guest.store, chosen, answer);
                guest.store.data_mut().extend(left);
            }
        }
    }
    guest.store.data_mut().clear();
    guest.check_idle();
}

#[test]
fn activations_live_as_their_models_do() {
    both(|engine| {
        for seed in 1..=40 {
            let life = std::panic::AssertUnwindSafe(|| live(engine, seed, 1500));
            if let Err(panic) = std::panic::catch_unwind(life) {
                eprintln!("seed {seed}");
                std::panic::resume_unwind(panic);
            }
        }
    });
}

#[test]
fn one_activation_goes_deep_and_comes_back() {
    both(|engine| {
        let (mut guest, node) = guest(engine);
        let mut random = Random(99);
        let parked = parked_call(node.start(&mut guest.store, &[Val::I64(1)]));
        let mut next = Some((parked, Model::new(1)));
        for i in 0..12_000 {
            // Mostly calls at first, then mostly returns.
            let calls = random.below(8) < if i < 5000 { 7 } else { 1 };
            let answer = random.below(1 << 20) as i32 * 8 + if calls { 2 } else { 0 };
            let Some(chosen) = next.take() else { break };
            next = resume(&mut guest.store, chosen, answer);
        }
        assert!(next.is_none(), "it returned");
        guest.check_idle();
    });
}
