//! `console`. What is shown of a value is decided in JavaScript (`web/inspect.js`).

use super::report::complain;
use crate::io::worker::Own;
use crate::scripts;
use bident_js::hosting::is_collected;
use rquickjs::atom::PredefinedAtom;
use rquickjs::object::Property;
use rquickjs::prelude::{Func, Opt, Rest};
use rquickjs::promise::PromiseState;
use rquickjs::{Array, Coerced, Ctx, Exception, Function, Object, Result, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::rc::Rc;
use std::time::Instant;

/// What `console` remembers between calls.
#[derive(Default)]
struct State {
    depth: usize,
    counts: HashMap<String, u64>,
    timers: HashMap<String, Instant>,
}

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

/// The text of the values as `console.log` shows them, without colour.
pub(super) fn format<'js>(ctx: &Ctx<'js>, values: Vec<Value<'js>>) -> String {
    format_values(ctx, values, false).unwrap_or_else(|_| {
        ctx.catch();
        "[value that cannot be shown]".to_owned()
    })
}

fn format_values<'js>(ctx: &Ctx<'js>, values: Vec<Value<'js>>, colour: bool) -> Result<String> {
    // What most programs print; it needs no inspector.
    if let [value] = &values[..]
        && let Some(text) = value.as_string()
        && let Ok(text) = text.to_string()
    {
        return Ok(text);
    }
    let options = Object::new(ctx.clone())?;
    options.set("colors", colour)?;
    let format: Function = inspector(ctx)?.get("formatWithOptions")?;
    text_of(&format.call::<_, Value>((options, Rest(values)))?)
}

/// A string as UTF-8; surrogates without their other half become U+FFFD.
fn text_of(value: &Value<'_>) -> Result<String> {
    let Some(string) = value.as_string() else {
        return Ok(value.get::<Coerced<String>>()?.0);
    };
    string.to_string().or_else(|_| {
        let whole: Function = value.ctx().eval("text => text.toWellFormed()")?;
        whole.call((value.clone(),))
    })
}

/// The functions of `inspect.js`, made when they are first needed.
fn inspector<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    scripts::exports(ctx, "web/inspect")
}

/// What `inspect.js` has of Rust's.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("look", Func::from(look))?;
    Ok(natives)
}

/// What of a value JavaScript cannot see.
fn look<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Result<Option<Array<'js>>> {
    let seen = Array::new(ctx)?;
    if let Some(proxy) = value.as_proxy() {
        match proxy.target() {
            // Of WebAssembly's objects nobody shall see more than that they have nothing.
            Ok(_) if is_collected(&value) => return Ok(None),
            Ok(target) => {
                seen.set(0, "proxy")?;
                seen.set(1, target)?;
                seen.set(2, proxy.handler()?)?;
            }
            Err(_) => {
                value.ctx().catch();
                seen.set(0, "revoked")?;
            }
        }
        return Ok(Some(seen));
    }
    let Some(promise) = value.as_promise() else {
        return Ok(None);
    };
    seen.set(0, "promise")?;
    match promise.state() {
        PromiseState::Pending => seen.set(1, "pending")?,
        PromiseState::Resolved => {
            seen.set(1, "fulfilled")?;
            seen.set(2, promise.result::<Value>().transpose()?)?;
        }
        PromiseState::Rejected => {
            seen.set(1, "rejected")?;
            // The reason arrives as an exception.
            if promise
                .result::<Value>()
                .is_some_and(|reason| reason.is_err())
            {
                seen.set(2, value.ctx().catch())?;
            }
        }
    }
    Ok(Some(seen))
}

