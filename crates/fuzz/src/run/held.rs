//! The host's continuations, as in `model/held.rs`.

use super::{Host, id};
use crate::host_call::HeldType;
use crate::report::Outcome;
use crate::script::{HeldWord, HostCall, Kind, Tag as TagName};
use anyhow::{Context as _, Result};
use bident::{
    Answer, AsContextMut, Caller, Continuation, Error, Exception, ExternRef, ExternType, Func,
    Instance, Linker, Module, Outcome as Ended, Store, Suspended, Tag, TypedFunc, Val, ValType,
};
use std::sync::Arc;

/// What of an instance the host uses continuations with.
pub(super) struct Own {
    /// Each at the number of its tag.
    tags: Vec<Tag>,
    one: Tag,
    two: Tag,
    /// Functions to make continuations of: `$body`, `leaf`, `$wide_body`.
    bodies: [Func; 3],
    function: TypedFunc<(i64,), Option<Func>>,
    number: TypedFunc<(Option<Func>,), i64>,
    /// `(ref null $sym)`
    sym: ValType,
}

impl Own {
    pub(super) fn new(store: &mut Store<Host>, instance: Instance) -> Result<Self> {
        let name = |tag: &TagName| format!("{tag:?}");
        let mut tag = |name: &str| instance.get_tag(&mut *store, name).context("tag");
        let (one, two) = (tag("one")?, tag("two")?);
        let tags = TagName::ALL.iter().map(|known| tag(&name(known)));
        let tags = tags.collect::<Result<_>>()?;
        let mut func = |name| instance.get_func(&mut *store, name).context(name);
        let bodies = [func("body")?, func("leaf")?, func("wide_body")?];
        let sym_body = func("sym_body")?.ty(&mut *store);
        Ok(Self {
            tags,
            one,
            two,
            bodies,
            function: instance.get_typed_func(&mut *store, "function")?,
            number: instance.get_typed_func(&mut *store, "number")?,
            sym: *sym_body.params().last().context("sym_body")?,
        })
    }

    fn number_of(&self, tag: Tag) -> Option<usize> {
        self.tags.iter().position(|known| *known == tag)
    }
}

/// Defines the functions that take continuations from the module, and give them back.
pub(super) fn define(linker: &mut Linker<Host>, module: &Module) -> Result<()> {
    for import in module.imports() {
        let (name, ty) = (import.name(), import.ty());
        let ExternType::Func(ty) = ty else { continue };
        if name.starts_with("take_") {
            linker.func_new("host", name, ty.clone(), |mut caller, params, _| {
                if let [Val::ContRef(Some(given))] = params {
                    caller.data_mut().held.push(given.clone());
                }
                Ok(Answer::Ready)
            })?;
        } else if let Some(kind) = name.strip_prefix("give_") {
            let wanted = |it: &&Kind| format!("{it:?}") == kind;
            let kind = *Kind::ALL.iter().find(wanted).context("kind")?;
            linker.func_new("host", name, ty.clone(), move |caller, params, results| {
                give(caller, kind, params, results)
            })?;
        }
    }
    Ok(())
}

fn give(
    mut caller: Caller<'_, Host>,
    kind: Kind,
    params: &[Val],
    results: &mut [Val],
) -> Result<Answer, Error> {
    let word = HeldWord(params[0].i32().unwrap_or_default() as u32);
    let fits = |ty: HeldType| word.passes_on() || ty == HeldType::Of(kind);
    results[0] = Val::ContRef(pick(&mut caller, word, fits));
    Ok(Answer::Ready)
}

fn own(store: &mut impl AsContextMut<Data = Host>) -> Arc<Own> {
    let mut store = store.context_mut();
    let own = store.data_mut().own.clone();
    own.expect("there is an instance")
}

/// Which of the host's continuations are used; it drops all that it has.
pub(super) fn used(store: &mut Store<Host>) -> Vec<bool> {
    store.data_mut().caught = None;
    let held = std::mem::take(&mut store.data_mut().held);
    held.iter().map(|held| held.is_used(&*store)).collect()
}

