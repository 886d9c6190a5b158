//! What `c-stack/main.c` does, in Rust: a function that waits in the middle of its work, with arrays that live across the
//! wait, on the stack that Rust has in linear memory.
//!
//! main.wasm is made by
//!   rustup target add wasm32-unknown-unknown
//!   rustc --edition 2024 --target wasm32-unknown-unknown --crate-type cdylib -O -C panic=abort -o main.wasm main.rs

#![no_std]

use core::hint::black_box;

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn read_block(file: u32, block: *mut u8, size: usize) -> usize;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The next block; none at the end of the file.
fn next(file: u32, block: &mut [u8; 64]) -> Option<&[u8]> {
    // SAFETY: the host writes no more than it is told to.
    let length = unsafe { read_block(file, block.as_mut_ptr(), block.len()) };
    block.get(..length).filter(|bytes| !bytes.is_empty())
}

/// Its array lies below the frame of whoever calls, and is larger than that.
#[inline(never)]
fn mix(lanes: &mut [u32; 8], block: &[u8]) {
    let mut counts = black_box([0_u32; 64]);
    for byte in block {
        counts[usize::from(byte % 64)] += u32::from(*byte);
    }
    for i in 0..64 {
        let count = counts[(i + block.len()) % 64];
        lanes[i % 8] = lanes[i % 8].wrapping_mul(31).wrapping_add(count);
    }
}

/// One frame for each block: all of them, with their blocks, are on the stack when the last one waits.
#[inline(never)]
fn read(file: u32, lanes: &mut [u32; 8]) {
    let mut block = black_box([0; 64]);
    let mut copy = black_box([0; 64]);
    let Some(bytes) = next(file, &mut block) else {
        return;
    };
    mix(lanes, bytes);
    copy[..bytes.len()].copy_from_slice(bytes);
    read(file, lanes);
    if black_box(&copy)[..] != black_box(&block)[..] {
        lanes[0] = !0; // Somebody has written to what was waiting.
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn checksum(file: u32) -> u32 {
    let mut lanes = black_box([file; 8]);
    read(file, black_box(&mut lanes));
    lanes
        .iter()
        .fold(0, |sum: u32, lane| sum.wrapping_mul(33).wrapping_add(*lane))
}
