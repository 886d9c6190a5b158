//! A guest that does what a test tells it: a module with a function for each of preview 1's, which
//! passes its arguments on, and a memory that the test reads and writes.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use bident::{Engine, Error, Linker, Memory, Module, Store, Val};
use bident_wasi::{MODULE, WasiCtx, WasiCtxBuilder};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

pub const AGAIN: i32 = 6;
pub const BADF: i32 = 8;
pub const EXIST: i32 = 20;
pub const FAULT: i32 = 21;
pub const ILSEQ: i32 = 25;
pub const INVAL: i32 = 28;
pub const ISDIR: i32 = 31;
pub const LOOP: i32 = 32;
pub const MFILE: i32 = 33;
pub const NAMETOOLONG: i32 = 37;
pub const NOENT: i32 = 44;
pub const NOTDIR: i32 = 54;
pub const NOTEMPTY: i32 = 55;
pub const NOTSOCK: i32 = 57;
pub const NOTSUP: i32 = 58;
pub const NXIO: i32 = 60;
pub const PERM: i32 = 63;
pub const SPIPE: i32 = 70;

/// Every function of preview 1 with its parameters: `i` for `i32`, `I` for `i64`. All but `proc_exit`
/// give an errno.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "iIi"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

fn module_text() -> String {
    let mut imports = String::new();
    // `shared.rs` has the other files once more.
    let shared = module_path!().starts_with("shared::");
    let memory = if shared { "1 1 shared" } else { "1" };
    let mut functions = format!("(memory (export \"memory\") {memory})\n");
    for (name, params) in FUNCTIONS {
        let types: Vec<&str> = params
            .chars()
            .map(|c| if c == 'I' { "i64" } else { "i32" })
            .collect();
        let types = types.join(" ");
        let result = if *name == "proc_exit" {
            ""
        } else {
            "(result i32)"
        };
        let args: String = (0..params.len())
            .map(|i| format!("(local.get {i})"))
            .collect();
        imports.push_str(&format!(
            "(import \"{MODULE}\" \"{name}\" (func ${name} (param {types}) {result}))\n"
        ));
        functions.push_str(&format!(
            "(func (export \"{name}\") (param {types}) {result} (call ${name} {args}))\n"
        ));
    }
    format!("(module {imports} {functions})")
}

/// Whether calls that have to wait are parked: `parked.rs` has the other files once more.
fn parks() -> bool {
    module_path!().starts_with("parked::")
}

/// Wakes a thread.
struct Bell(std::thread::Thread);

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls whenever it is woken, until it is ready: no executor is needed.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = Arc::new(Bell(std::thread::current())).into();
    let context = &mut std::task::Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

/// The guest.
pub struct Probe {
    store: Store<WasiCtx>,
    instance: bident::Instance,
    memory: Memory,
}

