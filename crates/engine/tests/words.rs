//! Functions on words: numbers as bits, both ways.

mod common;

use ValType::{F32, F64, I32, I64};
use bident::{
    Answer, Engine, Error, ErrorKind, Extern, Func, FuncType, Instance, Outcome, ParkedCall,
    Payload, Reply, Store,
};
use bident::{Val, ValType, WordOutcome};
use common::{both, module};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The value of a parameter by type and position.
fn value(i: usize, ty: ValType) -> Val {
    match ty {
        I32 => Val::I32(-1 - i as i32),
        I64 => Val::I64(-1 - ((i as i64) << 40)),
        F32 => Val::F32((i as f32 + 0.5).to_bits()),
        _ => Val::F64((i as f64 + 0.25).to_bits()),
    }
}

/// The part of a word that counts.
fn word(value: &Val) -> u64 {
    match *value {
        Val::I32(v) => u64::from(v as u32),
        Val::I64(v) => v as u64,
        Val::F32(bits) => bits.into(),
        Val::F64(bits) => bits,
        _ => panic!("no number"),
    }
}

fn trimmed(word: u64, ty: ValType) -> u64 {
    match ty {
        I32 | F32 => word & u64::from(u32::MAX),
        _ => word,
    }
}

/// A module with a function `f` that passes its parameters on to an import of the same type.
fn passes_on(ty: &FuncType) -> String {
    let names = |types: &[ValType]| types.iter().map(|ty| format!(" {ty}")).collect::<String>();
    let (params, results) = (names(ty.params()), names(ty.results()));
    let gets: String = (0..ty.params().len())
        .map(|i| format!("(local.get {i})"))
        .collect();
    format!(
        r#"(module (import "" "" (func $f (param{params}) (result{results})))
          (func (export "f") (param{params}) (result{results}) (call $f {gets})))"#
    )
}

fn instance(store: &mut Store<()>, engine: &Engine, wat: &str, func: Func) -> Instance {
    Instance::new(store, &module(engine, wat), &[func.into()]).unwrap()
}

#[test]
fn every_shape_of_parameters_arrives_in_order() {
    let shapes: [Vec<ValType>; 14] = [
        vec![],
        vec![I32],
        vec![I64],
        vec![F32],
        vec![F64],
        vec![I32, I64],
        vec![I32, I64, I32],
        vec![I64, I32, I64, I32],
        vec![I32; 5],
        vec![F64, I32, F32, I64, F64],
        [vec![I64; 5], vec![F32; 8]].concat(),
        vec![I32; 6],
        vec![F64; 9],
        [I32, F32, I64, F64].repeat(10),
    ];
    both(|engine| {
        for params in &shapes {
            for result in [None, Some(I32), Some(I64), Some(F32), Some(F64)] {
                check_shape(engine, params, result);
            }
        }
    });
}

fn check_shape(engine: &Engine, params: &[ValType], result: Option<ValType>) {
    let mut store = Store::new(engine, ());
    let ty = FuncType::new(params.to_vec(), result);
    let given: Vec<Val> = params
        .iter()
        .enumerate()
        .map(|(i, ty)| value(i, *ty))
        .collect();
    let words: Vec<u64> = given.iter().map(word).collect();
    let answer = result.map(|ty| value(100, ty));
    let (types, expected, bits) = (params.to_vec(), words.clone(), answer.as_ref().map(word));
    let func = Func::of_words(&mut store, ty.clone(), move |_, words, _| {
        let got: Vec<u64> = words
            .iter()
            .zip(&types)
            .map(|(w, ty)| trimmed(*w, *ty))
            .collect();
        assert_eq!((words.len(), got), (expected.len(), expected.clone()));
        Ok(Reply::Ready(bits.unwrap_or(u64::MAX)))
    })
    .unwrap();
    let called = instance(&mut store, engine, &passes_on(&ty), func);
    let guest = called.get_func(&mut store, "f").unwrap();
    for func in [func, guest] {
        let mut results: Vec<Val> = answer.iter().map(|_| Val::I32(0)).collect();
        func.call(&mut store, &given, &mut results).unwrap();
        let got = results.first().map(word);
        assert_eq!(got, bits, "{ty}");
        let on_words = func.words(&store).unwrap();
        let got = on_words.call(&mut store, &words).unwrap();
        assert_eq!(result.map(|ty| trimmed(got, ty)), bits, "{ty}");
        let WordOutcome::Returned(got) = on_words.start(&mut store, &words).unwrap() else {
            panic!("nothing waits")
        };
        assert_eq!(result.map(|ty| trimmed(got, ty)), bits, "{ty}");
    }
}

