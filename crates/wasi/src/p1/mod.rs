//! The function table of `wasi_snapshot_preview1`: every function with its parameters, and the file
//! that says what it does. A guest that imports any of them can be linked.

mod args;
mod clock;
mod fd;
mod path;
mod poll;
mod proc;
mod random;
mod sock;

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::wait::{Attempt, Memo, Progress};
use bident::{Accessor, Caller, Error, Extern, Linker};
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

/// What a call does that has to wait.
#[derive(Clone, Copy)]
enum Way {
    /// It blocks the thread.
    Block,
    /// It is parked.
    Park,
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

/// The same for functions that may have to wait, which are called again when it is worth a try.
macro_rules! waiting {
    ($linker:ident, $find:ident, $way:ident:
     $($name:ident($($arg:ident: $ty:ty),*) = $file:ident::$body:ident($($value:expr),*);)*) => {$({
        let (find, name) = ($find.clone(), stringify!($name));
        match $way {
            Way::Block => {
                $linker.func_wrap(MODULE, name, move |mut caller: Caller<'_, T>, $($arg: $ty),*| {
                    let mut memo = Memo::default();
                    block(&mut caller, &find, |ctx, guest| {
                        $file::$body(ctx, guest, &mut memo, $($value),*)
                    })
                })?
            }
            Way::Park => {
                $linker.func_wrap_async(MODULE, name, move |store: Accessor<T>, $($arg: $ty),*| {
                    let mut memo = Memo::default();
                    park(store, find.clone(), move |ctx, guest| {
                        $file::$body(ctx, guest, &mut memo, $($value),*)
                    })
                })?
            }
        };
    })*};
}

/// Defines preview 1 in a linker; `get` finds the context in the store's data. Calls that have to wait block the thread.
///
/// # Errors
/// If one of the names is taken.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut WasiCtx,
) -> Result<(), Error> {
    add_all(linker, &get, Way::Block)
}

/// Defines preview 1 in a linker, for a context that the functions have themselves: a store may so have several.
///
/// # Errors
/// As for [`add_to_linker`].
pub fn add_context_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    ctx: WasiCtx,
) -> Result<(), Error> {
    add_all(linker, &Arc::new(Mutex::new(ctx)), Way::Block)
}

/// Defines preview 1 in a linker, so that calls which have to wait are parked, and the thread goes on with others: in
/// `poll_oneoff`, at a pipe ([`crate::pipe`]), at a socket, at the standard input of this process. They are async host
/// functions, so guests are called with [`bident::Func::call_async`] or as [`bident::Tasks`], on any executor: those that
/// may wait, and `fd_write` even to what never waits, are an error of kind `Barrier` in a guest that was called
/// otherwise, start functions included. Times, sockets and the standard input are watched by a thread of the crate
/// `async-io`, which is there once one is waited for.
///
/// ```
/// use bident::{Engine, Linker, Module, Store, Tasks};
/// use bident_wasi::{WasiCtx, pipe};
///
/// # fn main() -> Result<(), bident::Error> {
/// let engine = Engine::default();
/// let module = Module::from_text_or_binary(&engine, br#"(module
///     (import "wasi_snapshot_preview1" "fd_read"
///         (func $read (param i32 i32 i32 i32) (result i32)))
///     (memory (export "memory") 1)
///     ;; A buffer of 10 bytes at 100.
///     (data (i32.const 0) "\64\00\00\00\0a\00\00\00")
///     (func (export "_start") (result i32)
///         (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
///         (i32.load (i32.const 8))))"#)?;
/// let mut linker = Linker::new(&engine);
/// bident_wasi::add_to_linker_async(&mut linker, |ctx: &mut WasiCtx| ctx)?;
///
/// let (writer, reader) = pipe(1000);
/// let mut store = Store::new(&engine, WasiCtx::builder().stdin_pipe(reader).build());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let start = instance.get_typed_func::<(), i32>(&mut store, "_start")?;
///
/// let mut tasks = Tasks::new(&store);
/// let read = tasks.spawn(&start, ())?;
/// # let executor = tokio::runtime::Builder::new_current_thread().build()?;
/// # executor.block_on(async {
/// let host = async {
///     # tokio::task::yield_now().await;
///     // The guest waits. On the same thread:
///     writer.write_all_async(b"hello").await?;
///     read.await
/// };
/// assert_eq!(tasks.run_until(&mut store, host).await?, 5);
/// # Ok(())
/// # })
/// # }
/// ```
///
/// # Errors
/// As for [`add_to_linker`].
pub fn add_to_linker_async<T: 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut WasiCtx,
) -> Result<(), Error> {
    add_all(linker, &get, Way::Park)
}

/// The same for a context that the functions have themselves, as with [`add_context_to_linker`].
///
/// # Errors
/// As for [`add_to_linker`].
pub fn add_context_to_linker_async<T: 'static>(
    linker: &mut Linker<T>,
    ctx: WasiCtx,
) -> Result<(), Error> {
    add_all(linker, &Arc::new(Mutex::new(ctx)), Way::Park)
}