/// What a held word names, of those that fit.
fn pick(
    store: &mut impl AsContextMut<Data = Host>,
    word: HeldWord,
    fits: impl Fn(HeldType) -> bool,
) -> Option<Continuation> {
    let own = own(store);
    let mut store = store.context_mut();
    let held = &mut store.data_mut().held;
    let fitting = (0..held.len()).filter(|&i| fits(type_of(&own, &held[i])));
    let fitting: Vec<usize> = fitting.collect();
    let index = fitting[word.which(fitting.len())?];
    Some(if word.keeps() {
        held[index].clone()
    } else {
        held.remove(index)
    })
}

/// Its type, from what the engine knows of it.
fn type_of(own: &Own, continuation: &Continuation) -> HeldType {
    let Some(ty) = continuation.ty() else {
        return HeldType::Unknown;
    };
    HeldType::Of(match ty.params() {
        [ValType::I64] if ty.results().len() > 1 => Kind::WideRest,
        [ValType::I64] => Kind::Plain,
        [ValType::I64, ValType::Ref(_)] => Kind::Sym,
        [] => Kind::Bound,
        [sym] if *sym == own.sym => Kind::Half,
        [ValType::I32, ValType::I64] => return HeldType::Body,
        [ValType::F32, ValType::I64] => return HeldType::Mixed,
        [ValType::Ref(_)] => return HeldType::Cont,
        [ValType::Ref(_), ValType::Ref(_)] => return HeldType::Refs,
        _ => Kind::Wide,
    })
}

/// Does something with a continuation; how the activation ended, if there was one.
pub(super) fn act(
    store: &mut impl AsContextMut<Data = Host>,
    what: HostCall,
    word: HeldWord,
    acc: i64,
) -> Option<Result<Ended, Error>> {
    let own = own(store);
    if what == HostCall::MakeHeld {
        let made = Continuation::new(&mut *store, &own.bodies[word.body() as usize % 3]);
        let made = made.map(|made| store.context_mut().data_mut().held.push(made));
        return made.err().map(Err);
    }
    if what == HostCall::MisuseHeld {
        let held = pick(store, HeldWord(word.0 | HeldWord::KEEP), |_| true)?;
        let values = [const { Val::I64(0) }; 13];
        return Some(held.resume(&mut *store, &values, &[]));
    }
    let held = pick(store, word, |_| true)?;
    let handlers = word.handlers().iter().map(|tag| own.tags[*tag as usize]);
    let handlers: Vec<Tag> = handlers.collect();
    let used = match what {
        HostCall::ResumeHeld => {
            let values = arguments(store, &own, type_of(&own, &held), word, acc);
            entered(store, |store| held.resume(store, &values, &handlers))
        }
        HostCall::ThrowHeld1 | HostCall::ThrowHeld2 | HostCall::ThrowHeldCaught => {
            match exception(store, &own, what, acc) {
                Ok(exception) => entered(store, |store| held.throw(store, &exception, &handlers)),
                Err(error) => Err(error),
            }
        }
        _ => return None,
    };
    Some(used)
}

/// Counts an activation while it runs.
fn entered<S: AsContextMut<Data = Host>, R>(store: &mut S, run: impl FnOnce(&mut S) -> R) -> R {
    store.context_mut().data_mut().depth += 1;
    let result = run(store);
    store.context_mut().data_mut().depth -= 1;
    result
}

/// What the host throws into a continuation.
fn exception(
    store: &mut impl AsContextMut<Data = Host>,
    own: &Own,
    what: HostCall,
    acc: i64,
) -> Result<Exception, Error> {
    let caught = store.context_mut().data().caught.clone();
    match (what, caught) {
        (HostCall::ThrowHeldCaught, Some(caught)) => Ok(caught),
        (HostCall::ThrowHeld2, _) => {
            let values = [Val::I32(acc as i32), double(acc), made(acc)];
            Exception::new(store, own.two, &values)
        }
        _ => Exception::new(store, own.one, &[Val::I64(acc)]),
    }
}

