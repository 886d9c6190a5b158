//! What `node:fs` is made of: the natives of `node/fs.js`. Each operation exists twice, at once and
//! with a promise; the promise's runs on another thread.

use crate::numbers::{Number, with_numbers};
use bident_js::hosting::copy_bytes;
use rquickjs::class::Trace;
use rquickjs::prelude::{Async, Func};
use rquickjs::{
    Array, Class, Ctx, Exception, FromJs, IntoJs, JsLifetime, Object, Result, TypedArray, Value,
};
use std::cell::RefCell;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// Bits of the mode of `access`.
const WRITE: u32 = 2;
const EXECUTE: u32 = 1;

/// Most bytes of a file that is read at once: those of the largest `ArrayBuffer`.
const MOST_BYTES: u64 = i32::MAX as u64;

/// Defines the operations: in `now` those that end before they return, in `later` those with a promise.
macro_rules! operations {
    ($($name:ident($($arg:ident: $type:ty),*);)*) => {
        mod now {
            use super::*;
            $(pub(super) fn $name<'js>(ctx: Ctx<'js>, $($arg: $type),*) -> Result<Value<'js>> {
                give(&ctx, super::$name($($arg),*))
            })*
        }

        mod later {
            use super::*;
            $(pub(super) async fn $name<'js>(ctx: Ctx<'js>, $($arg: $type),*) -> Result<Value<'js>> {
                let work = tokio::task::spawn_blocking(move || super::$name($($arg),*));
                let done = work.await.unwrap_or_else(|error| Err(io::Error::other(error)));
                give(&ctx, done)
            })*
        }

        fn operations<'js>(now: &Object<'js>, later: &Object<'js>) -> Result<()> {
            $(
                now.set(stringify!($name), Func::from(now::$name))?;
                later.set(stringify!($name), Func::from(Async(later::$name)))?;
            )*
            Ok(())
        }
    };
}

operations! {
    access(path: String, mode: u32);
    append(path: String, bytes: Bytes);
    chmod(path: String, mode: u32);
    create_directory(path: String, recursive: bool, mode: u32);
    list(path: String, recursive: bool);
    open(path: String, flags: String, mode: u32);
    read(path: String);
    remove(path: String, recursive: bool);
    remove_directory(path: String, recursive: bool);
    rename(from: String, to: String);
    stat(path: String, follow: bool);
    symlink(target: String, path: String);
    write(path: String, bytes: Bytes, mode: Option<u32>);
    handle_chmod(file: Open, mode: u32);
    handle_chown(file: Open, user: u32, group: u32);
    handle_read(file: Open, length: u32, position: Option<f64>);
    handle_read_all(file: Open);
    handle_stat(file: Open);
    handle_sync(file: Open, only_data: bool);
    handle_truncate(file: Open, length: f64);
    handle_write(file: Open, bytes: Bytes, position: Option<f64>);
    fd_open(path: String, flags: i32, mode: u32);
    handle_times(file: Open, accessed: f64, modified: f64);
    handle_write_some(file: Open, bytes: Bytes, position: Option<f64>);
    times(path: String, accessed: f64, modified: f64);
    real_path(path: String);
    read_link(path: String);
    link(from: String, to: String);
    copy(from: String, to: String, exclusive: bool);
    truncate(path: String, length: f64);
    chown(path: String, user: u32, group: u32, follow: bool);
}

/// What the scripts of `node:fs` have of Rust's: `now` and `later`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let (now, later) = (Object::new(ctx.clone())?, Object::new(ctx.clone())?);
    operations(&now, &later)?;
    let natives = Object::new(ctx.clone())?;
    natives.set("now", now)?;
    natives.set("later", later)?;
    let is_terminal = |file: Open| file.0.is_ok_and(|file| file.is_terminal());
    natives.set("isatty", Func::from(is_terminal))?;
    natives.set("windowSize", Func::from(window_size))?;
    natives.set("close", Func::from(close_number))?;
    Ok(natives)
}

/// Columns and rows of a terminal.
fn window_size(file: Open) -> Option<Vec<u16>> {
    let size = rustix::termios::tcgetwinsize(file.0.ok()?).ok()?;
    Some(vec![size.ws_col, size.ws_row])
}

/// What is under way with the file goes on.
fn close_number(ctx: Ctx<'_>, number: i32) -> Result<()> {
    with_numbers(&ctx, |numbers| numbers.close(number)).map_err(|error| throw(&ctx, &error))
}

