//! Programs compiled from C and from Rust: a hundred tasks in one instance, each with arrays on a second stack of its own,
//! ended and cancelled in random order.

mod common;

#[allow(dead_code, reason = "its `main` is the example's")]
#[path = "../examples/c_stack.rs"]
mod example;

use bident::{
    Accessor, Engine, Error, ErrorKind, Linker, Memory, Module, SecondStack, SecondStackOptions,
    Store, Task, Tasks, TypedFunc,
};
use common::gate::{Gate, block_on, once};
use common::{Counter, Random, both};
use example::{block_of, checksum_of};
use std::fs;
use std::path::Path;
use std::pin::pin;
use std::process::Command;

const TASKS: u32 = 100;

const PROGRAMS: [(&str, &[u8]); 2] = [
    ("C", example::PROGRAM),
    (
        "Rust",
        include_bytes!("../../../examples/rust-stack/main.wasm"),
    ),
];

struct Host {
    memory: Option<Memory>,
    /// Who waits for a block of which file.
    gates: Vec<Gate>,
    futures: Counter,
}

/// A program in a store, and its function `checksum`.
struct Program {
    store: Store<Host>,
    checksum: TypedFunc<u32, u32>,
}

/// Waits until the gate of its file gives the number of the block, and writes that where the guest wants it.
async fn read_block(store: Accessor<Host>, file: u32, block: u32, size: u32) -> Result<u32, Error> {
    let (gate, counted) = store.with(|caller| {
        let host = caller.data();
        (host.gates[file as usize].clone(), host.futures.counted())
    })?;
    let number = gate.pass().await;
    gate.close();
    drop(counted);
    let bytes = block_of(file, number as u32);
    let length = bytes.len().min(size as usize);
    store.with(|caller| {
        let memory = caller.data().memory.expect("set before");
        memory.write(caller, block as usize, &bytes[..length])
    })??;
    Ok(length as u32)
}

impl Program {
    fn new(engine: &Engine, program: &[u8], options: Option<&SecondStackOptions>) -> Self {
        let module = Module::from_text_or_binary(engine, program).unwrap();
        let mut linker = Linker::new(engine);
        linker
            .func_wrap_async("host", "read_block", read_block)
            .unwrap();
        let host = Host {
            memory: None,
            gates: (0..TASKS).map(|_| Gate::new()).collect(),
            futures: Counter::default(),
        };
        let mut store = Store::new(engine, host);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        if let Some(options) = options {
            SecondStack::new(&mut store, &instance, options).unwrap();
        }
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let checksum = instance.get_typed_func(&mut store, "checksum").unwrap();
        Self { store, checksum }
    }

    /// Polls the set until nothing goes on any more.
    fn poll(&mut self, tasks: &mut Tasks) {
        while let std::task::Poll::Ready(Some(_)) = once(pin!(tasks.next(&mut self.store))) {}
    }

    /// Ends and cancels a hundred tasks in random order, checks the results, and gives how many were cancelled.
    fn storm(&mut self, random: &mut Random) -> usize {
        let mut tasks = Tasks::new(&self.store);
        // File, how many blocks it has read, task.
        let mut live: Vec<(u32, u32, Task<u32>)> = Vec::new();
        let mut files: Vec<u32> = (0..TASKS).collect();
        random.shuffle(&mut files);
        for file in files {
            live.push((file, 0, tasks.spawn(&self.checksum, file).unwrap()));
        }
        self.poll(&mut tasks);
        assert_eq!(self.store.data().futures.live(), TASKS as usize);
        let mut cancelled = 0;
        while !live.is_empty() {
            let (file, blocks, mut task) = live.swap_remove(random.below(live.len()));
            match random.below(8) {
                0 => assert!(tasks.cancel(&mut self.store, &task)),
                1 => task.cancel(),
                2 => task.throw(Error::new(std::io::Error::other("enough"))),
                _ => self.store.data().gates[file as usize].open(blocks as i32),
            }
            self.poll(&mut tasks);
            assert_eq!(tasks.len(), live.len() + usize::from(!task.has_ended()));
            assert_eq!(self.store.data().futures.live(), tasks.len());
            match task.try_take() {
                None => live.push((file, blocks + 1, task)),
                Some(Ok(sum)) => assert_eq!(sum, checksum_of(file), "file {file}"),
                Some(Err(error)) => {
                    let expected = [ErrorKind::Cancelled, ErrorKind::Host];
                    assert!(expected.contains(&error.kind()), "{error}");
                    cancelled += 1;
                }
            }
        }
        assert!(tasks.is_empty());
        cancelled
    }
}

