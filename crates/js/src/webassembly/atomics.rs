//! `Atomics.wait` and `Atomics.notify` where the bytes are those of a shared memory.
//!
//! QuickJS has a line of its own for those who wait. Here they stand in the line of the memory, with those who
//! wait in WebAssembly, on whatever thread: whoever notifies wakes both. Everything else stays QuickJS's: bytes
//! of no memory, and what there is to check, which it does in a call that does not wait.
//!
//! Who waits asks the runtime's interrupt handler every so often, which QuickJS does not.

use super::realm::{self, Realm};
use super::{api, convert, interrupt};
use crate::raw::{self, Call, Env, Kind, Own, Ref, Waitable};
use bident::{SharedMemory, ValType, WaitResult};
use rquickjs::function::This;
use rquickjs::object::Property;
use rquickjs::{Ctx, Function, Object, Result, Value};
use std::time::{Duration, Instant};

/// Puts ours in the place of both functions.
pub(super) fn guard(ctx: &Ctx<'_>) -> Result<()> {
    let atomics: Object = ctx.globals().get("Atomics")?;
    let wait = raw::function(ctx, "wait", 4, Kind::Function, wait)?;
    atomics.prop("wait", Property::from(wait).writable().configurable())?;
    let notify = raw::function(ctx, "notify", 3, Kind::Function, notify)?;
    atomics.prop("notify", Property::from(notify).writable().configurable())
}

/// The memory whose bytes the elements are of an array that can be waited at, and where they are.
fn place_of(realm: &Realm, env: Env<'_>, call: &Call<'_>) -> Option<(SharedMemory, Waitable)> {
    let place = raw::waitable(env, Ref::new(&call.arg(0)))?;
    Some((realm.known_buffers.memory_at(place.base)?, place))
}

/// Address of an element that QuickJS has found inside the array.
fn address(place: &Waitable, index: f64) -> u64 {
    // Truncates; no number is 0.
    place.offset as u64 + index as u64 * if place.wide { 8 } else { 4 }
}

/// How long a wait blocks the thread until it asks whether to go on. Asking takes a tenth of a millisecond.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

fn wait<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
    let original = realm.intrinsic(env, |i| &i.atomics_wait);
    let (this, [array, index, expected, timeout]) = (&call.this, [0, 1, 2, 3].map(|i| call.arg(i)));
    let Some(place) = raw::waitable(env, Ref::new(&array)) else {
        let original = Function::from_value(original.into_value())?;
        return original.call((This(this.clone()), array, index, expected, timeout));
    };
    let ty = match place.wide {
        true => ValType::I64,
        false => ValType::I32,
    };
    let index = env.to_f64(Ref::new(&index))?;
    let expected = convert::to_word(env, Ref::new(&expected), ty)?;
    let timeout = env.to_f64(Ref::new(&timeout))?;
    let at_once = |timeout| {
        let args = [
            env.own(&array),
            env.float(index),
            convert::word_to_js(env, expected, ty)?,
            env.float(timeout),
        ];
        env.call(original.get(), Ref::new(this), &args)
    };
    let times_out =
        |result: &Own<'_>| raw::with_utf8(env, result.get(), |text| text == b"timed-out");
    let checked = at_once(0.0)?;
    if timeout <= 0.0 || !times_out(&checked)? {
        return Ok(checked.into_value());
    }
    // No number is for ever, and so is what is too long for a duration.
    let timeout = Duration::try_from_secs_f64(timeout / 1e3).ok();
    let Some(memory) = realm.known_buffers.memory_at(place.base) else {
        // No other thread has the bytes, so nobody notifies between two parts of the wait.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let part = left.map_or(BETWEEN_LOOKS, |left| left.min(BETWEEN_LOOKS));
            let result = at_once(part.as_secs_f64() * 1e3)?;
            if left == Some(part) || !times_out(&result)? {
                return Ok(result.into_value());
            }
            interrupt::look(&realm, env)?;
        }
    };
    let address = address(&place, index);
    let mut stopped = Ok(());
    let go_on = || {
        stopped = interrupt::look(&realm, env);
        stopped.is_ok()
    };
    let result = match place.wide {
        true => memory.wait64_while(address, expected, timeout, BETWEEN_LOOKS, go_on),
        false => memory.wait32_while(address, expected as u32, timeout, BETWEEN_LOOKS, go_on),
    };
    stopped?;
    let result = match result {
        Ok(Some(WaitResult::Woken)) => "ok",
        Ok(Some(WaitResult::NotEqual)) => "not-equal",
        Ok(Some(WaitResult::TimedOut) | None) => "timed-out",
        Err(error) => return Err(api::engine_error(&realm, &call.ctx, &error)),
    };
    Ok(rquickjs::String::from_str(call.ctx.clone(), result)?.into_value())
}

