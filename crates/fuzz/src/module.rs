//! Text of the WebAssembly module that interprets scripts.

use crate::script::{EXN_SLOTS, Kind, SLOTS, Try, sites};
use crate::{ops, sites as site_text};
use std::fmt::Write as _;

const TEMPLATE: &str = include_str!("module.wat");
const LEGACY: &str = include_str!("legacy.wat");

/// The module, in the text format.
pub fn text() -> String {
    TEMPLATE
        .replace(";; @function tables", &function_tables())
        .replace(";; @nulls", &nulls())
        .replace(";; @slots", &slots())
        .replace(";; @host imports", &host_imports())
        .replace(";; @host", &host())
        .replace(";; @legacy", LEGACY)
        .replace(";; @instructions", &ops::dispatch())
        .replace(";; @sites", &site_text::functions())
}

/// The bits that `nulls` of the module answers with, from whether each slot is null.
pub(crate) fn null_bits(
    slot_is_null: impl Fn(Kind, usize) -> bool,
    exn_is_null: impl Fn(usize) -> bool,
) -> i64 {
    let slots = (0..SLOTS as usize).flat_map(|i| Kind::ALL.iter().map(move |&kind| (kind, i)));
    let bits = slots.map(|(kind, i)| slot_is_null(kind, i));
    let bits = bits.chain((0..EXN_SLOTS as usize).map(exn_is_null));
    bits.fold(0, |all, bit| all << 1 | i64::from(bit))
}

fn function_tables() -> String {
    let mut out = String::new();
    let kinds = Kind::ALL.len();
    for (name, count) in [
        ("try", Try::ALL.len()),
        ("site", sites().len()),
        ("to_host", kinds + 1),
        ("from_host", kinds),
    ] {
        let names: String = (0..count).map(|i| format!(" ${name}{i}")).collect();
        let _ = writeln!(out, "(table ${name} funcref (elem{names}))");
    }
    out
}

fn nulls() -> String {
    let append = |kind| {
        format!(
            "(local.set $bits (call $append (local.get $bits) \
             (ref.is_null (table.get ${kind:?} (local.get $i)))))\n"
        )
    };
    Kind::ALL.iter().map(append).collect()
}

/// For each kind: `absent`, whether an instruction with a slot word does nothing, and `take`, its
/// reference.
fn slots() -> String {
    let functions = |&kind: &Kind| {
        let ty = kind.type_name();
        format!(
            "(func $absent_{kind:?} (param $slot i32) (result i32)
               (if (i32.and (local.get $slot) (i32.const 8)) (then (return (i32.const 0))))
               (if (ref.is_null (table.get ${kind:?} (i32.and (local.get $slot) (i32.const 3))))
                 (then (call $note (i64.const -1)) (return (i32.const 1))))
               (i32.const 0))
             (func $take_{kind:?} (param $slot i32) (result (ref null {ty}))
               (table.get ${kind:?} (i32.and (local.get $slot) (i32.const 3)))
               (if (i32.eqz (i32.and (local.get $slot) (i32.const 4)))
                 (then
                   (table.set ${kind:?} (i32.and (local.get $slot) (i32.const 3)) (ref.null {ty})))))\n"
        )
    };
    Kind::ALL.iter().map(functions).collect()
}

/// The host functions that take and give continuations of each kind.
fn host_imports() -> String {
    let functions = |kind: &Kind| {
        let ty = kind.type_name();
        format!(
            "(import \"host\" \"take_{kind:?}\" (func $host_take_{kind:?} (param (ref null {ty}))))
             (import \"host\" \"give_{kind:?}\"
               (func $host_give_{kind:?} (param i32) (result (ref null {ty}))))\n"
        )
    };
    let mut out: String = Kind::ALL.iter().map(functions).collect();
    out += "(import \"host\" \"take_any\" (func $host_take_any (param contref)))\n";
    out
}

/// For each kind: `to_host` and `from_host`, what the instructions with these names do.
fn host() -> String {
    let to_host = |number: usize, kind: Kind, how: &str| {
        format!(
            "(func $to_host{number} (type $to_host_f) (param $slot i32)
               (if (call $absent_{kind:?} (local.get $slot)) (then (return)))
               (call $host_take_{how} (call $take_{kind:?} (local.get $slot))))\n"
        )
    };
    let functions = |(number, kind): (usize, &Kind)| {
        let from_host = format!(
            "(func $from_host{number} (type $from_host_f) (param $slot i32) (param $held i32)
               (table.set ${kind:?} (local.get $slot) (call $host_give_{kind:?} (local.get $held)))
               (call $note
                 (i64.extend_i32_u (ref.is_null (table.get ${kind:?} (local.get $slot))))))\n"
        );
        to_host(number, *kind, &format!("{kind:?}")) + &from_host
    };
    let out: String = Kind::ALL.iter().enumerate().map(functions).collect();
    out + &to_host(Kind::ALL.len(), Kind::Plain, "any")
}

impl Kind {
    /// Name of the type in the module.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Plain => "$plain",
            Self::Sym => "$sym",
            Self::Bound => "$bound",
            Self::Half => "$half",
            Self::Wide => "$wide",
            Self::WideRest => "$wide_rest",
        }
    }
}
