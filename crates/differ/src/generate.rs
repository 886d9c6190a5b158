//! From a seed to a module.

use crate::rewrite;
use anyhow::{Context as _, Result};
use arbitrary::Unstructured;
use bident_fuzz::Random;
use wasm_smith::{Config, InstructionKind, InstructionKinds, MemoryOffsetChoices, Module};

/// What a call may use up of the module's fuel: calls, rounds of loops, elements of bulk instructions.
pub const FUEL: u32 = 1000;
/// Largest memory that a module asks for.
const MEMORY: u64 = 20 << 16;
/// The same, of a small module.
const SMALL_MEMORY: u64 = 2 << 16;
/// Of 100 modules, those that are small: of more of them more can be run, and what goes wrong seldom needs much.
const SMALL: u32 = 70;
/// Of 100 modules, those whose bytes are changed: whether they are valid is all that is asked of them.
const MUTATED: u32 = 12;

/// How often other bytes are tried.
const ATTEMPTS: u32 = 100;

/// What a seed stands for.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module.
    pub bytes: Vec<u8>,
    /// What is done with it.
    pub purpose: Purpose,
}

/// What is done with a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// It is run; NaNs are the same everywhere because the engines see to it (`true`), or the module does.
    Run(bool),
    /// It is loaded, if it is valid.
    Load,
}

/// The case of a seed.
///
/// # Errors
/// wasm-smith makes no module, which no seed should lead to.
pub fn generate(seed: u64) -> Result<Case> {
    let mut random = Random::new(seed);
    let mutated = random.chance(MUTATED);
    let deterministic = random.chance(75);
    // Some bytes are no module: they contradict the configuration.
    let mut attempts = (0..ATTEMPTS).filter_map(|_| attempt(&mut random, deterministic));
    let mut module = attempts.next().context("wasm-smith makes no module")?;
    let fuel = module
        .ensure_termination(FUEL)
        .context("wasm-smith cannot make it end")?;
    let bytes = rewrite::export_global(&module.to_bytes(), fuel)?;
    Ok(if mutated {
        Case {
            bytes: mutate(bytes, &mut random),
            purpose: Purpose::Load,
        }
    } else {
        Case {
            bytes,
            purpose: Purpose::Run(deterministic),
        }
    })
}

/// A module of random bytes, if they are one.
fn attempt(random: &mut Random, deterministic: bool) -> Option<Module> {
    let small = random.chance(SMALL);
    let config = config(random, deterministic, small);
    let most = if small { 3 } else { 6 };
    let mut bytes = vec![0; 1 << (9 + random.below(most))];
    for chunk in bytes.as_chunks_mut::<8>().0 {
        *chunk = random.bits().to_le_bytes();
    }
    let module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    (!rewrite::may_wait(&module.to_bytes()).ok()?).then_some(module)
}

/// What kind of module: each with other features. Even those that are not small are smaller than what compilers make.
fn config(random: &mut Random, deterministic: bool, small: bool) -> Config {
    let mut up_to = |most: u32| random.below(most + 1) as usize;
    let (funcs, instructions, memory) = if small {
        (3, 80, SMALL_MEMORY)
    } else {
        (10, 300, MEMORY)
    };
    let mut config = Config {
        min_types: up_to(8),
        max_types: 8 + up_to(30),
        max_imports: up_to(1) * up_to(12),
        min_tags: up_to(1),
        max_tags: 1 + up_to(4),
        min_funcs: 1 + up_to(funcs),
        max_funcs: 1 + funcs as usize + up_to(funcs),
        min_globals: up_to(4),
        max_globals: 4 + up_to(12),
        max_element_segments: up_to(6),
        max_elements: up_to(12),
        max_data_segments: up_to(6),
        max_instructions: 10 + up_to(instructions),
        min_memories: up_to(1) as u32,
        max_memories: 1 + up_to(2),
        min_tables: up_to(1) as u32,
        max_tables: 1 + up_to(3),
        const_expr_fuel: 20,
        ..Config::default()
    };
    let mut often = || random.chance(80);
    config.bulk_memory_enabled = often();
    config.reference_types_enabled = often();
    config.simd_enabled = often();
    config.multi_value_enabled = often();
    config.saturating_float_to_int_enabled = often();
    config.sign_extension_ops_enabled = often();
    config.relaxed_simd_enabled = deterministic && often();
    config.exceptions_enabled = often();
    config.tail_call_enabled = often();
    config.gc_enabled = often();
    config.memory64_enabled = often();
    config.extended_const_enabled = often();
    config.wide_arithmetic_enabled = often();
    config.custom_page_sizes_enabled = often();
    config.allow_floats = often();
    config.memory_max_size_required = often();
    config.threads_enabled = often();
    config.disallow_traps = random.chance(60);
    config.canonicalize_nans = !deterministic;
    config.export_everything = true;
    config.generate_custom_sections = random.chance(5);
    config.min_uleb_size = if random.chance(5) { 5 } else { 1 };
    config.max_memory32_bytes = memory;
    config.max_memory64_bytes = memory.into();
    config.max_table_elements = 200;
    config.memory_offset_choices = MemoryOffsetChoices(90, 9, 1);
    config.limit_arrays_in_const_exprs = true;
    // What nothing here has.
    config.compact_imports_enabled = false;
    if random.chance(30) {
        config.allowed_instructions = kinds(random);
    }
    config
}

/// Some kinds of instructions.
fn kinds(random: &mut Random) -> InstructionKinds {
    let all = [
        InstructionKind::Numeric,
        InstructionKind::Vector,
        InstructionKind::Reference,
        InstructionKind::Parametric,
        InstructionKind::Variable,
        InstructionKind::Table,
        InstructionKind::Memory,
        InstructionKind::Control,
        InstructionKind::Aggregate,
    ];
    let some: Vec<_> = all.into_iter().filter(|_| random.chance(60)).collect();
    InstructionKinds::new(&some)
}

/// Changes a few bytes.
fn mutate(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(4) {
        let place = random.below(bytes.len().max(1) as u32) as usize;
        let byte = random.bits() as u8;
        match random.below(10) {
            0 if !bytes.is_empty() => drop(bytes.remove(place)),
            1 => bytes.insert(place, byte),
            2 if random.chance(20) => bytes.truncate(place),
            3 | 4 => {
                if let Some(old) = bytes.get_mut(place) {
                    *old ^= 1 << (byte & 7);
                }
            }
            5 | 6 => {
                if let Some(old) = bytes.get_mut(place) {
                    *old = old.wrapping_add((byte % 5).wrapping_sub(2));
                }
            }
            _ => {
                if let Some(old) = bytes.get_mut(place) {
                    *old = byte;
                }
            }
        }
    }
    bytes
}
