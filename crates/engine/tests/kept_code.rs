//! Compiled code in files and in a cache.

mod common;

use bident::{Cache, Compile, Config, Engine, ErrorKind, Linker, Module, Store};
use common::Guest;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Calls, a trap, an exception with a landing pad, transfers to another stacklet, tables, data, objects and vectors.
const ALL: &str = r#"(module $all
    (type $f (func (result i32))) (type $c (cont $f))
    (type $i (func (param i32) (result i32)))
    (tag $e (param i32)) (tag $s (param i32) (result i32))
    (memory 1) (data (i32.const 8) "\2a")
    (table 2 funcref) (elem (i32.const 0) $double $negate)
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $negate (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
    (func (export "indirect") (param i32 i32) (result i32)
      (call_indirect (type $i) (local.get 0) (local.get 1)))
    (func (export "data") (result i32) (i32.load8_u (i32.const 8)))
    (func $trap (export "trap") (param i32) (result i32)
      (i32.div_s (i32.const 1) (local.get 0)))
    (func $outer (export "outer") (result i32) (i32.add (i32.const 1) (call $trap (i32.const 0))))
    (func $throws (throw $e (i32.const 7)))
    (func (export "catch") (result i32)
      (block $caught (result i32)
        (try_table (catch $e $caught) (call $throws)) (i32.const 0)))
    (func $body (result i32) (i32.add (suspend $s (i32.const 5)) (i32.const 1)))
    (elem declare func $body)
    (func (export "resume") (result i32)
      (local $k (ref null $c)) (local $v i32)
      (block $on (result i32 (ref $c2))
        (return (resume $c (on $s $on) (cont.new $c (ref.func $body)))))
      (drop) (drop)
      (i32.const 100))
    (type $f2 (func (param i32) (result i32))) (type $c2 (cont $f2))
    (type $object (struct (field i32)))
    (func (export "object") (result i32)
      (struct.get $object 0 (struct.new $object (i32.const 9))))
    (func (export "vector") (param i32) (result i32)
      (i32x4.extract_lane 2 (i32x4.add (v128.const i32x4 1 2 3 4) (i32x4.splat (local.get 0)))))
    (func (export "large") (result i32) (i32.const 1) ADDITIONS)
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))"#;

fn binary() -> Vec<u8> {
    let additions = "(i32.const 1) (i32.add) ".repeat(40);
    wat::parse_str(ALL.replace("ADDITIONS", &additions)).unwrap()
}

fn guest(module: &Module) -> Guest<()> {
    let mut store = Store::new(module.engine(), ());
    let linker = Linker::new(module.engine());
    let instance = linker.instantiate(&mut store, module).unwrap();
    Guest { store, instance }
}

/// Everything that the module does.
fn check(module: &Module) {
    let mut guest = guest(module);
    assert_eq!(guest.i32("indirect", &[21, 0]), 42);
    assert_eq!(guest.i32("indirect", &[21, 1]), -21);
    assert_eq!(guest.i32("data", &[]), 42);
    assert_eq!(guest.i32("catch", &[]), 7);
    assert_eq!(guest.i32("resume", &[]), 100);
    assert_eq!(guest.i32("object", &[]), 9);
    assert_eq!(guest.i32("vector", &[4]), 7);
    assert_eq!(guest.i32("deep", &[10_000]), 10_000);
    let error = guest.error("outer", &[]);
    let frames: Vec<_> = error
        .backtrace()
        .iter()
        .map(|frame| frame.to_string())
        .collect();
    assert_eq!(error.backtrace().len(), 2, "{frames:?}");
    assert!(
        frames[0].contains("trap") && frames[1].contains("outer"),
        "{frames:?}"
    );
    assert_eq!(module.name(), Some("all"));
}

/// A directory that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, n) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("bident-kept-{process}-{n}"));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn cache(&self) -> Cache {
        Cache::new(self.0.join("cache")).min_module(0)
    }

    /// The one entry.
    fn entry(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.0.join("cache")).unwrap();
        let entry = entries.next().expect("an entry").unwrap().path();
        assert!(entries.next().is_none());
        entry
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn engine(cache: impl Into<Option<Cache>>, compile: Compile) -> Engine {
    Engine::new(&Config::new().cache(cache).compile(compile)).unwrap()
}

