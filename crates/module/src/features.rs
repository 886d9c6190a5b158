//! Which WebAssembly proposals the engine implements. The one place that turns one on.

use wasmparser::WasmFeatures;

/// WebAssembly 2.0 without SIMD, plus several memories, 64-bit memories and tables, extended constant
/// expressions, tail calls, typed function references, exceptions (the legacy instructions too) and
/// stack switching.
///
/// Garbage collection is on for the sake of recursion groups and declared subtypes. Its own types
/// are refused when they are read ([`crate::decode`]), its instructions when they are compiled.
pub fn features() -> WasmFeatures {
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
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::STACK_SWITCHING
}