/// Defines `console`.
pub(super) fn install<'js>(ctx: &Ctx<'js>) -> Result<()> {
    let console = Object::new(ctx.clone())?;
    let state = Rc::new(RefCell::new(State::default()));
    for (name, stream) in [
        ("log", Stream::Out),
        ("info", Stream::Out),
        ("debug", Stream::Out),
        ("dirxml", Stream::Out),
        ("error", Stream::Err),
        ("warn", Stream::Err),
    ] {
        let state = state.clone();
        let print =
            move |ctx: Ctx<'js>, values: Rest<Value<'js>>| log(&ctx, &state, stream, values.0);
        console.set(name, Function::new(ctx.clone(), print)?.with_name(name)?)?;
    }
    install_views(&console, &state)?;
    install_groups(&console, &state)?;
    install_counters(&console, &state)?;
    install_timers(&console, &state)?;
    console.set("clear", Func::from(clear))?;
    // What only a debugger would show.
    for name in ["profile", "profileEnd", "timeStamp"] {
        console.set(name, Func::from(|| ()))?;
    }
    // A namespace of Web IDL: a prototype of its own, with nothing in it.
    console.set_prototype(Some(&Object::new(ctx.clone())?))?;
    let tag = Property::from("console").configurable();
    console.prop(PredefinedAtom::SymbolToStringTag, tag)?;
    let property = Property::from(console).writable().configurable();
    ctx.globals().prop("console", property)
}

fn log<'js>(
    ctx: &Ctx<'js>,
    state: &RefCell<State>,
    stream: Stream,
    values: Vec<Value<'js>>,
) -> Result<()> {
    let colour = match stream {
        Stream::Out => stdout().is_terminal(),
        Stream::Err => stderr().is_terminal(),
    };
    let text = format_values(ctx, values, colour)?;
    print(ctx, state, stream, &text);
    Ok(())
}

fn print(ctx: &Ctx<'_>, state: &RefCell<State>, stream: Stream, text: &str) {
    let depth = state.borrow().depth;
    let text = match depth {
        0 => format!("{text}\n"),
        _ => text
            .split('\n')
            .map(|line| format!("{}{line}\n", "  ".repeat(depth)))
            .collect(),
    };
    if let Some(own) = Own::of(ctx) {
        return own.print(matches!(stream, Stream::Err), text.as_bytes());
    }
    // A closed pipe is no reason to throw into the program.
    let _ = match stream {
        Stream::Out => stdout().write_all(text.as_bytes()),
        Stream::Err => stderr().write_all(text.as_bytes()),
    };
}

fn clear() {
    if stdout().is_terminal() {
        let _ = stdout().write_all(b"\x1b[1;1H\x1b[0J");
    }
}

/// `dir`, `table`, `trace` and `assert`.
fn install_views<'js>(console: &Object<'js>, state: &Rc<RefCell<State>>) -> Result<()> {
    let shown = state.clone();
    let dir = move |ctx: Ctx<'js>, value: Value<'js>, options: Opt<Value<'js>>| -> Result<()> {
        let given = options.0.and_then(Value::into_object);
        let options = Object::new(ctx.clone())?;
        options.set("colors", stdout().is_terminal())?;
        options.set("customInspect", false)?;
        if let Some(given) = given {
            for entry in given.props::<String, Value>() {
                let (name, value) = entry?;
                options.set(name, value)?;
            }
        }
        let inspect: Function = inspector(&ctx)?.get("inspect")?;
        let text = text_of(&inspect.call::<_, Value>((value, options))?)?;
        print(&ctx, &shown, Stream::Out, &text);
        Ok(())
    };
    console.set("dir", Func::from(dir))?;
    let shown = state.clone();
    let table = move |ctx: Ctx<'js>, data: Value<'js>, columns: Opt<Value<'js>>| -> Result<()> {
        if !data.is_object() {
            return log(&ctx, &shown, Stream::Out, vec![data]);
        }
        let table: Function = inspector(&ctx)?.get("table")?;
        let text = text_of(&table.call::<_, Value>((data, columns))?)?;
        print(&ctx, &shown, Stream::Out, &text);
        Ok(())
    };
    console.set("table", Func::from(table))?;
    let shown = state.clone();
    let trace = move |ctx: Ctx<'js>, values: Rest<Value<'js>>| -> Result<()> {
        let text = format_values(&ctx, values.0, false)?;
        let colon = if text.is_empty() { "" } else { ": " };
        let frames = Exception::from_message(ctx.clone(), "")?
            .stack()
            .unwrap_or_default();
        let frames = frames.trim_start_matches("Error\n").trim_end();
        print(
            &ctx,
            &shown,
            Stream::Err,
            &format!("Trace{colon}{text}\n{frames}"),
        );
        Ok(())
    };
    console.set("trace", Func::from(trace))?;
    let shown = state.clone();
    let assert = move |ctx: Ctx<'js>, values: Rest<Value<'js>>| -> Result<()> {
        let mut values = values.0.into_iter();
        let holds = values.next().map(|value| value.get::<Coerced<bool>>());
        if holds.transpose()?.is_some_and(|holds| holds.0) {
            return Ok(());
        }
        let mut values: Vec<_> = values.collect();
        let failed = match values.first().map(text_of_string).transpose()?.flatten() {
            Some(first) => {
                values.remove(0);
                format!("Assertion failed: {first}")
            }
            None => "Assertion failed".to_owned(),
        };
        let failed = rquickjs::String::from_str(ctx.clone(), &failed)?;
        values.insert(0, failed.into_value());
        log(&ctx, &shown, Stream::Err, values)
    };
    console.set("assert", Func::from(assert))
}