#[test]
fn references_and_several_results_are_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let types = [
        FuncType::new([ValType::EXTERNREF], []),
        FuncType::new([], [ValType::FUNCREF]),
        FuncType::new([], [I32, I32]),
    ];
    for ty in types {
        let refused = Func::of_words(&mut store, ty.clone(), |_, _, _| Ok(Reply::Ready(0)));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Usage, "{ty}");
        let func = Func::new(&mut store, ty.clone(), |_, _, _| Err(Error::msg("no"))).unwrap();
        assert_eq!(
            func.words(&store).unwrap_err().kind(),
            ErrorKind::Usage,
            "{ty}"
        );
    }
    let func = Func::wrap(&mut store, |a: i32| a).unwrap();
    let on_words = func.words(&store).unwrap();
    for words in [&[][..], &[1, 2]] {
        let error = on_words.call(&mut store, words).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(on_words.start(&mut store, words).is_err());
    }
    let mut other = Store::new(&engine, ());
    assert_eq!(
        on_words.call(&mut other, &[1]).unwrap_err().kind(),
        ErrorKind::Usage
    );
    assert_eq!(func.words(&other).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(on_words.call(&mut store, &[u64::MAX]).unwrap() as i32, -1);
}

/// Counts its drops.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_pending_answer_parks_with_its_payload() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let ty = FuncType::new([I32], [I32]);
        let drops = Arc::new(AtomicU32::new(0));
        let counter = drops.clone();
        let func = Func::of_words(&mut store, ty.clone(), move |_, words, payload| {
            *payload = Payload::new(Counted(counter.clone()));
            match words[0] as u32 {
                0 => Ok(Reply::Ready(7)),
                1 => Err(Error::msg("refused")),
                _ => Ok(Reply::Pending(())),
            }
        })
        .unwrap();
        let guest = instance(&mut store, engine, &passes_on(&ty), func);
        let guest = guest
            .get_func(&mut store, "f")
            .unwrap()
            .words(&store)
            .unwrap();

        assert_eq!(guest.call(&mut store, &[0]).unwrap() as u32, 7);
        let refused = guest.call(&mut store, &[1]).unwrap_err().to_string();
        assert!(refused.starts_with("refused"), "{refused}");
        let barrier = guest.call(&mut store, &[2]).unwrap_err();
        assert_eq!(barrier.kind(), ErrorKind::Barrier);
        assert_eq!(
            drops.load(Ordering::Relaxed),
            3,
            "payloads that nobody waits for"
        );

        let WordOutcome::Parked(mut parked) = guest.start(&mut store, &[2]).unwrap() else {
            panic!("it waits")
        };
        assert!(parked.payload().get_mut::<Counted>().is_some());
        let outcome = parked.resume(&mut store, &[Val::I32(-9)]).unwrap();
        let Outcome::Returned(results) = outcome else {
            panic!("it ends")
        };
        assert_eq!(results[0].i32(), Some(-9));
        assert_eq!(drops.load(Ordering::Relaxed), 4);
    });
}

