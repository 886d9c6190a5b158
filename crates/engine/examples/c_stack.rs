//! A C function that waits, a hundred calls at once: `cargo run -p bident --example c_stack`.
//!
//! ```text
//!  checksum(file) ── read_block(file, block, 64) ──► parked, with the address of `block`
//!        ▲                                                        │ any of them, in any order
//!        └── length ◄── the bytes are written to that address ◄───┘
//! ```
//!
//! Each call keeps arrays on C's stack in linear memory while it waits. With a `SecondStack` each has a
//! region of its own there. Without, they overwrite what the others keep.

use bident::{
    Engine, Error, Linker, Module, Outcome, ParkedCall, Reply, SecondStack, SecondStackOptions,
    Store, Val,
};

/// Compiled by clang, from main.c beside it.
pub(crate) const PROGRAM: &[u8] = include_bytes!("../../../examples/c-stack/main.wasm");

pub(crate) const CALLS: u32 = 100;

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    println!("{CALLS} calls of a C function wait at once, and go on in random order");
    let right = right_sums(&engine, PROGRAM, Some(&SecondStackOptions::new()))?;
    println!("with a region each: {right} are right");
    let right = right_sums(&engine, PROGRAM, None)?;
    println!("on one stack: {right} are right");
    Ok(())
}

/// What `read_block` waits for.
struct Read {
    file: u32,
    block: u32,
    size: u32,
}

/// A call that waits, and how many blocks it has read.
struct Reader {
    file: u32,
    blocks: u32,
    call: ParkedCall,
}

/// How many of the calls give what they should.
pub(crate) fn right_sums(
    engine: &Engine,
    program: &[u8],
    second_stack: Option<&SecondStackOptions>,
) -> Result<u32, Error> {
    let module = Module::from_text_or_binary(engine, program)?;
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "read_block", |file: u32, block: u32, size: u32| {
        Reply::<u32, _>::Pending(Read { file, block, size })
    })?;
    let mut store = Store::new(engine, ());
    // Without this the second call is refused where none has a region.
    store.share_second_stack(true);
    let instance = linker.instantiate(&mut store, &module)?;
    if let Some(options) = second_stack {
        SecondStack::new(&mut store, &instance, options)?;
    }
    let exported = "clang exports the memory, and what the program says";
    let memory = instance.get_memory(&mut store, "memory").expect(exported);
    let checksum = instance.get_func(&mut store, "checksum").expect(exported);

    let mut readers = Vec::new();
    for file in 0..CALLS {
        match checksum.start(&mut store, &[Val::I32(file as i32)])? {
            Outcome::Parked(call) => readers.push(Reader {
                file,
                blocks: 0,
                call,
            }),
            _ => unreachable!("every file has a block"),
        }
    }
    let (mut right, mut random) = (0, 1_u32);
    while !readers.is_empty() {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let next = (random >> 16) as usize % readers.len();
        let mut reader = readers.swap_remove(next);
        let read: Read = reader.call.payload().take().expect("of `read_block`");
        let block = block_of(read.file, reader.blocks);
        let length = block.len().min(read.size as usize);
        memory.write(&mut store, read.block as usize, &block[..length])?;
        match reader.call.resume(&mut store, &[Val::I32(length as i32)])? {
            Outcome::Parked(call) => readers.push(Reader {
                blocks: reader.blocks + 1,
                call,
                ..reader
            }),
            Outcome::Returned(sum) => {
                right += u32::from(sum[0].i32() == Some(checksum_of(reader.file) as i32));
            }
            Outcome::Suspended(_) => unreachable!("C has no continuations"),
        }
    }
    Ok(right)
}

/// Content of a file: one to five blocks, then an empty one.
pub(crate) fn block_of(file: u32, block: u32) -> Vec<u8> {
    let length = if block <= file % 5 { 64 - file % 7 } else { 0 };
    (0..length)
        .map(|i| (file * 7 + block * 13 + i * i) as u8)
        .collect()
}

/// What the C function computes.
pub(crate) fn checksum_of(file: u32) -> u32 {
    let mut lanes = [file; 8];
    let blocks = (0..).map(|i| block_of(file, i));
    for block in blocks.take_while(|block| !block.is_empty()) {
        let mut counts = [0_u32; 64];
        for byte in &block {
            counts[usize::from(byte % 64)] += u32::from(*byte);
        }
        for i in 0..64 {
            let count = counts[(i + block.len()) % 64];
            lanes[i % 8] = lanes[i % 8].wrapping_mul(31).wrapping_add(count);
        }
    }
    lanes
        .iter()
        .fold(0, |sum: u32, lane| sum.wrapping_mul(33).wrapping_add(*lane))
}
