//! The function table of `wasi_snapshot_preview1`: every function with its parameters, and the file
//! that says what it does. A guest that imports any of them can be linked.

mod args;
mod clock;
mod fd;
mod path;
mod poll;
mod proc;
mod random;

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use bident::{Caller, Error, Extern, Linker};
use path::Place;
use std::sync::{Arc, Mutex, PoisonError};

/// The module that guests import these functions from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// How the functions find their context.
trait Find<T>: Clone + Send + Sync + 'static {
    fn with<R>(&self, data: &mut T, f: impl FnOnce(&mut WasiCtx) -> R) -> R;
}

/// In the store's data.
impl<T: 'static> Find<T> for fn(&mut T) -> &mut WasiCtx {
    fn with<R>(&self, data: &mut T, f: impl FnOnce(&mut WasiCtx) -> R) -> R {
        f(self(data))
    }
}

/// They have it themselves.
impl<T> Find<T> for Arc<Mutex<WasiCtx>> {
    fn with<R>(&self, _: &mut T, f: impl FnOnce(&mut WasiCtx) -> R) -> R {
        f(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Defines the functions of a table in a linker. A line is the function as guests see it, and what it
/// comes to: `name(parameters) = file::body(arguments)`.
macro_rules! functions {
    ($linker:ident, $find:ident:
     $($name:ident($($arg:ident: $ty:ty),*) = $file:ident::$body:ident($($value:expr),*);)*) => {$(
        $linker.func_wrap(
            MODULE,
            stringify!($name),
            {
                let find = $find.clone();
                move |mut caller: Caller<'_, T>, $($arg: $ty),*| {
                    call(&mut caller, &find, |ctx, guest| $file::$body(ctx, guest, $($value),*))
                }
            },
        )?;
    )*};
}

/// Defines preview 1 in a linker; `get` finds the context in the store's data.
///
/// # Errors
/// If one of the names is taken.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut WasiCtx,
) -> Result<(), Error> {
    add_all(linker, &get)
}

/// Defines preview 1 in a linker, for a context that the functions have themselves: a store may so have several.
///
/// # Errors
/// As for [`add_to_linker`].
pub fn add_context_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    ctx: WasiCtx,
) -> Result<(), Error> {
    add_all(linker, &Arc::new(Mutex::new(ctx)))
}

fn add_all<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>) -> Result<(), Error> {
    add_program(linker, find)?;
    add_fd(linker, find)?;
    add_path(linker, find)?;
    add_sock(linker, find)
}

/// What concerns the program as a whole: its arguments and environment, time, chance, waiting, ending.
fn add_program<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>) -> Result<(), Error> {
    functions! { linker, find:
        args_get(list: u32, buffer: u32) = args::args_get(list, buffer);
        args_sizes_get(count: u32, size: u32) = args::args_sizes_get(count, size);
        environ_get(list: u32, buffer: u32) = args::environ_get(list, buffer);
        environ_sizes_get(count: u32, size: u32) = args::environ_sizes_get(count, size);
        clock_res_get(clock: u32, out: u32) = clock::resolution(clock, out);
        clock_time_get(clock: u32, _precision: u64, out: u32) = clock::time(clock, out);
        random_get(buffer: u32, length: u32) = random::get(buffer, length);
        poll_oneoff(subscriptions: u32, events: u32, count: u32, out: u32)
            = poll::oneoff(subscriptions, events, count, out);
        sched_yield() = proc::sched_yield();
        proc_raise(_signal: u32) = proc::raise();
    }
    linker.func_wrap(MODULE, "proc_exit", proc::exit)?;
    Ok(())
}

