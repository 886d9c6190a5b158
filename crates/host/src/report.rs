//! What a user sees of an exception that nobody caught.

use super::console;
use super::event_loop::{Exit, Host};
use crate::io::worker;
use crate::raw;
use bident::printable_lines;
use rquickjs::{CatchResultExt, CaughtError, Ctx, Error, Function, Object, Value};
use std::collections::HashSet;
use std::io::{self, Write};

/// Most causes shown of one error. Nobody reads more, and a chain may be as long as memory lasts.
const MOST_CAUSES: usize = 20;

/// Where an uncaught value came from; decides the wording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// Thrown by a script, a module or a callback.
    Script,
    /// The reason of a rejected promise.
    Promise,
}

/// The JavaScript value behind an error of rquickjs.
pub(super) fn caught<'js>(ctx: &Ctx<'js>, error: Error) -> Value<'js> {
    match Err::<(), _>(error).catch(ctx) {
        Err(CaughtError::Exception(exception)) => exception.into_object().into_value(),
        Err(CaughtError::Value(value)) => value,
        Err(CaughtError::Error(error)) => error_value(ctx, &error.to_string()),
        Ok(()) => Value::new_undefined(ctx.clone()),
    }
}

fn error_value<'js>(ctx: &Ctx<'js>, message: &str) -> Value<'js> {
    rquickjs::Exception::from_message(ctx.clone(), message).map_or_else(
        |_| Value::new_undefined(ctx.clone()),
        |e| e.into_object().into_value(),
    )
}

/// Hands the value to the program's own listeners, or prints it and ends the program with status 1.
pub(super) fn uncaught<'js>(
    ctx: &Ctx<'js>,
    value: Value<'js>,
    promise: Option<Value<'js>>,
    origin: Origin,
) -> Result<(), Exit> {
    if let Some(status) = worker::ending(ctx) {
        return Err(Exit(status));
    }
    let is_worker = worker::Own::of(ctx).is_some();
    if is_worker {
        // If its memory is used up, it needs some to say so.
        raw::lift_memory_limit(ctx);
    }
    let handled = match promise.filter(|_| origin == Origin::Promise) {
        Some(promise) => {
            match crate::process::emit(ctx, "unhandledRejection", &[value.clone(), promise]) {
                Ok(true) => Ok(true),
                Ok(false) => emit_exception(ctx, &value, "unhandledRejection"),
                // What a listener throws is thrown like anything else.
                Err(error) => {
                    let thrown = caught(ctx, error);
                    return uncaught(ctx, thrown, None, Origin::Script);
                }
            }
        }
        None => emit_exception(ctx, &value, "uncaughtException"),
    };
    match handled {
        Ok(true) => Ok(()),
        Ok(false) => {
            if is_worker && tell_parent(ctx, &value, origin) {
                return Err(leave(ctx, 1));
            }
            complain(&describe(ctx, &value, origin));
            if Host::of(ctx).is_ok_and(|host| host.is_interactive.get()) {
                return Ok(());
            }
            Err(leave(ctx, 1))
        }
        Err(error) => {
            let error = caught(ctx, error);
            complain(&describe(ctx, &error, Origin::Script));
            Err(leave(ctx, 7))
        }
    }
}

/// Tells who started this worker what nobody caught. False if that could not be done.
fn tell_parent<'js>(ctx: &Ctx<'js>, value: &Value<'js>, origin: Origin) -> bool {
    let told = || -> rquickjs::Result<()> {
        let exports = crate::scripts::exports(ctx, "node/worker_self")?;
        let failed: Function = exports.get("failed")?;
        failed.call((value.clone(), origin == Origin::Promise))
    };
    let is_told = told().is_ok();
    if !is_told {
        ctx.catch();
    }
    is_told
}

/// Tells the listeners of `exit` what the program ends with; they may say otherwise.
fn leave(ctx: &Ctx<'_>, status: i32) -> Exit {
    let told = crate::process::emit_exit(ctx, Some(status));
    if let Err(error) = told {
        let error = caught(ctx, error);
        complain(&describe(ctx, &error, Origin::Script));
        return Exit(status);
    }
    Exit(crate::process::left_with(ctx).unwrap_or(status))
}

fn emit_exception<'js>(ctx: &Ctx<'js>, value: &Value<'js>, origin: &str) -> rquickjs::Result<bool> {
    let origin = rquickjs::String::from_str(ctx.clone(), origin)?.into_value();
    crate::process::emit(ctx, "uncaughtException", &[value.clone(), origin])
}