fn add_all<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>, way: Way) -> Result<(), Error> {
    add_program(linker, find, way)?;
    add_fd(linker, find, way)?;
    add_path(linker, find)?;
    add_sock(linker, find, way)
}

/// What concerns the program as a whole: its arguments and environment, time, chance, waiting, ending.
fn add_program<T: 'static>(
    linker: &mut Linker<T>,
    find: &impl Find<T>,
    way: Way,
) -> Result<(), Error> {
    functions! { linker, find:
        args_get(list: u32, buffer: u32) = args::args_get(list, buffer);
        args_sizes_get(count: u32, size: u32) = args::args_sizes_get(count, size);
        environ_get(list: u32, buffer: u32) = args::environ_get(list, buffer);
        environ_sizes_get(count: u32, size: u32) = args::environ_sizes_get(count, size);
        clock_res_get(clock: u32, out: u32) = clock::resolution(clock, out);
        clock_time_get(clock: u32, _precision: u64, out: u32) = clock::time(clock, out);
        random_get(buffer: u32, length: u32) = random::get(buffer, length);
        proc_raise(_signal: u32) = proc::raise();
    }
    waiting! { linker, find, way:
        poll_oneoff(subscriptions: u32, events: u32, count: u32, out: u32)
            = poll::oneoff(subscriptions, events, count, out);
        sched_yield() = proc::sched_yield();
    }
    linker.func_wrap(MODULE, "proc_exit", proc::exit)?;
    Ok(())
}

/// What is done with an open file or directory.
fn add_fd<T: 'static>(linker: &mut Linker<T>, find: &impl Find<T>, way: Way) -> Result<(), Error> {
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
        fd_readdir(fd: u32, buffer: u32, length: u32, cookie: u64, out: u32)
            = fd::readdir(fd, buffer, length, cookie, out);
        fd_renumber(from: u32, to: u32) = fd::renumber(from, to);
        fd_seek(fd: u32, delta: i64, whence: u32, out: u32) = fd::seek(fd, delta, whence, out);
        fd_sync(fd: u32) = fd::sync(fd);
        fd_tell(fd: u32, out: u32) = fd::tell(fd, out);
    }
    waiting! { linker, find, way:
        fd_read(fd: u32, list: u32, count: u32, out: u32) = fd::read(fd, list, count, out);
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

/// What is done with a socket.
fn add_sock<T: 'static>(
    linker: &mut Linker<T>,
    find: &impl Find<T>,
    way: Way,
) -> Result<(), Error> {
    functions! { linker, find:
        sock_shutdown(fd: u32, how: u32) = sock::shutdown(fd, how);
    }
    waiting! { linker, find, way:
        sock_accept(fd: u32, flags: u32, out: u32) = sock::accept(fd, flags, out);
        sock_recv(fd: u32, list: u32, count: u32, flags: u32, out: u32, out_flags: u32)
            = sock::recv(fd, list, count, flags, out, out_flags);
        sock_send(fd: u32, list: u32, count: u32, flags: u32, out: u32)
            = sock::send(fd, list, count, flags, out);
    }
    Ok(())
}

/// Runs one function on the caller's memory; gives the number that the guest sees.
fn call<T: 'static>(
    caller: &mut Caller<'_, T>,
    find: &impl Find<T>,
    function: impl FnOnce(&mut WasiCtx, &mut Guest<'_>) -> Result<(), Errno>,
) -> Result<u32, Error> {
    Ok(match with_guest(caller, find, function)? {
        Ok(()) => 0,
        Err(errno) => errno as u32,
    })
}

/// The same for one that may have to wait, and blocks the thread then.
fn block<T: 'static>(
    caller: &mut Caller<'_, T>,
    find: &impl Find<T>,
    mut attempt: impl FnMut(&mut WasiCtx, &mut Guest<'_>) -> Attempt,
) -> Result<u32, Error> {
    loop {
        match with_guest(caller, find, &mut attempt)? {
            Ok(Progress::Done) => return Ok(0),
            Ok(Progress::Waits(wait)) => wait.block(),
            Err(errno) => return Ok(errno as u32),
        }
    }
}

/// The same as a future, which has the store only while it attempts.
async fn park<T: 'static>(
    store: Accessor<T>,
    find: impl Find<T>,
    mut attempt: impl FnMut(&mut WasiCtx, &mut Guest<'_>) -> Attempt + Send + 'static,
) -> Result<u32, Error> {
    loop {
        let attempted = store.with(|caller| with_guest(caller, &find, &mut attempt))??;
        match attempted {
            Ok(Progress::Done) => return Ok(0),
            Ok(Progress::Waits(wait)) => wait.await,
            Err(errno) => return Ok(errno as u32),
        }
    }
}

/// Runs one function on the caller's memory.
fn with_guest<T: 'static, R>(
    caller: &mut Caller<'_, T>,
    find: &impl Find<T>,
    function: impl FnOnce(&mut WasiCtx, &mut Guest<'_>) -> R,
) -> Result<R, Error> {
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
    Ok(find.with(data, |ctx| function(ctx, &mut guest)))
}
