//! Functions, each compiled by itself, to one text image.

use crate::artifact::{Artifact, FunctionRange, INLINED, Landing, Outside, Reach};
use crate::error::Error;
use crate::inline::Origins;
use crate::near::{self, INT3, Sites, Target};
use crate::{invariants, trap};
use bident_abi::TrapCode;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{CodegenError, FinalizedMachExceptionHandler, MachBufferFinalized};
use cranelift_codegen::{Context, FinalizedRelocTarget};
use cranelift_control::ControlPlane;

/// A 32-bit displacement reaches this far.
const MAX_TEXT: usize = i32::MAX as usize;

/// One compiled function. Offsets are from its start.
pub(crate) struct Code {
    pub(crate) bytes: Vec<u8>,
    pub(crate) traps: Vec<(u32, TrapCode)>,
    /// As in [`Artifact::addresses`].
    addresses: Vec<(u32, u32)>,
    /// As in [`Artifact::inlined`].
    inlined: Vec<(u32, u32)>,
    /// As in [`Artifact::landings`].
    landings: Vec<(u32, Landing)>,
    calls: Vec<Call>,
    transfers: Jumps,
    alignment: usize,
}

/// As in [`Artifact::transfers`].
type Jumps = Vec<(u32, u32)>;

/// A call instruction whose displacement is to be filled in.
struct Call {
    /// Of the displacement.
    offset: u32,
    /// Added to the distance from there.
    addend: i64,
    /// Position of the callee among the defined functions.
    callee: usize,
    /// What lies there.
    reach: Reach,
}

/// Compiles the function that the context holds.
pub(crate) fn compile(
    isa: &dyn TargetIsa,
    context: &mut Context,
    origins: &Origins,
    what: impl Fn() -> String,
) -> Result<Code, Error> {
    if cfg!(debug_assertions) {
        invariants::check(&context.func);
    }
    context
        .compile(isa, &mut ControlPlane::default())
        .map_err(|error| failed(what(), error.inner))?;
    let failed = |reason: String| Error::Codegen {
        what: what(),
        reason,
    };
    let compiled = context.compiled_code().expect("it was just compiled");
    let buffer = &compiled.buffer;
    let preferred = isa.function_alignment().preferred;
    let mut bytes = buffer.data().to_vec();
    let (calls, transfers) = calls(&context.func, buffer, &mut bytes).map_err(failed)?;
    Ok(Code {
        bytes,
        traps: traps(buffer).map_err(failed)?,
        addresses: addresses(buffer),
        inlined: origins.inlined.clone(),
        landings: landings(buffer).map_err(failed)?,
        calls,
        transfers,
        alignment: buffer.alignment.max(preferred) as usize,
    })
}

/// What to say of a function for which the code generator gave up.
pub(crate) fn failed(what: String, error: CodegenError) -> Error {
    let reason = match error {
        CodegenError::Verifier(errors) => errors.to_string(),
        other => other.to_string(),
    };
    Error::Codegen { what, reason }
}

type Buffer = MachBufferFinalized<cranelift_codegen::Final>;

fn traps(buffer: &Buffer) -> Result<Vec<(u32, TrapCode)>, String> {
    let traps = buffer
        .traps()
        .iter()
        .filter(|found| found.code != trap::BACK);
    let traps = traps.map(|found| {
        let code = trap::from_clif(found.code);
        let code = code.ok_or_else(|| format!("unknown trap code {}", found.code))?;
        Ok((found.offset, code))
    });
    let mut traps = traps.collect::<Result<Vec<_>, String>>()?;
    traps.sort_unstable_by_key(|(offset, _)| *offset);
    Ok(traps)
}

fn addresses(buffer: &Buffer) -> Vec<(u32, u32)> {
    let ranges = buffer.get_srclocs_sorted().iter();
    let known = ranges.filter(|range| !range.loc.is_default());
    let mut addresses: Vec<_> = known.map(|r| (r.start, r.loc.bits())).collect();
    addresses.dedup_by_key(|(_, address)| *address);
    addresses
}

fn landings(buffer: &Buffer) -> Result<Vec<(u32, Landing)>, String> {
    let sites = buffer.call_sites();
    let caught = sites.filter(|site| !site.exception_handlers.is_empty());
    let landings = caught.map(|site| match (site.exception_handlers, site.frame_offset) {
        (&[FinalizedMachExceptionHandler::Default(pad)], Some(frame)) => {
            Ok((site.ret_addr, Landing { pad, frame }))
        }
        other => Err(format!("unknown kind of call site {other:?}")),
    });
    let mut landings = landings.collect::<Result<Vec<_>, String>>()?;
    landings.sort_unstable_by_key(|(at, _)| *at);
    Ok(landings)
}

