//! Brotli, decompressed a piece at a time, for streams of the Web and for `node:zlib`.

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

/// The data is not Brotli's.
pub(crate) struct Damaged;

/// A decoder in the middle of its data.
pub(crate) struct Unbrotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    total: usize,
    is_over: bool,
}

impl Unbrotli {
    pub(crate) fn new() -> Self {
        let alloc = StandardAlloc::default;
        Self {
            // Windows beyond the standard's would take what a few bytes of input say, up to a GiB.
            state: BrotliState::new_strict(alloc(), alloc(), alloc()),
            total: 0,
            is_over: false,
        }
    }

    /// Whether the end of the data has come.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Appends output to a piece, as much as it has room for; how many bytes of input were taken.
    pub(crate) fn step(&mut self, input: &[u8], piece: &mut Vec<u8>) -> Result<usize, Damaged> {
        if self.is_over {
            return Ok(0);
        }
        let start = piece.len();
        piece.resize(piece.capacity(), 0);
        let (mut left, mut taken) = (input.len(), 0);
        let (mut room, mut made) = (piece.len() - start, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            input,
            &mut room,
            &mut made,
            &mut piece[start..],
            &mut self.total,
            &mut self.state,
        );
        piece.truncate(start + made);
        match result {
            BrotliResult::ResultFailure => return Err(Damaged),
            BrotliResult::ResultSuccess => self.is_over = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(taken)
    }
}
