//! Cranelift's settings for this machine.

use crate::error::Error;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};

/// Settings that differ from Cranelift's defaults, each with its reason.
const SETTINGS: &[(&str, &str)] = &[
    ("opt_level", "speed"),
    // Stacks move by rebasing the chain of frame pointers; backtraces follow it.
    ("preserve_frame_pointers", "true"),
    // The limit check of the prologue is the only one: a stacklet has no guard page to probe.
    ("enable_probestack", "false"),
    ("unwind_info", "false"),
    // Only calls of other functions refer to anything outside a function: by a displacement, or, where the code
    // may not be there yet, by way of a slot that a displacement reaches.
    ("is_pic", "true"),
    // A checking pass for our own translation, not for guests.
    ("enable_verifier", DEBUG),
];

const DEBUG: &str = if cfg!(debug_assertions) {
    "true"
} else {
    "false"
};

/// Whether code can be generated for this machine.
///
/// # Errors
/// The CPU lacks what Cranelift would call library functions for: those must not run on a stacklet.
pub(crate) fn check() -> Result<(), Error> {
    let needed = [
        (is_x86_feature_detected!("ssse3"), "SSSE3"),
        (is_x86_feature_detected!("sse4.1"), "SSE4.1"),
    ];
    match needed.iter().find(|(is_there, _)| !is_there) {
        Some((_, name)) => Err(Error::Target(format!("the CPU lacks {name}"))),
        None => Ok(()),
    }
}

/// What relaxed vector operators do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relaxed {
    /// The choices of the specification's deterministic profile.
    Deterministic,
    /// What is best on the machine.
    Machine {
        /// Whether it multiplies and adds in one, without a call.
        fma: bool,
    },
}

impl Relaxed {
    /// What is best on the machine that code is generated for.
    pub(crate) fn machine(isa: &OwnedTargetIsa) -> Self {
        let fma = is_on(isa, "has_fma") && is_on(isa, "has_avx");
        Self::Machine { fma }
    }
}

/// Whether the machine has a feature, by Cranelift's name of the flag.
fn is_on(isa: &OwnedTargetIsa, flag: &str) -> bool {
    let mut values = isa.isa_flags().into_iter();
    values.any(|value| value.name == flag && value.as_bool() == Some(true))
}

/// The machine that this program runs on, with some settings that differ.
pub(crate) fn host(others: &[(&str, &str)]) -> Result<OwnedTargetIsa, Error> {
    let target = |message: &dyn std::fmt::Display| Error::Target(message.to_string());
    let mut flags = settings::builder();
    for (name, value) in SETTINGS.iter().chain(others) {
        flags.set(name, value).map_err(|e| target(&e))?;
    }
    let builder = cranelift_native::builder().map_err(|e| target(&e))?;
    builder
        .finish(settings::Flags::new(flags))
        .map_err(|e| target(&e))
}