/// A guest whose import of this type waits, and what a call of it, parked, comes to.
fn parked(store: &mut Store<()>, engine: &Engine, ty: &FuncType) -> ParkedCall {
    let func = Func::new(&mut *store, ty.clone(), |_, _, _| {
        Ok(Answer::Pending(Payload::NONE))
    });
    let guest = instance(store, engine, &passes_on(ty), func.unwrap());
    let guest = guest.get_func(&mut *store, "f").unwrap();
    let Outcome::Parked(parked) = guest.start(store, &[]).unwrap() else {
        panic!("it waits")
    };
    parked
}

#[test]
fn a_parked_call_goes_on_with_the_bits_of_a_number() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        for ty in [I32, I64, F32, F64] {
            let parked = parked(&mut store, engine, &FuncType::new([], [ty]));
            let expected = value(3, ty);
            // The high half of a small one does not count.
            let garbage = u64::from(u32::MAX) << 32;
            let word = match ty {
                I32 | F32 => word(&expected) | garbage,
                _ => word(&expected),
            };
            let Outcome::Returned(results) = parked.resume_word(&mut store, word).unwrap() else {
                panic!("it ends")
            };
            assert_eq!(format!("{:?}", &results[..]), format!("[{expected:?}]"));
        }
        let nothing = parked(&mut store, engine, &FuncType::new([], []));
        let outcome = nothing.resume_word(&mut store, 5).unwrap();
        assert!(matches!(outcome, Outcome::Returned(results) if results.is_empty()));
    });
}

#[test]
fn a_word_is_refused_where_it_is_no_answer_and_the_call_still_waits() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let mut other = Store::new(engine, ());
        let cases = [
            (vec![I32, I32], vec![Val::I32(1), Val::I32(2)]),
            (vec![ValType::EXTERNREF], vec![Val::ExternRef(None)]),
            (vec![ValType::FUNCREF], vec![Val::FuncRef(None)]),
        ];
        for (results, answer) in cases {
            let ty = FuncType::new([], results);
            let mut error = parked(&mut store, engine, &ty)
                .resume_word(&mut store, 0)
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains(&ty.to_string()), "{error}");
            let still = error.take_parked().unwrap();
            let mut error = still.resume_word(&mut other, 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "of another store");
            let still = error.take_parked().unwrap();
            let Outcome::Returned(got) = still.resume(&mut store, &answer).unwrap() else {
                panic!("it ends")
            };
            assert_eq!(format!("{:?}", &got[..]), format!("{answer:?}"));
        }
    });
}

#[test]
fn words_stay_while_the_host_function_calls_webassembly() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let ty = FuncType::new(vec![I64; 7], [I64]);
        let func = Func::of_words(&mut store, ty.clone(), |mut caller, words, _| {
            let before = words.to_vec();
            if words[0] > 0 {
                let Some(Extern::Func(inner)) = caller.get_export("f") else {
                    panic!("the caller exports it")
                };
                let inner = inner.words(&caller).unwrap();
                let others = [0, 99, 98, 97, 96, 95, 94];
                assert_eq!(
                    inner.call(&mut caller, &others)?,
                    others.iter().sum::<u64>()
                );
            }
            assert_eq!(words, before);
            Ok(Reply::Ready(words.iter().sum()))
        })
        .unwrap();
        let guest = instance(&mut store, engine, &passes_on(&ty), func);
        let guest = guest
            .get_func(&mut store, "f")
            .unwrap()
            .words(&store)
            .unwrap();
        assert_eq!(guest.call(&mut store, &[1, 2, 3, 4, 5, 6, 7]).unwrap(), 28);
    });
}

#[test]
fn a_panic_reaches_whoever_called() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let ty = FuncType::new([F32], []);
        let func = Func::of_words(&mut store, ty.clone(), |_, _, _| panic!("of words")).unwrap();
        let guest = instance(&mut store, engine, &passes_on(&ty), func);
        let guest = guest
            .get_func(&mut store, "f")
            .unwrap()
            .words(&store)
            .unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| guest.call(&mut store, &[0]).is_ok()));
        let panic = panic.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"of words"));
    });
}