/// What the host resumes a continuation with.
fn arguments(
    store: &mut impl AsContextMut<Data = Host>,
    own: &Own,
    ty: HeldType,
    word: HeldWord,
    acc: i64,
) -> Vec<Val> {
    let shifted = |by: u32| ((acc as u64) >> by) as i64;
    match ty {
        HeldType::Of(Kind::Plain | Kind::WideRest) => vec![Val::I64(acc)],
        HeldType::Of(Kind::Sym) => vec![Val::I64(acc), other(store, Kind::Sym)],
        HeldType::Of(Kind::Half) => vec![other(store, Kind::Sym)],
        HeldType::Of(Kind::Wide) => vec![
            Val::I32(word.body() as i32),
            Val::I64(acc),
            single(acc),
            double(acc),
            made(acc),
            function(store, own, acc),
            Val::I32(shifted(3) as i32),
            Val::I64(acc.wrapping_add(1)),
            double(shifted(1)),
            Val::I64(acc.wrapping_add(2)),
            single(shifted(4)),
            Val::I64(acc.wrapping_add(3)),
        ],
        HeldType::Body => vec![Val::I32(word.body() as i32), Val::I64(acc)],
        HeldType::Mixed => vec![single(acc), Val::I64(acc)],
        HeldType::Cont => vec![other(store, Kind::Plain)],
        HeldType::Refs => vec![made(acc), function(store, own, shifted(2))],
        HeldType::Of(Kind::Bound) | HeldType::Unknown => vec![],
    }
}

/// The first that the host has of a kind, or null.
fn other(store: &mut impl AsContextMut<Data = Host>, kind: Kind) -> Val {
    Val::ContRef(pick(store, HeldWord(0), |ty| ty == HeldType::Of(kind)))
}

fn half(acc: i64) -> f64 {
    (acc & 0xffff) as f64 * 0.5
}

fn double(acc: i64) -> Val {
    Val::F64(half(acc).to_bits())
}

fn single(acc: i64) -> Val {
    Val::F32((half(acc) as f32).to_bits())
}

fn made(acc: i64) -> Val {
    Val::ExternRef(Some(ExternRef::new(acc as i32 & 0xff)))
}

fn function(store: &mut impl AsContextMut<Data = Host>, own: &Own, acc: i64) -> Val {
    let function = own.function.call(store, (acc,));
    Val::FuncRef(function.expect("a table has it"))
}

/// All values, mixed.
pub(super) fn fold_all(store: &mut impl AsContextMut<Data = Host>, values: &[Val]) -> i64 {
    let own = own(store);
    let words = values.iter().map(|value| match value {
        Val::I32(value) => i64::from(*value),
        Val::I64(value) => *value,
        Val::F32(bits) => (f64::from(f32::from_bits(*bits)) * 2.0) as i64,
        Val::F64(bits) => (f64::from_bits(*bits) * 2.0) as i64,
        Val::ExternRef(value) => value.as_ref().map_or(-1, id).into(),
        Val::ContRef(value) => value.is_none().into(),
        Val::FuncRef(function) => {
            let number = own.number.call(&mut *store, (*function,));
            number.expect("it is one of the numbered")
        }
        Val::V128(_) | Val::ExnRef(_) | Val::AnyRef(_) => unreachable!("nothing of ours has one"),
    });
    let mix = |acc: i64, value| acc.wrapping_mul(31).wrapping_add(value);
    words.reduce(mix).unwrap_or(0)
}

/// Keeps what suspended to the host.
pub(super) fn take(store: &mut impl AsContextMut<Data = Host>, suspended: Suspended) -> Outcome {
    let Suspended {
        tag,
        values,
        continuation,
    } = suspended;
    let Some(number) = own(store).number_of(tag) else {
        return Outcome::Other;
    };
    let payload = fold_all(store, &values);
    let mut store = store.context_mut();
    let held = &mut store.data_mut().held;
    if let [Val::ContRef(Some(payload))] = &*values {
        held.push(payload.clone());
    }
    held.push(continuation);
    Outcome::Suspended(number as u32, payload)
}
