//! The module that interprets scripts is valid.

use wasmparser::{Validator, WasmFeatures};

#[test]
fn the_module_is_valid() {
    let binary = match wat::parse_str(bident_fuzz::text()) {
        Ok(binary) => binary,
        Err(error) => panic!("{error}"),
    };
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    if let Err(error) = validator.validate_all(&binary) {
        panic!("{error}");
    }
}