fn deserialize(engine: &Engine, bytes: &[u8]) -> Result<Module, bident::Error> {
    // SAFETY: made by `serialize`, or not accepted.
    unsafe { Module::deserialize(engine, bytes) }
}

#[test]
fn modules_survive() {
    for compile in [Compile::Eager, Compile::Lazy] {
        let engine = engine(None, compile);
        let module = Module::new(&engine, &binary()).unwrap();
        check(&module);
        let bytes = module.serialize().unwrap();
        assert!(Module::is_serialized(&bytes[..8]));
        let copy = deserialize(&engine, &bytes).unwrap();
        check(&copy);
        assert_eq!(copy.serialize().unwrap(), bytes);

        let folder = Folder::new();
        let file = folder.0.join("file");
        fs::write(&file, &bytes).unwrap();
        // SAFETY: just written, and nobody changes it.
        let mapped = unsafe { Module::deserialize_file(&engine, &file) }.unwrap();
        fs::remove_file(&file).unwrap();
        check(&mapped);
    }
}

#[test]
fn what_is_no_code_of_this_engine_says_so() {
    let engine = engine(None, Compile::Eager);
    let bytes = Module::new(&engine, &binary())
        .unwrap()
        .serialize()
        .unwrap();
    let refused = |engine: &Engine, bytes: &[u8]| {
        let error = deserialize(engine, bytes).err().expect("it is refused");
        assert_eq!(error.kind(), ErrorKind::Usage);
        error.to_string()
    };
    let fuel = Engine::new(&Config::new().consume_fuel(true)).unwrap();
    assert!(refused(&fuel, &bytes).contains("other settings"));
    // Code without checks, where memories have no reservation.
    let moving = Engine::new(&Config::new().moving_memories(true)).unwrap();
    assert!(refused(&moving, &bytes).contains("other settings"));
    assert!(refused(&engine, &binary()).contains("no file of compiled code"));
    assert!(refused(&engine, b"").contains("no file of compiled code"));
    assert!(refused(&engine, &bytes[..100]).contains("the end is missing"));
    assert!(refused(&engine, &bytes[..bytes.len() - 1]).contains("damaged"));
    let mut other = bytes.clone();
    other[8] = 99;
    assert!(refused(&engine, &other).contains("format 99"));
    for at in 0..216 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        refused(&engine, &damaged);
    }
    for length in (0..bytes.len()).step_by(13) {
        refused(&engine, &bytes[..length]);
    }
}

#[test]
fn a_cache_is_used_and_grows() {
    let folder = Folder::new();
    let number = |path: &Path| fs::metadata(path).unwrap().ino();
    let run = |name: &str, params: &[i32]| {
        let engine = engine(folder.cache(), Compile::Lazy);
        let module = Module::new(&engine, &binary()).unwrap();
        guest(&module).i32(name, params)
    };
    assert_eq!(folder.cache().info().unwrap().entries, 0);
    assert_eq!(run("data", &[]), 42);
    let first = (
        number(&folder.entry()),
        folder.cache().info().unwrap().bytes,
    );
    assert_eq!(run("data", &[]), 42);
    assert_eq!(number(&folder.entry()), first.0, "nothing new");
    // It is too large to have come along with the other.
    assert_eq!(run("large", &[]), 41);
    assert!(folder.cache().info().unwrap().bytes > first.1);
    for _ in 0..2 {
        check(&Module::new(&engine(folder.cache(), Compile::Lazy), &binary()).unwrap());
    }
    // Whole modules take the place of parts, and serve lazy engines, too.
    check(&Module::new(&engine(folder.cache(), Compile::Eager), &binary()).unwrap());
    let whole = number(&folder.entry());
    for compile in [Compile::Eager, Compile::Lazy] {
        check(&Module::new(&engine(folder.cache(), compile), &binary()).unwrap());
        assert_eq!(number(&folder.entry()), whole);
    }
    assert_eq!(folder.cache().clear().unwrap(), 1);
    assert_eq!(folder.cache().info().unwrap().entries, 0);
}

