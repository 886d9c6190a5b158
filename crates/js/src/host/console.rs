//! `console`. LLRT formats the values.

use llrt_logging::{FormatOptions, build_formatted_string};
use rquickjs::prelude::{Func, Opt, Rest};
use rquickjs::{Ctx, Object, Result, Value};
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
    let mut text = String::new();
    let mut options = FormatOptions::new(ctx, colour, true)?;
    build_formatted_string(&mut text, ctx, Rest(values), &mut options)?;
    Ok(text)
}

/// Defines `console`.
pub(super) fn install<'js>(ctx: &Ctx<'js>) -> Result<()> {
    let console = Object::new(ctx.clone())?;
    let state = Rc::new(RefCell::new(State::default()));
    for (name, stream) in [
        ("log", Stream::Out),
        ("info", Stream::Out),
        ("debug", Stream::Out),
        ("dir", Stream::Out),
        ("table", Stream::Out),
        ("error", Stream::Err),
        ("warn", Stream::Err),
        ("trace", Stream::Err),
    ] {
        let state = state.clone();
        let print =
            move |ctx: Ctx<'js>, values: Rest<Value<'js>>| log(&ctx, &state, stream, values.0);
        console.set(
            name,
            rquickjs::Function::new(ctx.clone(), print)?.with_name(name)?,
        )?;
    }
    install_stateful(ctx, &console, &state)?;
    ctx.globals().set("console", console)
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
    print(state, stream, &text);
    Ok(())
}

fn print(state: &RefCell<State>, stream: Stream, text: &str) {
    let indent = "  ".repeat(state.borrow().depth);
    let text = match indent.is_empty() {
        true => format!("{text}\n"),
        false => text
            .lines()
            .map(|line| format!("{indent}{line}\n"))
            .collect(),
    };
    // A closed pipe is no reason to throw into the program.
    let _ = match stream {
        Stream::Out => stdout().write_all(text.as_bytes()),
        Stream::Err => stderr().write_all(text.as_bytes()),
    };
}

/// The functions that remember something: groups, counters, timers; and `assert`.
fn install_stateful<'js>(
    ctx: &Ctx<'js>,
    console: &Object<'js>,
    state: &Rc<RefCell<State>>,
) -> Result<()> {
    console.set("assert", {
        let state = state.clone();
        Func::from(
            move |ctx: Ctx<'js>, holds: Opt<Value<'js>>, values: Rest<Value<'js>>| -> Result<()> {
                if holds
                    .0
                    .is_some_and(|v| v.get::<rquickjs::Coerced<bool>>().is_ok_and(|b| b.0))
                {
                    return Ok(());
                }
                let text = format_values(&ctx, values.0, false)?;
                let colon = if text.is_empty() { "" } else { ": " };
                print(
                    &state,
                    Stream::Err,
                    &format!("Assertion failed{colon}{text}"),
                );
                Ok(())
            },
        )
    })?;
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
    let ended = state.clone();
    console.set(
        "groupEnd",
        Func::from(move || {
            let mut state = ended.borrow_mut();
            state.depth = state.depth.saturating_sub(1);
        }),
    )?;
    let counted = state.clone();
    console.set(
        "count",
        Func::from(move |label: Opt<String>| {
            let label = label.0.unwrap_or_else(|| "default".to_owned());
            let count = *counted
                .borrow_mut()
                .counts
                .entry(label.clone())
                .and_modify(|n| *n += 1)
                .or_insert(1);
            print(&counted, Stream::Out, &format!("{label}: {count}"));
        }),
    )?;
    install_timers(console, state)
        .and_then(|()| console.set("clear", Func::from(|| ())))
        .map(|()| drop(ctx.clone()))
}

fn install_timers<'js>(console: &Object<'js>, state: &Rc<RefCell<State>>) -> Result<()> {
    let started = state.clone();
    console.set(
        "time",
        Func::from(move |label: Opt<String>| {
            let label = label.0.unwrap_or_else(|| "default".to_owned());
            started.borrow_mut().timers.insert(label, Instant::now());
        }),
    )?;
    for (name, ends) in [("timeLog", false), ("timeEnd", true)] {
        let state = state.clone();
        console.set(
            name,
            Func::from(move |label: Opt<String>| {
                let label = label.0.unwrap_or_else(|| "default".to_owned());
                let start = match ends {
                    true => state.borrow_mut().timers.remove(&label),
                    false => state.borrow().timers.get(&label).copied(),
                };
                if let Some(start) = start {
                    let elapsed = start.elapsed().as_secs_f64() * 1e3;
                    print(&state, Stream::Out, &format!("{label}: {elapsed:.3}ms"));
                }
            }),
        )?;
    }
    Ok(())
}