/// What an operation gives.
enum Outcome {
    Nothing,
    Bytes(Vec<u8>),
    Count(usize),
    /// Names below a directory, with the modes that `lstat` gives.
    Names(Vec<(String, u32)>),
    Stat(Metadata),
    Path(PathBuf),
    File(File),
    /// A file that gets a number.
    Numbered(File),
}

fn give<'js>(ctx: &Ctx<'js>, outcome: io::Result<Outcome>) -> Result<Value<'js>> {
    match outcome.map_err(|error| throw(ctx, &error))? {
        Outcome::Nothing => ().into_js(ctx),
        Outcome::Bytes(bytes) => TypedArray::new(ctx.clone(), bytes).map(TypedArray::into_value),
        Outcome::Count(count) => count.into_js(ctx),
        Outcome::Names(names) => {
            let list = Array::new(ctx.clone())?;
            for (i, (name, mode)) in names.into_iter().enumerate() {
                let entry = Object::new(ctx.clone())?;
                entry.set("name", name)?;
                entry.set("mode", mode)?;
                list.set(i, entry)?;
            }
            Ok(list.into_value())
        }
        Outcome::Stat(metadata) => describe(ctx, &metadata).map(Object::into_value),
        Outcome::Path(path) => path.to_string_lossy().into_owned().into_js(ctx),
        Outcome::Numbered(file) => {
            let number = with_numbers(ctx, |numbers| Ok(numbers.add(file)));
            number.map_err(|error| throw(ctx, &error))?.into_js(ctx)
        }
        Outcome::File(file) => {
            let file = RefCell::new(Some(Arc::new(file)));
            Class::instance(ctx.clone(), Handle { file })?.into_js(ctx)
        }
    }
}

/// An error with the system's number, which `fs.js` has the words for.
pub(crate) fn throw(ctx: &Ctx<'_>, error: &io::Error) -> rquickjs::Error {
    let made = Exception::from_message(ctx.clone(), &error.to_string());
    let no_memory = || (error.kind() == io::ErrorKind::OutOfMemory).then_some(libc::ENOMEM);
    let number = error.raw_os_error().or_else(no_memory);
    match made.and_then(|e| e.set("errno", number).map(|()| e)) {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

fn describe<'js>(ctx: &Ctx<'js>, metadata: &Metadata) -> Result<Object<'js>> {
    let stat = Object::new(ctx.clone())?;
    stat.set("dev", metadata.dev())?;
    stat.set("mode", metadata.mode())?;
    stat.set("nlink", metadata.nlink())?;
    stat.set("uid", metadata.uid())?;
    stat.set("gid", metadata.gid())?;
    stat.set("rdev", metadata.rdev())?;
    stat.set("blksize", metadata.blksize())?;
    stat.set("ino", metadata.ino())?;
    stat.set("size", metadata.size())?;
    stat.set("blocks", metadata.blocks())?;
    let milliseconds =
        |seconds: i64, nanoseconds: i64| seconds as f64 * 1e3 + nanoseconds as f64 / 1e6;
    stat.set(
        "atimeMs",
        milliseconds(metadata.atime(), metadata.atime_nsec()),
    )?;
    stat.set(
        "mtimeMs",
        milliseconds(metadata.mtime(), metadata.mtime_nsec()),
    )?;
    let changed = milliseconds(metadata.ctime(), metadata.ctime_nsec());
    stat.set("ctimeMs", changed)?;
    let born = metadata.created().ok();
    let born = born.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    stat.set(
        "birthtimeMs",
        born.map_or(changed, |time| time.as_secs_f64() * 1e3),
    )?;
    Ok(stat)
}

/// An open file; closed by `close` or with the object.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
struct Handle {
    #[qjs(skip_trace)]
    file: RefCell<Option<Arc<File>>>,
}

#[rquickjs::methods]
impl Handle {
    /// Its number, which names it to operations as long as it is open here.
    #[qjs(get)]
    fn fd(&self, ctx: Ctx<'_>) -> i32 {
        let lend = |file: &Arc<File>| with_numbers(&ctx, |numbers| Ok(numbers.lend(file)));
        let number = self.file.borrow().as_ref().and_then(|file| lend(file).ok());
        number.unwrap_or(-1)
    }

    fn close(&self) {
        self.file.take();
    }
}

/// The file of a [`Handle`] or of a number, for another thread; or why there is none.
struct Open(io::Result<Arc<File>>);