#[test]
fn code_is_kept_before_the_process_ends() {
    let folder = Folder::new();
    let engine = engine(folder.cache(), Compile::Lazy);
    let module = Module::new(&engine, &binary()).unwrap();
    let mut guest = guest(&module);
    engine.keep_code();
    let before = folder.cache().info().unwrap();
    assert_eq!(guest.i32("deep", &[3]), 3);
    engine.keep_code();
    let after = folder.cache().info().unwrap();
    assert_eq!((before.entries, after.entries), (1, 1));
    assert!(after.bytes > before.bytes);
}

#[test]
fn damaged_entries_are_as_none() {
    for compile in [Compile::Eager, Compile::Lazy] {
        let folder = Folder::new();
        let run = || check(&Module::new(&engine(folder.cache(), compile), &binary()).unwrap());
        run();
        let entry = folder.entry();
        let good = fs::read(&entry).unwrap();
        let step = (good.len() / 40).max(1);
        let damaged = (0..216).chain((216..good.len()).step_by(step)).map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 0x41;
            (at, bytes)
        });
        let cut = (0..good.len()).step_by(step);
        let cut = cut.map(|length| (length, good[..length].to_vec()));
        // Between tables and code nobody looks.
        let number = |at: usize| u64::from_le_bytes(*good[at..].first_chunk().unwrap()) as usize;
        let between = number(160) + number(168)..number(176);
        for (at, bytes) in damaged.chain(cut) {
            fs::write(&entry, &bytes).unwrap();
            fs::set_permissions(&entry, fs::Permissions::from_mode(0o600)).unwrap();
            let engine = engine(folder.cache(), compile);
            let module = Module::new(&engine, &binary()).unwrap();
            let gone = !entry.exists();
            let unused = bytes.len() == good.len() && between.contains(&at);
            assert!(gone || unused, "byte {at} of {}", bytes.len());
            drop(module);
        }
        run();
        assert!(folder.entry() == entry);
    }
}

#[test]
fn what_others_may_have_written_is_not_run() {
    let folder = Folder::new();
    let (cache, run) = (folder.0.join("cache"), || {
        check(&Module::new(&engine(folder.cache(), Compile::Eager), &binary()).unwrap());
    });
    run();
    let entry = folder.entry();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    assert_eq!(fs::metadata(&cache).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&entry).unwrap().mode() & 0o777, 0o600);
    // An entry that others can write is replaced.
    mode(&entry, 0o622);
    run();
    assert_eq!(fs::metadata(&entry).unwrap().mode() & 0o777, 0o600);
    // A link is.
    let elsewhere = folder.0.join("elsewhere");
    fs::rename(&entry, &elsewhere).unwrap();
    symlink(&elsewhere, &entry).unwrap();
    run();
    assert!(!fs::symlink_metadata(&entry).unwrap().is_symlink());
    // Nothing is written where others can write.
    fs::remove_file(&entry).unwrap();
    mode(&cache, 0o777);
    run();
    assert!(!entry.exists());
    assert!(folder.cache().clear().is_err());
    mode(&cache, 0o700);
}

#[test]
fn without_room_there_is_no_cache() {
    let folder = Folder::new();
    let file = folder.0.join("file");
    fs::write(&file, "").unwrap();
    for place in [
        file.join("cache"),
        PathBuf::from("/proc/bident"),
        PathBuf::from("/dev/full"),
    ] {
        let cache = Cache::new(place).min_module(0);
        check(&Module::new(&engine(cache, Compile::Lazy), &binary()).unwrap());
    }
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let folder = Folder::new();
    let module = |i: u32| format!("(module (func (export \"f\") (result i32) (i32.const {i})))");
    let run = |cache: Cache, i: u32| {
        let engine = engine(cache, Compile::Eager);
        let module = Module::new(&engine, &wat::parse_str(module(i)).unwrap()).unwrap();
        assert_eq!(guest(&module).i32("f", &[]), i.cast_signed());
    };
    run(folder.cache(), 0);
    let size = folder.cache().info().unwrap().bytes;
    let oldest = folder.entry();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(1000);
    let file = OpenOptions::new().write(true).open(&oldest).unwrap();
    file.set_modified(old).unwrap();
    // A use makes it new again.
    run(folder.cache(), 0);
    assert!(fs::metadata(&oldest).unwrap().modified().unwrap() > old);
    file.set_modified(old).unwrap();
    run(folder.cache().max_bytes(size * 3 + 10), 1);
    run(folder.cache().max_bytes(size * 3 + 10), 2);
    assert!(oldest.exists());
    run(folder.cache().max_bytes(size * 3 + 10), 3);
    assert!(!oldest.exists());
    assert_eq!(folder.cache().info().unwrap().entries, 3);
}