fn notify<'js>(call: &Call<'js>) -> Result<Value<'js>> {
    let (realm, env) = (realm::of(&call.ctx)?, Env::new(&call.ctx));
    let original = realm.intrinsic(env, |i| &i.atomics_notify);
    let (this, [array, index, count]) = (&call.this, [0, 1, 2].map(|i| call.arg(i)));
    let Some((memory, place)) = place_of(&realm, env, call) else {
        let original = Function::from_value(original.into_value())?;
        return original.call((This(this.clone()), array, index, count));
    };
    let index = env.to_f64(Ref::new(&index))?;
    let count = match count.is_undefined() {
        true => u32::MAX,
        // What is below or above is as good as the end of the numbers; no number is 0.
        false => env.to_f64(Ref::new(&count))? as u32,
    };
    let args = [env.own(&array), env.float(index), env.int(0)];
    env.call(original.get(), Ref::new(this), &args)?;
    match memory.notify(address(&place, index), count) {
        Ok(woken) => Ok(Value::new_number(call.ctx.clone(), woken.into())),
        Err(error) => Err(api::engine_error(&realm, &call.ctx, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webassembly::Payload;
    use rquickjs::{Context, Persistent, Runtime};
    use std::thread;

    /// Runs `test` with a shared memory that JavaScript knows as `memory`.
    fn with_memory(test: impl FnOnce(&Ctx<'_>, SharedMemory)) {
        let runtime = Runtime::new().unwrap();
        Context::full(&runtime).unwrap().with(|ctx| {
            crate::install(&ctx).unwrap();
            raw::may_block(&ctx);
            test(&ctx, shared_memory(&ctx));
        });
    }

    /// A shared memory that JavaScript knows as `memory`, and words of its buffer.
    fn shared_memory(ctx: &Ctx<'_>) -> SharedMemory {
        let source =
            "var memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
            var words = new Int32Array(memory.buffer, 4); memory";
        let object: Value = ctx.eval(source).unwrap();
        let realm = realm::of(ctx).unwrap();
        let Some(Payload::Memory(memory)) = raw::payload(realm.classes, Ref::new(&object)) else {
            panic!("not a memory");
        };
        let memory = memory.memory_in(&realm).unwrap();
        let shared = realm.store.with(|store| memory.shared(&*store));
        shared.unwrap().unwrap()
    }

    const LONG: Option<Duration> = Some(Duration::from_secs(60));

    #[test]
    fn javascript_wakes_who_waits_outside() {
        with_memory(|ctx, memory| {
            let waits = thread::spawn(move || memory.wait32(12, 0, LONG));
            let source = "let woken; while (!(woken = Atomics.notify(words, 2))); woken";
            assert_eq!(ctx.eval::<i32, _>(source).unwrap(), 1);
            assert_eq!(waits.join().unwrap().unwrap(), WaitResult::Woken);
        });
    }

    #[test]
    fn javascript_wakes_as_many_as_it_says() {
        with_memory(|ctx, memory| {
            let wait = || {
                let memory = memory.clone();
                thread::spawn(move || memory.wait64(16, 0, LONG))
            };
            let waits = [wait(), wait(), wait()];
            let source = "const wide = new BigInt64Array(memory.buffer); let sum = 0;
                while (sum < 3) {
                    const woken = Atomics.notify(wide, 2.5, 1);
                    if (woken > 1) throw new Error(`${woken} woken`);
                    sum += woken;
                }
                Atomics.notify(wide, 2, -1) + Atomics.notify(wide, 2, NaN)";
            assert_eq!(ctx.eval::<i32, _>(source).unwrap(), 0);
            for wait in waits {
                assert_eq!(wait.join().unwrap().unwrap(), WaitResult::Woken);
            }
        });
    }

    #[test]
    fn javascript_waits_for_who_notifies_outside() {
        for wait in [
            "Atomics.wait(words, 2, 0, 60000)",
            "Atomics.wait(words, 2, 0)",
            "Atomics.wait(words, 2, 2 ** 32, Infinity)",
            "Atomics.wait(new BigInt64Array(memory.buffer, 8), 0, 0n)",
        ] {
            with_memory(|ctx, memory| {
                let address = if wait.contains("Big") { 8 } else { 12 };
                let notifies = thread::spawn(move || {
                    while memory.notify(address, 1).unwrap() == 0 {
                        thread::yield_now();
                    }
                });
                assert_eq!(ctx.eval::<String, _>(wait).unwrap(), "ok", "{wait}");
                notifies.join().unwrap();
            });
        }
    }

    #[test]
    fn buffers_of_before_and_those_that_grow_are_of_the_memory() {
        with_memory(|ctx, memory| {
            let waits = thread::spawn(move || {
                let first = memory.wait32(12, 0, LONG).unwrap();
                (first, memory.wait32(65536, 0, LONG).unwrap())
            });
            let source = "memory.grow(1);
                const all = new Int32Array(memory.toResizableBuffer());
                while (!Atomics.notify(words, 2));
                while (!Atomics.notify(all, 16384));";
            ctx.eval::<(), _>(source).unwrap();
            let woken = (WaitResult::Woken, WaitResult::Woken);
            assert_eq!(waits.join().unwrap(), woken);
        });
    }

    /// The buffer of a memory of another context is known as what it is.
    #[test]
    fn javascript_of_another_context_wakes_who_waits_outside() {
        let runtime = Runtime::new().unwrap();
        let [first, second] = [(); 2].map(|()| Context::full(&runtime).unwrap());
        let (words, memory) = first.with(|ctx| {
            crate::install(&ctx).unwrap();
            let memory = shared_memory(&ctx);
            (
                Persistent::save(&ctx, ctx.globals().get::<_, Value>("words").unwrap()),
                memory,
            )
        });
        let waits = thread::spawn(move || memory.wait32(12, 0, LONG));
        second.with(|ctx| {
            crate::install(&ctx).unwrap();
            ctx.globals()
                .set("words", words.restore(&ctx).unwrap())
                .unwrap();
            let source = "let woken, tries = 0;
                while (!(woken = Atomics.notify(words, 2)) && tries++ < 1e6); woken";
            assert_eq!(ctx.eval::<i32, _>(source).unwrap(), 1);
        });
        assert_eq!(waits.join().unwrap().unwrap(), WaitResult::Woken);
    }

    /// The interrupt handler ends a wait, of bytes of a memory and of others.
    #[test]
    fn who_waits_is_interrupted() {
        for wait in [
            "Atomics.wait(words, 2, 0)",
            "Atomics.wait(words, 2, 0, 60000)",
            "Atomics.wait(new BigInt64Array(memory.buffer, 8), 0, 0n)",
            "Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0)",
        ] {
            let runtime = Runtime::new().unwrap();
            let context = Context::full(&runtime).unwrap();
            context.with(|ctx| {
                crate::install(&ctx).unwrap();
                raw::may_block(&ctx);
                shared_memory(&ctx);
            });
            let end = Instant::now() + Duration::from_millis(50);
            runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() > end)));
            context.with(|ctx| {
                let source = format!("var caught = 0; try {{ {wait} }} catch {{ caught = 1 }}");
                assert!(ctx.eval::<Value, _>(source).is_err(), "{wait}");
            });
            let late = Instant::now().saturating_duration_since(end);
            assert!(late < Duration::from_secs(5), "{wait}: {late:?}");
            runtime.set_interrupt_handler(None);
            context.with(|ctx| {
                assert_eq!(ctx.eval::<i32, _>("caught").unwrap(), 0, "{wait}");
                // Nobody stands in line any more.
                let woken = "Atomics.notify(words, 2) + Atomics.notify(words, 0)";
                assert_eq!(ctx.eval::<i32, _>(woken).unwrap(), 0, "{wait}");
            });
        }
    }

    #[test]
    fn what_cannot_wait_says_so() {
        with_memory(|ctx, _| {
            let source = r#"
                const fails = (type, f) => { try { f(); } catch (e) { if (e instanceof type) return; throw e; } throw new Error(`no ${type.name}: ${f}`); };
                fails(RangeError, () => Atomics.wait(words, 16384, 0, 0));
                fails(RangeError, () => Atomics.notify(words, -1));
                fails(TypeError, () => Atomics.wait(words, 0n, 0, 0));
                fails(TypeError, () => Atomics.wait(words, 0, 0n, 0));
                fails(TypeError, () => Atomics.wait(new Uint32Array(memory.buffer), 0, 0, 0));
                fails(TypeError, () => Atomics.wait(new Int32Array(4), 0, 0, 0));
                const order = [];
                const log = (name, value) => ({ valueOf() { order.push(name); return value; } });
                const results = [
                    Atomics.wait(words, log("index", 1), log("value", 0), log("timeout", 1)),
                    Atomics.wait(words, 0, 1), Atomics.wait(words, 0, 0, -5), Atomics.wait(words, 0, 0, 0.5),
                    Atomics.notify(words, log("index", 1), log("count", 1)), Atomics.notify(new Int32Array(4), 0),
                    Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 1, 0, 1),
                    Atomics.wait.name, Atomics.wait.length, Atomics.notify.name, Atomics.notify.length,
                ];
                `${results} ${order}`"#;
            let expected = "timed-out,not-equal,timed-out,timed-out,0,0,timed-out,wait,4,notify,3 \
                index,value,timeout,index,count";
            let result = ctx.eval::<String, _>(source);
            let result = result.map_err(|_| format!("{:?}", ctx.catch()));
            assert_eq!(result.as_deref(), Ok(expected));
        });
    }
}