#[track_caller]
fn check(engine: &Engine, name: &str, program: &[u8]) {
    let options = SecondStackOptions::new().region_size(8 << 10);
    let mut program = Program::new(engine, program, Some(&options));
    let mut random = Random(0x9e37_79b9);
    let mut cancelled = 0;
    for _ in 0..3 {
        cancelled += program.storm(&mut random);
    }
    assert!((30..250).contains(&cancelled), "{name}: {cancelled}");
    // Regions and stacks were given back: one call alone works, and leaves nothing.
    let Program { store, checksum } = &mut program;
    for (block, gate) in store.data().gates.iter().enumerate() {
        assert!(once(pin!(gate.pass())).is_pending(), "{block}");
    }
    let gate = store.data().gates[4].clone();
    let mut call = Box::pin(checksum.call_async(&mut *store, 4));
    let mut blocks = 0;
    let sum = loop {
        match once(call.as_mut()) {
            std::task::Poll::Ready(sum) => break sum.unwrap(),
            std::task::Poll::Pending => gate.open(blocks),
        }
        blocks += 1;
    };
    drop(call);
    assert_eq!(sum, checksum_of(4), "{name}");
    assert_eq!(store.stats().live, 0, "{name}");
}

#[test]
fn tasks_of_compiled_programs_end_in_any_order() {
    for (name, program) in PROGRAMS {
        both(|engine| check(engine, name, program));
    }
}

/// What they would do to each other: so the programs do keep arrays there across waits.
#[test]
fn without_regions_they_are_refused_and_damage_each_other_where_let() {
    for (name, program) in PROGRAMS {
        let engine = Engine::default();
        let mut refused = Program::new(&engine, program, None);
        let mut tasks = Tasks::new(&refused.store);
        let _first = tasks.spawn(&refused.checksum, 0).unwrap();
        let second = tasks.spawn(&refused.checksum, 1).unwrap();
        refused.poll(&mut tasks);
        let error = block_on(second).unwrap_err();
        assert!(
            error.to_string().contains("SecondStack::new"),
            "{name}: {error}"
        );

        let engine = Engine::new(&bident::Config::new().share_second_stack(true)).unwrap();
        let mut shared = Program::new(&engine, program, None);
        let mut tasks = Tasks::new(&shared.store);
        let spawned = (0..TASKS).map(|file| tasks.spawn(&shared.checksum, file).unwrap());
        let mut spawned: Vec<_> = spawned.collect();
        shared.poll(&mut tasks);
        for block in 0..6 {
            for gate in &shared.store.data().gates.clone() {
                gate.open(block);
            }
            shared.poll(&mut tasks);
        }
        let sums = spawned.iter_mut().map(|task| task.try_take());
        let right = sums
            .zip(0..)
            .filter(|(sum, file)| matches!(sum, Some(Ok(sum)) if *sum == checksum_of(*file)));
        let right = right.count();
        assert!(right < TASKS as usize, "{name}: all right by chance");
    }
}

/// The program in the repository is what its source says, where this machine can tell.
#[test]
fn the_rust_program_compiled_now() {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/rust-stack/main.rs"
    );
    let name = format!("bident-rust-stack-{}.wasm", std::process::id());
    let output = std::env::temp_dir().join(name);
    for level in ["0", "2", "s"] {
        let compiled = Command::new("rustc")
            .args(["--edition", "2024", "--target", "wasm32-unknown-unknown"])
            .args(["--crate-type", "cdylib", "-C", "panic=abort", "-C"])
            .arg(format!("opt-level={level}"))
            .arg("-o")
            .args([&*output, Path::new(source)])
            .output();
        let made = compiled.is_ok_and(|compiled| compiled.status.success());
        let Some(program) = made.then(|| fs::read(&output).unwrap()) else {
            println!("skipped: no rustc with the target wasm32-unknown-unknown on this machine");
            return;
        };
        fs::remove_file(&output).unwrap();
        both(|engine| check(engine, level, &program));
    }
}