impl<'js> FromJs<'js> for Open {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        if let Some(number) = value.as_number() {
            let file = with_numbers(ctx, |numbers| numbers.get(number as Number));
            return Ok(Self(file));
        }
        let handle = Class::<Handle>::from_js(ctx, value)?;
        let file = handle.borrow().file.borrow().clone();
        Ok(Self(
            file.ok_or_else(|| io::Error::from_raw_os_error(libc::EBADF)),
        ))
    }
}

/// A copy of the bytes of a `BufferSource`, for another thread.
struct Bytes(Vec<u8>);

impl<'js> FromJs<'js> for Bytes {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        copy_bytes(ctx, &value).map(Self)
    }
}

type Done = io::Result<Outcome>;

fn nothing(done: io::Result<()>) -> Done {
    done.map(|()| Outcome::Nothing)
}

fn access(path: String, mode: u32) -> Done {
    let permissions = fs::metadata(path)?.permissions();
    let denied = mode & WRITE != 0 && permissions.readonly()
        || mode & EXECUTE != 0 && permissions.mode() & 0o100 == 0;
    match denied {
        true => Err(io::Error::from_raw_os_error(libc::EACCES)),
        false => Ok(Outcome::Nothing),
    }
}

fn append(path: String, Bytes(bytes): Bytes) -> Done {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    nothing(file.write_all(&bytes))
}

fn chmod(path: String, mode: u32) -> Done {
    nothing(fs::set_permissions(path, PermissionsExt::from_mode(mode)))
}

fn create_directory(path: String, recursive: bool, mode: u32) -> Done {
    use std::os::unix::fs::DirBuilderExt;
    let path = std::path::absolute(path)?;
    fs::DirBuilder::new()
        .recursive(recursive)
        .mode(mode)
        .create(&path)?;
    Ok(Outcome::Path(path))
}

fn list(path: String, recursive: bool) -> Done {
    let root = Path::new(&path);
    let (mut names, mut waiting) = (Vec::new(), vec![root.to_owned()]);
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let (path, metadata) = (entry.path(), entry.metadata()?);
            let name = path.strip_prefix(root).unwrap_or(&path);
            names.push((name.to_string_lossy().into_owned(), metadata.mode()));
            if recursive && metadata.is_dir() {
                waiting.push(path);
            }
        }
    }
    names.sort();
    Ok(Outcome::Names(names))
}

fn open(path: String, flags: String, mode: u32) -> Done {
    let mut options = OpenOptions::new();
    match flags.as_str() {
        "a" => options.append(true).create(true),
        "ax" => options.append(true).create_new(true),
        "a+" => options.append(true).read(true).create(true),
        "r" => options.read(true),
        "r+" => options.read(true).write(true),
        "w" => options.write(true).create(true).truncate(true),
        "wx" => options.write(true).create_new(true),
        "w+" => options.write(true).read(true).create(true).truncate(true),
        "wx+" => options.write(true).read(true).create_new(true),
        _ => return Err(io::Error::other(format!("invalid flags '{flags}'"))),
    };
    options.mode(mode).open(path).map(Outcome::File)
}

fn read(path: String) -> Done {
    read_to_end(&File::open(path)?)
}

/// What is left of a file; of some there is no end.
fn read_to_end(file: &File) -> Done {
    let too_large = || Err(io::Error::from_raw_os_error(libc::EFBIG));
    let size = file.metadata()?.len();
    if size > MOST_BYTES {
        return too_large();
    }
    let mut bytes = Vec::new();
    let reserved = bytes.try_reserve_exact(size as usize);
    reserved.map_err(|_| io::ErrorKind::OutOfMemory)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST_BYTES {
        true => too_large(),
        false => Ok(Outcome::Bytes(bytes)),
    }
}

fn remove(path: String, recursive: bool) -> Done {
    nothing(match fs::symlink_metadata(&path)?.is_dir() {
        true if recursive => fs::remove_dir_all(path),
        true => fs::remove_dir(path),
        false => fs::remove_file(path),
    })
}

fn remove_directory(path: String, recursive: bool) -> Done {
    nothing(match recursive {
        true => fs::remove_dir_all(path),
        false => fs::remove_dir(path),
    })
}

fn rename(from: String, to: String) -> Done {
    nothing(fs::rename(from, to))
}

fn stat(path: String, follow: bool) -> Done {
    match follow {
        true => fs::metadata(path),
        false => fs::symlink_metadata(path),
    }
    .map(Outcome::Stat)
}

fn symlink(target: String, path: String) -> Done {
    nothing(std::os::unix::fs::symlink(target, path))
}

fn write(path: String, Bytes(bytes): Bytes, mode: Option<u32>) -> Done {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if let Some(mode) = mode {
        options.mode(mode);
    }
    nothing(options.open(path)?.write_all(&bytes))
}

