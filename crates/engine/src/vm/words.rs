//! Entries of host functions on words: parameters as they lie in registers, or in the transfer buffer.

use crate::error::Error;
use crate::host::{Caller, Reply};
use crate::slots::InstanceSlot;
use crate::vm::host_func::HostFunc;
use crate::vm::leave::dispatch;
use crate::vm::payload::Payload;
use crate::vm::store::StoreInner;
use bident_abi::{Fits, VmHostFunc, fits_registers};
use bident_module::FuncType;
use bident_stack::Reaction;

/// Parameters that need no allocation in the array convention.
const INLINE: usize = 16;

/// A closure that takes the bits of numbers and gives those of one at most; or says in the payload what it
/// waits for.
pub(crate) trait OnWords<T>:
    Fn(Caller<'_, T>, &[u64], &mut Payload) -> Result<Reply<u64>, Error> + 'static
{
}

impl<T, F> OnWords<T> for F where
    F: Fn(Caller<'_, T>, &[u64], &mut Payload) -> Result<Reply<u64>, Error> + 'static
{
}

/// Address of the entry for functions of a type, whose words are all numbers.
pub(super) fn entry<T, F>(ty: &FuncType) -> usize
where
    T: 'static,
    F: OnWords<T>,
{
    if fits_registers(ty) == Fits::Array {
        let entry: unsafe extern "C" fn(*mut VmHostFunc) -> Reaction = in_buffer::<T, F>;
        return entry as usize;
    }
    if ty.params().iter().any(|ty| ty.in_float_register()) {
        let entry: Mixed = mixed::<T, F>;
        return entry as usize;
    }
    let entry: Ints = match ty.params().len() {
        0 => ints::<T, F, 0>,
        1 => ints::<T, F, 1>,
        2 => ints::<T, F, 2>,
        3 => ints::<T, F, 3>,
        4 => ints::<T, F, 4>,
        _ => ints::<T, F, 5>,
    };
    entry as usize
}

/// # Safety
/// As for [`dispatch`].
#[inline(always)]
unsafe fn run<T, F>(record: *mut VmHostFunc, words: &[u64]) -> Reaction
where
    T: 'static,
    F: OnWords<T>,
{
    // SAFETY: passed on.
    unsafe {
        dispatch::<T, F>(record, |store, instance, closure| {
            answer(store, instance, closure, words)
        })
    }
}

/// Writes the result to the transfer buffer as well as into the answer: who called may look in either.
#[inline(always)]
fn answer<T, F>(
    store: &mut StoreInner<T>,
    instance: Option<InstanceSlot>,
    closure: &F,
    words: &[u64],
) -> Result<Reply<u64>, Error>
where
    T: 'static,
    F: OnWords<T>,
{
    let mut payload = Payload::NONE;
    Ok(
        match closure(Caller::new(store, instance), words, &mut payload)? {
            Reply::Ready(word) => {
                if store.opaque.vm.chains.room_for_values() > 0 {
                    store.opaque.set_value(0, word);
                }
                Reply::Ready(word)
            }
            Reply::Pending(()) => store.opaque.pending(payload),
        },
    )
}

type Ints = unsafe extern "C" fn(*mut VmHostFunc, u64, u64, u64, u64, u64) -> Reaction;

/// Entry for N integers. The stub passes on every register; those that carry no parameter are not read.
unsafe extern "C" fn ints<T, F, const N: usize>(
    record: *mut VmHostFunc,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
) -> Reaction
where
    T: 'static,
    F: OnWords<T>,
{
    let words = [a, b, c, d, e];
    // SAFETY: the stub calls with the record that this body was made into.
    unsafe { run::<T, F>(record, &words[..N]) }
}

type Mixed = unsafe extern "C" fn(
    *mut VmHostFunc,
    u64,
    u64,
    u64,
    u64,
    u64,
    f64,
    f64,
    f64,
    f64,
    f64,
    f64,
    f64,
    f64,
) -> Reaction;

/// Entry for integers and floats that fit registers.
unsafe extern "C" fn mixed<T, F>(
    record: *mut VmHostFunc,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
    f: f64,
    g: f64,
    h: f64,
    i: f64,
    j: f64,
    k: f64,
    l: f64,
    m: f64,
) -> Reaction
where
    T: 'static,
    F: OnWords<T>,
{
    let mut ints = [a, b, c, d, e].into_iter();
    let mut floats = [f, g, h, i, j, k, l, m].map(f64::to_bits).into_iter();
    let mut words = [0; 13];
    // SAFETY: the record is part of a HostFunc; nobody changes one that exists.
    let ty = unsafe { &(&*record.cast::<HostFunc>()).body.ty };
    for (word, ty) in words.iter_mut().zip(ty.params()) {
        let next = if ty.in_float_register() {
            floats.next()
        } else {
            ints.next()
        };
        *word = next.unwrap_or_default();
    }
    let count = ty.params().len().min(words.len());
    // SAFETY: as in `ints`.
    unsafe { run::<T, F>(record, &words[..count]) }
}

/// Entry for parameters in the transfer buffer.
unsafe extern "C" fn in_buffer<T, F>(record: *mut VmHostFunc) -> Reaction
where
    T: 'static,
    F: OnWords<T>,
{
    // SAFETY: as in `mixed`.
    let count = unsafe { (&*record.cast::<HostFunc>()).body.ty.params().len() };
    // SAFETY: as in `ints`.
    unsafe {
        dispatch::<T, F>(record, |store, instance, closure| {
            let mut inline = [0; INLINE];
            let mut many = Vec::new();
            let words = if count <= INLINE {
                &mut inline[..count]
            } else {
                many.try_reserve_exact(count)
                    .map_err(|_| Error::limit("no memory for the values of a call"))?;
                many.resize(count, 0);
                &mut many[..]
            };
            for (i, word) in words.iter_mut().enumerate() {
                *word = store.opaque.value(i);
            }
            answer(store, instance, closure, words)
        })
    }
}