/// Position, message and stack; then the same of its cause, of the cause's cause, and so on.
pub(super) fn describe<'js>(ctx: &Ctx<'js>, value: &Value<'js>, origin: Origin) -> String {
    let uncaught = match origin {
        Origin::Script => "Uncaught",
        Origin::Promise => "Uncaught (in promise)",
    };
    let Some(error) = as_error(ctx, value) else {
        return format!("{uncaught} {}", console::format(ctx, vec![value.clone()]));
    };
    let position = stack_of(error)
        .lines()
        .find_map(position)
        .map(|p| format!("{p}: "))
        .unwrap_or_default();
    let mut report = format!("{position}{uncaught} {}", headline(error));
    push_stack(&mut report, error);
    let mut shown = HashSet::from([value.clone()]);
    let mut next = cause_of(error);
    while let Some(cause) = next {
        report.push_str("\ncaused by: ");
        if shown.contains(&cause) {
            report.push_str("an error shown above");
            break;
        }
        if shown.len() > MOST_CAUSES {
            report.push_str("...");
            break;
        }
        next = match as_error(ctx, &cause) {
            Some(error) => {
                report.push_str(&headline(error));
                push_stack(&mut report, error);
                cause_of(error)
            }
            None => {
                report.push_str(&console::format(ctx, vec![cause.clone()]));
                None
            }
        };
        shown.insert(cause);
    }
    report
}

fn as_error<'a, 'js>(ctx: &Ctx<'js>, value: &'a Value<'js>) -> Option<&'a Object<'js>> {
    value.as_object().filter(|object| {
        object.is_error() || bident_js::hosting::is_exception(ctx, object.as_value())
    })
}

fn cause_of<'js>(error: &Object<'js>) -> Option<Value<'js>> {
    match error.get::<_, Value>("cause") {
        Ok(cause) => Some(cause).filter(|cause| !cause.is_undefined()),
        Err(_) => {
            error.ctx().catch();
            None
        }
    }
}

fn stack_of(error: &Object<'_>) -> String {
    text(error, "stack").unwrap_or_default()
}

/// The frames of a stack, or all of it, if it is none of the host's.
fn push_stack(report: &mut String, error: &Object<'_>) {
    let stack = stack_of(error);
    let frames = stack.strip_prefix(&headline(error)).unwrap_or(&stack);
    for line in frames.lines().filter(|line| !line.trim().is_empty()) {
        report.push('\n');
        report.push_str(line.trim_end());
    }
}

fn headline(error: &Object<'_>) -> String {
    let class = match error.is_error() {
        true => "Error",
        false => "WebAssembly.Exception",
    };
    let name = text(error, "name").unwrap_or_else(|| class.to_owned());
    match text(error, "message") {
        Some(message) if !message.is_empty() => format!("{name}: {message}"),
        _ => name,
    }
}

fn text(object: &Object<'_>, key: &str) -> Option<String> {
    let Ok(value) = object.get::<_, Value>(key) else {
        object.ctx().catch();
        return None;
    };
    value.as_string().and_then(|s| s.to_string().ok())
}

/// The `file:line:column` in a line of a stack, unless the frame is the host's own.
fn position(line: &str) -> Option<&str> {
    let line = line.trim();
    let place = match line.rsplit_once('(') {
        Some((_, place)) => place.strip_suffix(')')?,
        None => line.strip_prefix("at ")?,
    };
    if place.starts_with("host:") || place.starts_with("node:") {
        return None;
    }
    let mut parts = place.rsplitn(3, ':');
    let is_number = |part: Option<&str>| part.is_some_and(|p| p.parse::<u32>().is_ok());
    (is_number(parts.next()) && is_number(parts.next()) && parts.next().is_some()).then_some(place)
}

/// Prints a message of the host's on standard error. Where nobody reads it, that is no reason to stop.
/// Unlike what the program prints itself, it has nothing that a terminal would obey.
pub(super) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "{}", printable_lines(message));
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn positions() {
        assert_eq!(position("    at f (/a/b.mjs:3:9)"), Some("/a/b.mjs:3:9"));
        assert_eq!(position("    at /a/b.mjs:3:9"), Some("/a/b.mjs:3:9"));
        assert_eq!(position("    at parse (native)"), None);
        assert_eq!(position("    at read (node:fs:3:9)"), None);
        assert_eq!(position("    at loop (wasm-function[3]:0x2a)"), None);
    }
}
