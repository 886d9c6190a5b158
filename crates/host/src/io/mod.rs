//! What comes from outside and no promise waits for, and what it comes from: sockets, processes, signals, folders.

mod child;
mod child_sync;
mod environment;
mod events;
mod halls;
pub(crate) mod line;
mod ports;
mod signals;
mod sockets;
mod tls;
mod waits;
mod watch;
mod wire;
pub(crate) mod worker;

pub(crate) use child::natives as child_natives;
pub(crate) use environment::share as share_environment;
pub(crate) use events::{Queue, Sources};
pub(crate) use halls::natives as hall_natives;
pub(crate) use ports::{natives as port_natives, shared_natives};
pub use signals::interrupt;
pub(crate) use signals::{Signals, listen, unlisten};
pub(crate) use sockets::natives as socket_natives;
pub(crate) use waits::natives as wait_natives;
pub(crate) use watch::natives as watch_natives;

use crate::files::throw;
use rquickjs::{Ctx, Exception, IntoJs, Result, Value};
use std::io;

/// The arguments of a callback: a word for what has happened, and what goes with it.
fn say<'js>(ctx: &Ctx<'js>, what: &str, values: impl Values<'js>) -> Result<Vec<Value<'js>>> {
    let mut args = vec![what.into_js(ctx)?];
    values.add(ctx, &mut args)?;
    Ok(args)
}

/// Up to three values.
trait Values<'js> {
    fn add(self, ctx: &Ctx<'js>, args: &mut Vec<Value<'js>>) -> Result<()>;
}

impl<'js> Values<'js> for () {
    fn add(self, _: &Ctx<'js>, _: &mut Vec<Value<'js>>) -> Result<()> {
        Ok(())
    }
}

impl<'js, A: IntoJs<'js>> Values<'js> for (A,) {
    fn add(self, ctx: &Ctx<'js>, args: &mut Vec<Value<'js>>) -> Result<()> {
        args.push(self.0.into_js(ctx)?);
        Ok(())
    }
}

impl<'js, A: IntoJs<'js>, B: IntoJs<'js>> Values<'js> for (A, B) {
    fn add(self, ctx: &Ctx<'js>, args: &mut Vec<Value<'js>>) -> Result<()> {
        args.push(self.0.into_js(ctx)?);
        args.push(self.1.into_js(ctx)?);
        Ok(())
    }
}

impl<'js, A: IntoJs<'js>, B: IntoJs<'js>, C: IntoJs<'js>> Values<'js> for (A, B, C) {
    fn add(self, ctx: &Ctx<'js>, args: &mut Vec<Value<'js>>) -> Result<()> {
        args.push(self.0.into_js(ctx)?);
        args.push(self.1.into_js(ctx)?);
        args.push(self.2.into_js(ctx)?);
        Ok(())
    }
}

/// An error as a value, with the system's number.
fn error_value<'js>(ctx: &Ctx<'js>, error: &io::Error) -> Result<Value<'js>> {
    match throw(ctx, error) {
        rquickjs::Error::Exception => Ok(ctx.catch()),
        other => Err(other),
    }
}

/// The arguments of a callback for an error.
fn say_failed<'js>(ctx: &Ctx<'js>, error: &io::Error) -> Result<Vec<Value<'js>>> {
    let error = error_value(ctx, error)?;
    say(ctx, "error", (error,))
}

/// For what a script of the host's would not ask.
fn refused(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    Exception::throw_type(ctx, message)
}
