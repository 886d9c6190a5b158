//! The least that a step of each kernel takes on this processor, in plain assembly (`model.s`): what every
//! implementation has to do that keeps the semantics, and nothing that only this engine does.
//!
//! What stands for what, and why it cannot be left out:
//!
//! - `RESUME`, `SWITCH`. The record that the reference names: its lower half. One use: a compare with the record, and
//!   another revision, since copies of a reference may be anywhere; `jc`, since revisions end. Who runs (r14) and
//!   under whose handlers (r15): anyone may resume. The saved stack pointer, and where it goes on: code of any
//!   module may be there.
//! - `SUSPEND`, `SWITCH`. The nearest handler's tag: handlers are found at run time. Where to go on and with which stack
//!   pointer. The reference of this revision, for the other side.
//! - What a function needs after a transfer is in its frame: other code has used all registers.
//! - Tables: the bounds check, a load or store. Null needs no test: it names a record that no reference fits.
//! - Globals and linear memory: the program's stores, and one load for what may have changed since it was last
//!   loaded or stored.
//! - `walk`, `c_walk`: a real call and `ret` for each node. The test for one that is not there stands before the
//!   call, as if a compiler had put it there.
//!
//! What another implementation may do without: a frame pointer and a limit of the stack (stacks that do not
//! grow by moving), who runs in memory (a signal handler that reads registers), an instance that is found at run time
//! (code for one instance). Chains of several stacks, and handlers that are not the nearest, would lead out of
//! line.

use std::arch::global_asm;
use std::mem::offset_of;

/// A stack, and what is known of it.
#[repr(C, align(64))]
struct Record {
    sp: u64,
    reference: u64,
    stack: [u64; 6 + 128],
}

/// All memory that the models use. r12 leads to it.
#[repr(C, align(4096))]
pub(crate) struct World {
    /// Nobody's: what null names.
    nobody: u64,
    nobodys_reference: u64,
    /// The nearest handler's tag, and where it is handled.
    handlers: [u64; 2],
    table: [u64; SLOTS],
    stack_pointer: u32,
    this: u32,
    left_by: u32,
    left: u32,
    count: u32,
    records: [Record; 8],
    memory: [u32; 16384],
}

/// Length of the table.
const SLOTS: usize = 16;
/// Where in linear memory: fibers, nodes of a tree, ends of stacks.
const FIBERS: u32 = 1024;
const NODES: u32 = 1088;
const STACKS: u32 = 17664;
const STACK: u32 = 4288;

type Entry = unsafe extern "sysv64" fn();

impl World {
    /// A world in which as many continuations as the table's first slots name would run `entry`.
    fn new(continuations: usize, entry: Entry) -> Box<Self> {
        const EMPTY: Record = Record {
            sp: 0,
            reference: 0,
            stack: [0; 6 + 128],
        };
        let mut world = Box::new(Self {
            nobody: 0,
            nobodys_reference: 0,
            handlers: [0; 2],
            table: [0; SLOTS],
            stack_pointer: 0,
            this: 0,
            left_by: 0,
            left: 0,
            count: 0,
            records: [EMPTY; 8],
            memory: [0; 16384],
        });
        world.nobodys_reference = u64::MAX;
        for (i, record) in world.records.iter_mut().enumerate().take(continuations) {
            let position = offset_of!(Self, records) + i * size_of::<Record>();
            record.reference = 1 << 32 | position as u64;
            // Some room above, where code finds the frame that it begins with.
            let sp = record.stack.len() - 32;
            record.stack[sp] = entry as usize as u64;
            record.sp = &raw const record.stack[sp] as u64;
            world.table[i] = record.reference;
            let fiber = (FIBERS as usize + 8 * i) / 4;
            world.memory[fiber] = i as u32;
            world.memory[fiber + 1] = STACKS + STACK * i as u32;
            // Fibers of `switch_fn` and `ring`.
            world.memory[i] = 60000 - 1024 * i as u32;
        }
        world.stack_pointer = 65536;
        for i in 0..1023 {
            let child = |j: usize| if j < 1023 { NODES + 12 * j as u32 } else { 0 };
            let node = NODES as usize / 4 + 3 * i;
            world.memory[node] = child(2 * i + 1);
            world.memory[node + 1] = child(2 * i + 2);
            world.memory[node + 2] = i as u32;
        }
        world
    }
}

macro_rules! models {
    ($($name:ident $start:ident $run:ident $continuations:literal)*) => {
        unsafe extern "sysv64" {
            $(fn $start(); fn $run(n: u32, world: *mut World) -> u32;)*
        }

        /// Runs `n` steps of the model of a kernel, and gives what the kernel would; `None` if it has no model.
        pub(crate) fn run(kernel: &str, n: u32) -> Option<u32> {
            $(
                if kernel == stringify!($name) {
                    let mut world = World::new($continuations, $start);
                    // SAFETY: the models use their world only, and keep the convention's registers.
                    return Some(unsafe { $run(n, &raw mut *world) });
                }
            )*
            None
        }
    };
}

models! {
    generator model_generator_starts model_generator 1
    switch model_switch_starts model_switch 2
    switch_fn model_switch_fn_starts model_switch_fn 2
    ring model_ring_starts model_ring 8
    walk model_walk_starts model_walk 1
    c_generator model_c_generator_starts model_c_generator 1
    c_tasks model_c_tasks_starts model_c_tasks 8
    c_walk model_c_walk_starts model_c_walk 1
}

global_asm!(
    include_str!("model.s"),
    SP = const offset_of!(Record, sp),
    REFERENCE = const offset_of!(Record, reference),
    REVISION = const 1_u64 << 32,
    HANDLERS = const offset_of!(World, handlers),
    TABLE = const offset_of!(World, table),
    STACK_POINTER = const offset_of!(World, stack_pointer),
    THIS = const offset_of!(World, this),
    LEFT_BY = const offset_of!(World, left_by),
    LEFT = const offset_of!(World, left),
    COUNT = const offset_of!(World, count),
    MEMORY = const offset_of!(World, memory),
    SLOTS = const SLOTS,
    FIBERS = const FIBERS,
    NODES = const NODES,
    TAG = const 16,
);