fn handle_chmod(Open(file): Open, mode: u32) -> Done {
    let file = file?;
    nothing(file.set_permissions(PermissionsExt::from_mode(mode)))
}

fn handle_chown(Open(file): Open, user: u32, group: u32) -> Done {
    let file = file?;
    nothing(std::os::unix::fs::fchown(&*file, Some(user), Some(group)))
}

fn handle_read(Open(file): Open, length: u32, position: Option<f64>) -> Done {
    let file = file?;
    read_some(&file, length, position)
}

fn read_some(mut file: &File, length: u32, position: Option<f64>) -> Done {
    let mut bytes = Vec::new();
    let wanted = length as usize;
    bytes
        .try_reserve_exact(wanted)
        .map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.resize(wanted, 0);
    let count = match position {
        Some(position) => file.read_at(&mut bytes, position as u64)?,
        None => file.read(&mut bytes)?,
    };
    bytes.truncate(count);
    Ok(Outcome::Bytes(bytes))
}

fn handle_read_all(Open(file): Open) -> Done {
    let file = file?;
    read_to_end(&file)
}

fn handle_stat(Open(file): Open) -> Done {
    let file = file?;
    file.metadata().map(Outcome::Stat)
}

fn handle_sync(Open(file): Open, only_data: bool) -> Done {
    let file = file?;
    nothing(match only_data {
        true => file.sync_data(),
        false => file.sync_all(),
    })
}

fn handle_truncate(Open(file): Open, length: f64) -> Done {
    let file = file?;
    nothing(file.set_len(length as u64))
}

fn handle_write(Open(file): Open, Bytes(bytes): Bytes, position: Option<f64>) -> Done {
    let file = file?;
    match position {
        Some(position) => file.write_all_at(&bytes, position as u64)?,
        None => (&*file).write_all(&bytes)?,
    }
    Ok(Outcome::Count(bytes.len()))
}

fn fd_open(path: String, flags: i32, mode: u32) -> Done {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::from_bits_retain(flags as u32) | OFlags::CLOEXEC;
    let file = openat(CWD, path, flags, Mode::from_raw_mode(mode))?;
    Ok(Outcome::Numbered(File::from(file)))
}

fn handle_write_some(Open(file): Open, Bytes(bytes): Bytes, position: Option<f64>) -> Done {
    let file = file?;
    Ok(Outcome::Count(match position {
        Some(position) => file.write_at(&bytes, position as u64)?,
        None => (&*file).write(&bytes)?,
    }))
}

fn handle_times(Open(file): Open, accessed: f64, modified: f64) -> Done {
    let file = file?;
    nothing(file.set_times(times_of(accessed, modified)?))
}

fn times(path: String, accessed: f64, modified: f64) -> Done {
    let file = File::open(path)?;
    nothing(file.set_times(times_of(accessed, modified)?))
}

/// Seconds since 1970 as the system has them.
fn times_of(accessed: f64, modified: f64) -> io::Result<fs::FileTimes> {
    let time = |seconds: f64| {
        let length = Duration::try_from_secs_f64(seconds.abs()).ok()?;
        match seconds < 0.0 {
            true => UNIX_EPOCH.checked_sub(length),
            false => UNIX_EPOCH.checked_add(length),
        }
    };
    let time = |seconds| time(seconds).ok_or(io::Error::from_raw_os_error(libc::EINVAL));
    Ok(fs::FileTimes::new()
        .set_accessed(time(accessed)?)
        .set_modified(time(modified)?))
}

fn real_path(path: String) -> Done {
    fs::canonicalize(path).map(Outcome::Path)
}

fn read_link(path: String) -> Done {
    fs::read_link(path).map(Outcome::Path)
}

fn link(from: String, to: String) -> Done {
    nothing(fs::hard_link(from, to))
}

fn copy(from: String, to: String, exclusive: bool) -> Done {
    if exclusive && fs::symlink_metadata(&to).is_ok() {
        return Err(io::Error::from_raw_os_error(libc::EEXIST));
    }
    nothing(fs::copy(from, to).map(drop))
}

fn truncate(path: String, length: f64) -> Done {
    let file = OpenOptions::new().write(true).open(path)?;
    nothing(file.set_len(length as u64))
}

fn chown(path: String, user: u32, group: u32, follow: bool) -> Done {
    nothing(match follow {
        true => std::os::unix::fs::chown(path, Some(user), Some(group)),
        false => std::os::unix::fs::lchown(path, Some(user), Some(group)),
    })
}
