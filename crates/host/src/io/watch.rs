//! Changes of files and folders, as the system tells them. What `fs_watch.js` is built on.

use super::events::Source;
use super::{say, say_failed};
use crate::files::throw;
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, Function, JsLifetime, Object, Result};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use std::io;
use tokio::net::unix::pipe::Receiver;
use tokio::task::AbortHandle;

/// Bytes of the room for changes that are read at once.
const ROOM: usize = 4096;

/// Bytes of a change before its name.
const HEAD: usize = 16;

/// `{ watch(callback, path) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("watch", Func::from(watch))?;
    Ok(natives)
}

/// Somebody who looks at a path.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Watcher {
    #[qjs(skip_trace)]
    task: AbortHandle,
    #[qjs(skip_trace)]
    source: Source,
}

#[rquickjs::methods]
impl Watcher {
    /// Nobody looks any more.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        self.task.abort();
        self.source.close(&ctx)
    }

    /// Whether the program goes on for its sake.
    fn hold(&self, ctx: Ctx<'_>, is_held: bool) -> Result<()> {
        self.source.hold(&ctx, is_held)
    }
}

fn watch<'js>(ctx: Ctx<'js>, callback: Function<'js>, path: String) -> Result<Class<'js, Watcher>> {
    let open = || -> io::Result<Receiver> {
        let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let changes = WatchFlags::ATTRIB
            | WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::DELETE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO;
        inotify::add_watch(&fd, path, changes)?;
        // Nothing of it is a pipe's but that it is read.
        Receiver::from_owned_fd_unchecked(fd)
    };
    let fd = open().map_err(|error| throw(&ctx, &error))?;
    let source = Source::open(&ctx, callback)?;
    let told = source.clone();
    let task = tokio::spawn(async move {
        let error = look(&fd, &told).await;
        told.post(move |ctx| say_failed(ctx, &error));
    });
    let task = task.abort_handle();
    Class::instance(ctx, Watcher { task, source })
}

/// Tells every change; gives why it cannot go on.
async fn look(changes: &Receiver, source: &Source) -> io::Error {
    let mut room = [0; ROOM];
    loop {
        if let Err(error) = changes.readable().await {
            return error;
        }
        match changes.try_read(&mut room) {
            Ok(count) => tell(&room[..count], source),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return error,
        }
    }
}

/// Tells the changes that the system has written one after the other: numbers of four bytes, then a name with zeros
/// behind it.
fn tell(mut bytes: &[u8], source: &Source) {
    while let Some((head, rest)) = bytes.split_first_chunk::<HEAD>() {
        let number = |at: usize| {
            let number = head[at..].first_chunk();
            number.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
        };
        let flags = ReadFlags::from_bits_retain(number(4));
        let Some((name, rest)) = rest.split_at_checked(number(12) as usize) else {
            return;
        };
        bytes = rest;
        if flags.contains(ReadFlags::IGNORED) {
            continue;
        }
        let renames = ReadFlags::CREATE
            | ReadFlags::DELETE
            | ReadFlags::DELETE_SELF
            | ReadFlags::MOVE_SELF
            | ReadFlags::MOVED_FROM
            | ReadFlags::MOVED_TO;
        let what = match flags.intersects(renames) {
            true => "rename",
            false => "change",
        };
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let name = Some(name).filter(|name| !name.is_empty());
        source.post(move |ctx| say(ctx, what, (name,)));
    }
}