/// Finds the calls that the layout resolves, and the transfers, and makes the pieces they need.
fn calls(
    func: &Function,
    buffer: &Buffer,
    code: &mut Vec<u8>,
) -> Result<(Vec<Call>, Jumps), String> {
    let names = func.params.user_named_funcs();
    let mut calls = Vec::new();
    let mut returns = (0, Vec::new());
    let mut sites = Sites::default();
    for found in buffer
        .traps()
        .iter()
        .filter(|found| found.code == trap::BACK)
    {
        sites.back(code, found.offset)?;
    }
    for reloc in buffer.relocs() {
        let reach = match reloc.kind {
            Reloc::X86CallPCRel4 => Some(Reach::Code),
            Reloc::X86GOTPCRel4 => Some(Reach::Slot),
            _ => None,
        };
        let (FinalizedRelocTarget::ExternalName(ExternalName::User(name)), Some(reach)) =
            (&reloc.target, reach)
        else {
            let target = reloc.target.display(Some(&func.params));
            let kind = reloc.kind;
            return Err(format!(
                "code refers to {target} ({kind}), which is no function of the module"
            ));
        };
        match Target::of(&names[*name]) {
            Target::Function(defined) => calls.push(Call {
                offset: reloc.offset,
                addend: reloc.addend,
                callee: defined as usize,
                reach,
            }),
            Target::Transfer { stub, site } => sites.transfer(stub, site, reloc.offset),
            Target::Neutral(defined) => calls.push(Call {
                offset: near::neutral_call(code, reloc.offset)?,
                addend: reloc.addend,
                callee: defined as usize,
                reach,
            }),
            Target::Return(ints) => {
                returns.0 = ints;
                returns.1.push(reloc.offset);
            }
        }
    }
    let (ints, ends) = returns;
    if !ends.is_empty() {
        near::neutral_return(code, &ends, ints);
    }
    Ok((calls, sites.finish(code)?))
}

/// Lays out functions of a module one after the other: those at the positions `members` among the defined
/// ones, in this order. Each comes with the position of its body in the binary. Calls of others are
/// [`Artifact::outside`]; if it is `quick` code, those of members, too, since there may be better code of them.
pub(crate) fn link(
    codes: Vec<Code>,
    members: Vec<u32>,
    bodies: impl Iterator<Item = u32>,
    quick: bool,
) -> Result<Artifact, Error> {
    let mut artifact = Artifact {
        members,
        quick,
        ..Artifact::default()
    };
    for (code, body) in codes.iter().zip(bodies) {
        place(&mut artifact, code, body)?;
    }
    for (caller, code) in codes.iter().enumerate() {
        for call in &code.calls {
            resolve(&mut artifact, caller, call);
        }
    }
    Ok(artifact)
}

/// Appends a function. What precedes its first operator counts as the start of its body.
fn place(artifact: &mut Artifact, code: &Code, body: u32) -> Result<(), Error> {
    let start = artifact.text.len().next_multiple_of(code.alignment);
    if start + code.bytes.len() > MAX_TEXT {
        return Err(Error::TooLarge { limit: MAX_TEXT });
    }
    // Nothing falls through from one function into the next; if it did, it would stop.
    artifact.text.resize(start, INT3);
    artifact.text.extend_from_slice(&code.bytes);
    let (start, len) = (start as u32, code.bytes.len() as u32);
    artifact.functions.push(FunctionRange { start, len });
    let shifted = code.traps.iter().map(|(at, code)| (start + at, *code));
    artifact.traps.extend(shifted);
    if code.addresses.first().is_none_or(|(at, _)| *at > 0) {
        artifact.addresses.push((start, body));
    }
    let shifted = code.transfers.iter();
    let shifted = shifted.map(|&(at, stub)| (start + at, stub));
    artifact.transfers.extend(shifted);
    let before = artifact.inlined.len() as u32;
    let origin = |from: u32| from + if from < INLINED { 0 } else { before };
    let shifted = code.addresses.iter();
    let shifted = shifted.map(|&(at, from)| (start + at, origin(from)));
    artifact.addresses.extend(shifted);
    let inlined = code.inlined.iter();
    let inlined = inlined.map(|&(position, call)| (position, origin(call)));
    artifact.inlined.extend(inlined);
    let shifted = code.landings.iter().map(|(at, landing)| {
        let pad = start + landing.pad;
        (start + at, Landing { pad, ..*landing })
    });
    artifact.landings.extend(shifted);
    Ok(())
}

/// Fills in the distance from a call to its callee, if that is a member, too.
fn resolve(artifact: &mut Artifact, caller: usize, call: &Call) {
    let at = artifact.functions[caller].start + call.offset;
    let addend = i32::try_from(call.addend).expect("it is the size of a displacement");
    let (function, reach) = (call.callee as u32, call.reach);
    let outside = Outside {
        at,
        addend,
        function,
        reach,
    };
    match artifact.position(call.callee) {
        Some(callee) if reach == Reach::Code && !artifact.quick => {
            let target = artifact.functions[callee].start as usize;
            let filled = outside.fill(&mut artifact.text, 0, target);
            assert!(filled, "the size of the text is limited");
        }
        _ => artifact.outside.push(outside),
    }
}