impl Probe {
    pub fn new(ctx: WasiCtx) -> Self {
        let engine = Engine::default();
        let module = Module::from_text_or_binary(&engine, module_text().as_bytes()).unwrap();
        let mut linker = Linker::new(&engine);
        match parks() {
            true => bident_wasi::add_to_linker_async(&mut linker, |ctx: &mut WasiCtx| ctx),
            false => bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx),
        }
        .unwrap();
        let mut store = Store::new(&engine, ctx);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Self {
            store,
            instance,
            memory,
        }
    }

    /// Calls a function and gives its errno, or the error that ended the guest.
    pub fn try_call(&mut self, name: &str, args: &[u64]) -> Result<i32, Error> {
        let (_, params) = FUNCTIONS
            .iter()
            .find(|(n, _)| *n == name)
            .expect("a function");
        assert_eq!(params.len(), args.len(), "{name}");
        let args: Vec<Val> = params
            .chars()
            .zip(args)
            .map(|(c, arg)| {
                if c == 'I' {
                    Val::I64(*arg as i64)
                } else {
                    Val::I32(*arg as i32)
                }
            })
            .collect();
        let func = self.instance.get_func(&mut self.store, name).unwrap();
        let mut results = [Val::I32(0)];
        let results = if name == "proc_exit" {
            &mut results[..0]
        } else {
            &mut results[..]
        };
        if parks() {
            let ended = block_on(func.call_async(&mut self.store, &args))?;
            return Ok(ended.first().map_or(0, |r| r.i32().unwrap()));
        }
        func.call(&mut self.store, &args, results)?;
        Ok(results.first().map_or(0, |r| r.i32().unwrap()))
    }

    #[track_caller]
    pub fn call(&mut self, name: &str, args: &[u64]) -> i32 {
        self.try_call(name, args).unwrap()
    }

    /// Calls a function that must succeed.
    #[track_caller]
    pub fn ok(&mut self, name: &str, args: &[u64]) {
        assert_eq!(self.call(name, args), 0, "{name}");
    }

    pub fn ctx(&self) -> &WasiCtx {
        self.store.data()
    }

    pub fn put(&mut self, at: usize, bytes: &[u8]) {
        self.memory.write(&mut self.store, at, bytes).unwrap();
    }

    pub fn get(&mut self, at: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.memory.read(&self.store, at, &mut bytes).unwrap();
        bytes
    }

    pub fn u32(&mut self, at: usize) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().unwrap())
    }

    pub fn u64(&mut self, at: usize) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// Puts a list of buffers at `at`.
    pub fn put_buffers(&mut self, at: usize, buffers: &[(u32, u32)]) {
        for (i, (pointer, length)) in buffers.iter().enumerate() {
            self.put(at + i * 8, &pointer.to_le_bytes());
            self.put(at + i * 8 + 4, &length.to_le_bytes());
        }
    }

    /// Writes text to a descriptor through memory from 1000 on.
    #[track_caller]
    pub fn write(&mut self, fd: u32, text: &str) -> i32 {
        self.put_buffers(1000, &[(1100, text.len() as u32)]);
        self.put(1100, text.as_bytes());
        let errno = self.call("fd_write", &[fd.into(), 1000, 1, 1008]);
        if errno == 0 {
            assert_eq!(self.u32(1008) as usize, text.len());
        }
        errno
    }

    /// Reads at most 1,000 bytes from a descriptor.
    #[track_caller]
    pub fn read(&mut self, fd: u32) -> String {
        self.put_buffers(1000, &[(1100, 1000)]);
        self.ok("fd_read", &[fd.into(), 1000, 1, 1008]);
        let n = self.u32(1008) as usize;
        String::from_utf8(self.get(1100, n)).unwrap()
    }

    /// Puts a path at 3000 (or 4000, for a second one) and gives the arguments for it.
    pub fn path(&mut self, at: usize, path: &str) -> [u64; 2] {
        self.put(at, path.as_bytes());
        [at as u64, path.len() as u64]
    }

    /// `path_open` below `dir`, following links.
    pub fn open(&mut self, dir: u32, path: &str, how: u32, rights: u64) -> Result<u32, i32> {
        self.open_as(dir, 1, path, how, rights, 0)
    }

    /// `path_open` with everything that can be said about it.
    pub fn open_as(
        &mut self,
        dir: u32,
        lookup: u64,
        path: &str,
        how: u32,
        rights: u64,
        flags: u64,
    ) -> Result<u32, i32> {
        let [at, length] = self.path(3000, path);
        let (dir, how) = (dir.into(), how.into());
        let args = [dir, lookup, at, length, how, rights, rights, flags, 2000];
        match self.call("path_open", &args) {
            0 => Ok(self.u32(2000)),
            errno => Err(errno),
        }
    }
}

pub const CREATE: u32 = 1;
pub const DIRECTORY: u32 = 2;
pub const EXCLUSIVE: u32 = 4;
pub const TRUNCATE: u32 = 8;
pub const APPEND: u64 = 1;
pub const SYNC: u64 = 16;
pub const READ: u64 = 1 << 1;
pub const WRITE: u64 = 1 << 6;

/// Output that a test can look at.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A directory of the host's that goes when the test does.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        // A program may have several copies of this module, each with a count of its own.
        let (copy, id) = (module_path!().replace("::", "-"), std::process::id());
        let path = std::env::temp_dir().join(format!("bident-wasi-{copy}-{id}-{n}"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A guest that was granted this directory as `/data`: descriptor 3.
    pub fn guest(&self) -> Probe {
        Probe::new(granted(WasiCtx::builder(), self.path()).build())
    }
}

pub fn granted(builder: WasiCtxBuilder, path: &Path) -> WasiCtxBuilder {
    builder.dir(path, "/data").unwrap()
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