/// What is done with an open file or directory.
fn add_fd<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>) -> Result<(), Error> {
    functions! { linker, find:
        fd_advise(fd: u32, _offset: u64, _length: u64, advice: u32) = fd::advise(fd, advice);
        fd_allocate(fd: u32, _offset: u64, _length: u64) = fd::allocate(fd);
        fd_close(fd: u32) = fd::close(fd);
        fd_datasync(fd: u32) = fd::datasync(fd);
        fd_fdstat_get(fd: u32, out: u32) = fd::fdstat_get(fd, out);
        fd_fdstat_set_flags(fd: u32, flags: u32) = fd::fdstat_set_flags(fd, flags);
        fd_fdstat_set_rights(fd: u32, _base: u64, _inheriting: u64) = fd::fdstat_set_rights(fd);
        fd_filestat_get(fd: u32, out: u32) = fd::filestat_get(fd, out);
        fd_filestat_set_size(fd: u32, size: u64) = fd::filestat_set_size(fd, size);
        fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, which: u32)
            = fd::filestat_set_times(fd, accessed, modified, which);
        fd_pread(fd: u32, list: u32, count: u32, offset: u64, out: u32)
            = fd::pread(fd, list, count, offset, out);
        fd_prestat_get(fd: u32, out: u32) = fd::prestat_get(fd, out);
        fd_prestat_dir_name(fd: u32, buffer: u32, length: u32)
            = fd::prestat_dir_name(fd, buffer, length);
        fd_pwrite(fd: u32, list: u32, count: u32, offset: u64, out: u32)
            = fd::pwrite(fd, list, count, offset, out);
        fd_read(fd: u32, list: u32, count: u32, out: u32) = fd::read(fd, list, count, out);
        fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, out: u32)
            = fd::readdir(fd, buffer, length, cookie, out);
        fd_renumber(from: u32, to: u32) = fd::renumber(from, to);
        fd_seek(fd: u32, delta: i64, whence: u32, out: u32) = fd::seek(fd, delta, whence, out);
        fd_sync(fd: u32) = fd::sync(fd);
        fd_tell(fd: u32, out: u32) = fd::tell(fd, out);
        fd_write(fd: u32, list: u32, count: u32, out: u32) = fd::write(fd, list, count, out);
    }
    Ok(())
}

/// What is done with a path below an open directory.
fn add_path<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>) -> Result<(), Error> {
    functions! { linker, find:
        path_create_directory(fd: u32, path: u32, length: u32)
            = path::create_directory(Place { fd, path, length });
        path_filestat_get(fd: u32, lookup: u32, path: u32, length: u32, out: u32)
            = path::filestat_get(Place { fd, path, length }, lookup, out);
        path_filestat_set_times(
            fd: u32, lookup: u32, path: u32, length: u32, accessed: u64, modified: u64, which: u32
        ) = path::filestat_set_times(
            Place { fd, path, length }, lookup, accessed, modified, which
        );
        path_link(
            fd: u32, lookup: u32, path: u32, length: u32, new_fd: u32, new: u32, new_length: u32
        ) = path::link(
            Place { fd, path, length },
            lookup,
            Place { fd: new_fd, path: new, length: new_length }
        );
        path_readlink(
            fd: u32, path: u32, length: u32, buffer: u32, buffer_length: u32, out: u32
        ) = path::readlink(Place { fd, path, length }, buffer, buffer_length, out);
        path_remove_directory(fd: u32, path: u32, length: u32)
            = path::remove_directory(Place { fd, path, length });
        path_rename(fd: u32, path: u32, length: u32, new_fd: u32, new: u32, new_length: u32)
            = path::rename(
                Place { fd, path, length },
                Place { fd: new_fd, path: new, length: new_length }
            );
        path_symlink(target: u32, target_length: u32, fd: u32, path: u32, length: u32)
            = path::symlink(target, target_length, Place { fd, path, length });
        path_unlink_file(fd: u32, path: u32, length: u32)
            = path::unlink_file(Place { fd, path, length });
    }
    path::add_open(linker, find)
}

/// Sockets, of which there are none.
fn add_sock<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>) -> Result<(), Error> {
    functions! { linker, find:
        sock_accept(fd: u32, _flags: u32, _out: u32) = fd::no_socket(fd);
        sock_recv(fd: u32, _list: u32, _count: u32, _flags: u32, _out: u32, _out_flags: u32)
            = fd::no_socket(fd);
        sock_send(fd: u32, _list: u32, _count: u32, _flags: u32, _out: u32) = fd::no_socket(fd);
        sock_shutdown(fd: u32, _how: u32) = fd::no_socket(fd);
    }
    Ok(())
}

/// Runs one function on the caller's memory; gives the number that the guest sees.
fn call<T: 'static>(
    caller: &mut Caller<'_, T>,
    find: &impl Find<T>,
    function: impl FnOnce(&mut WasiCtx, &mut Guest<'_>) -> Result<(), Errno>,
) -> Result<u32, Error> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::msg(
            "the module calls WASI but exports no memory called `memory`",
        ));
    };
    let shared = memory.shared(&*caller)?;
    let (bytes, data) = memory.data_and_store_mut(&mut *caller);
    let mut guest = match shared {
        None => Guest::new(bytes),
        Some(memory) => Guest::shared(memory),
    };
    Ok(match find.with(data, |ctx| function(ctx, &mut guest)) {
        Ok(()) => 0,
        Err(errno) => errno as u32,
    })
}
