//! Which WebAssembly proposals the engine implements. The one place that turns one on.

use wasmparser::WasmFeatures;

/// WebAssembly 2.0, plus relaxed SIMD, several memories, 64-bit memories and tables, shared memories and
/// atomic accesses, extended constant expressions, tail calls, typed function references, garbage collection,
/// exceptions (the legacy instructions too) and stack switching.
fn always() -> WasmFeatures {
    // `FLOATS` and `GC_TYPES` are no proposals but switches of wasmparser: without them it refuses
    // `f32`/`f64`, `externref` and continuations.
    WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::MEMORY64
        | WasmFeatures::THREADS
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::SIMD
        | WasmFeatures::RELAXED_SIMD
}

/// Proposals that are off where nobody asks for them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Optional {
    /// Memories whose pages have one byte.
    pub custom_page_sizes: bool,
    /// Sums of 128 bits and products of 64.
    pub wide_arithmetic: bool,
}

impl Optional {
    /// All that is on.
    pub fn features(self) -> WasmFeatures {
        let mut features = always();
        features.set(WasmFeatures::CUSTOM_PAGE_SIZES, self.custom_page_sizes);
        features.set(WasmFeatures::WIDE_ARITHMETIC, self.wide_arithmetic);
        features
    }
}