fn text_of_string(value: &Value<'_>) -> Result<Option<String>> {
    value.is_string().then(|| text_of(value)).transpose()
}

fn install_groups<'js>(console: &Object<'js>, state: &Rc<RefCell<State>>) -> Result<()> {
    for name in ["group", "groupCollapsed"] {
        let state = state.clone();
        let group = move |ctx: Ctx<'js>, values: Rest<Value<'js>>| -> Result<()> {
            if !values.0.is_empty() {
                log(&ctx, &state, Stream::Out, values.0)?;
            }
            state.borrow_mut().depth += 1;
            Ok(())
        };
        console.set(name, Func::from(group))?;
    }
    let state = state.clone();
    let end = move || {
        let mut state = state.borrow_mut();
        state.depth = state.depth.saturating_sub(1);
    };
    console.set("groupEnd", Func::from(end))
}

type Label<'js> = Opt<Value<'js>>;

fn name_of(label: Label<'_>) -> Result<String> {
    match label.0.filter(|label| !label.is_undefined()) {
        None => Ok("default".to_owned()),
        Some(label) => label.get::<Coerced<String>>().map(|label| label.0),
    }
}

fn install_counters<'js>(console: &Object<'js>, state: &Rc<RefCell<State>>) -> Result<()> {
    let counted = state.clone();
    let count = move |ctx: Ctx<'js>, label: Label<'js>| -> Result<()> {
        let label = name_of(label)?;
        let count = {
            let mut state = counted.borrow_mut();
            let count = state.counts.entry(label.clone()).or_insert(0);
            *count += 1;
            *count
        };
        print(&ctx, &counted, Stream::Out, &format!("{label}: {count}"));
        Ok(())
    };
    console.set("count", Func::from(count))?;
    let state = state.clone();
    let reset = move |label: Label<'js>| -> Result<()> {
        let label = name_of(label)?;
        if state.borrow_mut().counts.remove(&label).is_none() {
            complain(&format!("Warning: Count for '{label}' does not exist"));
        }
        Ok(())
    };
    console.set("countReset", Func::from(reset))
}

fn install_timers<'js>(console: &Object<'js>, state: &Rc<RefCell<State>>) -> Result<()> {
    let started = state.clone();
    let time = move |label: Label<'js>| -> Result<()> {
        let label = name_of(label)?;
        started.borrow_mut().timers.insert(label, Instant::now());
        Ok(())
    };
    console.set("time", Func::from(time))?;
    for (name, ends) in [("timeLog", false), ("timeEnd", true)] {
        let state = state.clone();
        let show =
            move |ctx: Ctx<'js>, label: Label<'js>, values: Rest<Value<'js>>| -> Result<()> {
                let label = name_of(label)?;
                let start = match ends {
                    true => state.borrow_mut().timers.remove(&label),
                    false => state.borrow().timers.get(&label).copied(),
                };
                let Some(start) = start else {
                    complain(&format!(
                        "Warning: No such label '{label}' for console.{name}()"
                    ));
                    return Ok(());
                };
                let elapsed = start.elapsed().as_secs_f64() * 1e3;
                let text = format!("{label}: {elapsed:.3}ms");
                let mut values = values.0;
                values.insert(
                    0,
                    rquickjs::String::from_str(ctx.clone(), &text)?.into_value(),
                );
                log(&ctx, &state, Stream::Out, values)
            };
        console.set(name, Func::from(show))?;
    }
    Ok(())
}