#[test]
fn settings_have_entries_of_their_own() {
    let folder = Folder::new();
    let plain = || Config::new().cache(folder.cache()).quick_code(false);
    let all = [
        plain(),
        plain().consume_fuel(true).initial_fuel(1_000_000),
        plain().epoch_interruption(true),
        plain().deterministic(true),
        plain().quick_code(true),
        plain().max_function_work(1 << 20),
        plain().wide_arithmetic(true),
    ];
    for _ in 0..2 {
        for (i, config) in (1..).zip(&all) {
            check(&Module::new(&Engine::new(config).unwrap(), &binary()).unwrap());
            assert!(folder.cache().info().unwrap().entries >= i);
        }
        assert_eq!(folder.cache().info().unwrap().entries, all.len());
    }
    // What code does not depend on.
    let other = plain().max_stack_size(1 << 21).max_memory_size(1 << 20);
    check(&Module::new(&Engine::new(&other).unwrap(), &binary()).unwrap());
    assert_eq!(folder.cache().info().unwrap().entries, all.len());
}

#[test]
fn large_files_are_kept_with_their_binaries() {
    let folder = Folder::new();
    let file = folder.0.join("large.wasm");
    // A custom section of a mebibyte and its name.
    let mut large = binary();
    large.extend([0, 0x82, 0x80, 0x40, 1, b'x']);
    large.resize(large.len() + (1 << 20), 7);
    fs::write(&file, &large).unwrap();
    let run = || {
        let engine = engine(folder.cache(), Compile::Lazy);
        let module = Module::from_file(&engine, &file).unwrap();
        assert_eq!(module.custom_sections("x").next().unwrap().len(), 1 << 20);
        check(&module);
    };
    let kept = || {
        let entries = fs::read_dir(folder.0.join("cache")).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        paths.find(|path| path.extension().is_some_and(|end| end == "wasm"))
    };
    run();
    let copy = kept().expect("the binary is there");
    assert_eq!(fs::read(&copy).unwrap(), large);
    assert_eq!(folder.cache().info().unwrap().entries, 1);
    run();
    // A damaged one is looked at, and replaced.
    let mut damaged = large.clone();
    damaged[1 << 19] = 8;
    fs::write(&copy, &damaged).unwrap();
    run();
    assert_eq!(fs::read(&copy).unwrap(), large);
    // What the file has now counts.
    fs::write(&file, wat::parse_str("(module)").unwrap()).unwrap();
    let module = Module::from_file(&engine(folder.cache(), Compile::Lazy), &file).unwrap();
    assert_eq!(module.exports().len(), 0);
    assert_eq!(folder.cache().clear().unwrap(), 1);
    assert!(kept().is_none());
}

#[test]
fn what_is_not_ours_stays() {
    let folder = Folder::new();
    let cache = folder.0.join("cache");
    check(&Module::new(&engine(folder.cache(), Compile::Eager), &binary()).unwrap());
    let long = "f".repeat(64);
    let names = ["letter", "x.wasm", "a.tmp", &format!("{long}.txt")];
    for name in names {
        fs::write(cache.join(name), "ours").unwrap();
    }
    assert_eq!(folder.cache().info().unwrap().entries, 1);
    assert_eq!(folder.cache().clear().unwrap(), 1);
    for name in names {
        assert!(cache.join(name).exists(), "{name}");
    }
}

#[test]
fn many_at_once() {
    let folder = Folder::new();
    for _ in 0..4 {
        std::thread::scope(|scope| {
            for i in 0..64 {
                let folder = &folder;
                let compile = if i % 4 == 0 {
                    Compile::Eager
                } else {
                    Compile::Lazy
                };
                scope.spawn(move || {
                    let engine = engine(folder.cache(), compile);
                    check(&Module::new(&engine, &binary()).unwrap());
                });
            }
        });
    }
    folder.entry();
}
