//! The WebAssembly text of the sites: one function for each instruction that resumes.

use crate::script::{Clause, How, Kind, Site, Tag, sites};

pub(crate) fn functions() -> String {
    let sites = sites();
    let functions = sites.iter().enumerate().map(|(i, site)| function(i, *site));
    functions.collect()
}

/// ```text
/// (block $on0 (result ... (ref $captured))
///   (block $on1 (result ...)
///     (return (returned (resume $kind (on $A $on0) (on $B $on1) ...))))
///   store what clause 1 captured, return)
/// store what clause 0 captured, return
/// ```
fn function(number: usize, site: Site) -> String {
    let Site { how, kind, clauses } = site;
    let absent = match how {
        How::ThrowRef => {
            "(if (ref.is_null (table.get $exns (local.get $exn)))
               (then (call $note (i64.const -2)) (return (local.get $acc))))"
        }
        _ => "",
    };
    let fold = if kind.is_wide() {
        "(call $fold_wide"
    } else {
        "(i64.add (i64.const 0)"
    };
    let resume = format!(
        "(return (call $returned (local.get $acc) {fold} {})))",
        instruction(site)
    );
    let body = clauses
        .iter()
        .enumerate()
        .rev()
        .fold(resume, |inner, (i, clause)| match clause {
            Clause::Switch(_) => inner,
            Clause::On(tag) => {
                let (label, store) = (label(*tag, kind), store(*tag, kind));
                format!(
                    "(block $on{i} {label}\n{inner})
                 {store}
                 (return (call $captured (i64.const {i}) (local.get $value)))\n"
                )
            }
        });
    format!(
        "(func $site{number} (type $site_f)
           (param $slot i32) (param $c i32) (param $acc i64) (result i64)
           (local $to i32) (local $exn i32) (local $value i64) (local $k (ref null $plain))
           (local $mixed (ref null $mixed)) (local $cont (ref null $cont))
           (local $refs (ref null $refs)) (local $x externref)
           (local $wide_rest (ref null $wide_rest)) (local $wide_mixed (ref null $wide_mixed))
           (local.set $to (i32.and (local.get $c) (i32.const 3)))
           (local.set $exn (i32.and (i32.shr_u (local.get $c) (i32.const 4)) (i32.const 1)))
           (if (call $absent_{kind:?} (local.get $slot)) (then (return (local.get $acc))))
           {absent}
           {body})\n"
    )
}

fn instruction(Site { how, kind, clauses }: Site) -> String {
    let name = match how {
        How::Resume => "resume",
        How::Throw1 | How::Throw2 => "resume_throw",
        How::ThrowRef => "resume_throw_ref",
    };
    let tag = match how {
        How::Throw1 => "$one",
        How::Throw2 => "$two",
        How::Resume | How::ThrowRef => "",
    };
    let handler = |(i, clause): (usize, &Clause)| match clause {
        Clause::On(tag) => format!("(on ${tag:?} $on{i}) "),
        Clause::Switch(tag) => format!("(on ${tag:?} switch) "),
    };
    let handlers: String = clauses.iter().enumerate().map(handler).collect();
    let operands = match how {
        How::Resume => arguments(kind),
        How::Throw1 => "(local.get $acc)",
        How::Throw2 => {
            "(i32.wrap_i64 (local.get $acc))
             (call $double (local.get $acc))
             (call $make (local.get $acc))"
        }
        How::ThrowRef => "(table.get $exns (local.get $exn))",
    };
    let ty = kind.type_name();
    format!("({name} {ty} {tag} {handlers} {operands} (call $take_{kind:?} (local.get $slot)))")
}

/// What a continuation is resumed with.
fn arguments(kind: Kind) -> &'static str {
    match kind {
        Kind::Bound => "",
        Kind::Plain | Kind::WideRest => "(local.get $acc)",
        Kind::Sym => {
            "(local.get $acc)
             (call $take_Sym (i32.and (i32.add (local.get $to) (i32.const 1)) (i32.const 3)))"
        }
        Kind::Half => {
            "(call $take_Sym (i32.and (i32.add (local.get $to) (i32.const 1)) (i32.const 3)))"
        }
        Kind::Wide => {
            "(i32.shr_u (local.get $c) (i32.const 8))
             (local.get $acc)
             (call $single (local.get $acc))
             (call $double (local.get $acc))
             (call $make (local.get $acc))
             (call $function (local.get $acc))
             (i32.wrap_i64 (i64.shr_u (local.get $acc) (i64.const 3)))
             (i64.add (local.get $acc) (i64.const 1))
             (call $double (i64.shr_u (local.get $acc) (i64.const 1)))
             (i64.add (local.get $acc) (i64.const 2))
             (call $single (i64.shr_u (local.get $acc) (i64.const 4)))
             (i64.add (local.get $acc) (i64.const 3))"
        }
    }
}

/// What a clause's label gets.
fn label(tag: Tag, kind: Kind) -> &'static str {
    match (tag, kind.is_wide()) {
        (Tag::A | Tag::B, false) => "(result i64 (ref $plain))",
        (Tag::A | Tag::B, true) => "(result i64 (ref $wide_rest))",
        (Tag::S | Tag::T, false) => "(result (ref $plain))",
        (Tag::S | Tag::T, true) => "(result (ref $wide_rest))",
        (Tag::C, false) => "(result i32 f64 externref (ref $mixed))",
        (Tag::C, true) => "(result i32 f64 externref (ref $wide_mixed))",
        (Tag::R, _) => "(result (ref null $plain) (ref $cont))",
        (Tag::X, _) => "(result funcref externref (ref $refs))",
    }
}

/// Binds what the captured continuation lacks but for one `i64`, stores it, sets `$value`.
fn store(tag: Tag, kind: Kind) -> &'static str {
    match (tag, kind.is_wide()) {
        (Tag::A | Tag::B, false) => {
            "(local.set $k)
             (local.set $value)
             (table.set $Plain (local.get $to) (local.get $k))"
        }
        (Tag::A | Tag::B, true) => {
            "(local.set $wide_rest)
             (local.set $value)
             (table.set $WideRest (local.get $to) (local.get $wide_rest))"
        }
        (Tag::S | Tag::T, false) => {
            "(local.set $k)
             (table.set $Plain (local.get $to) (local.get $k))"
        }
        (Tag::S | Tag::T, true) => {
            "(local.set $wide_rest)
             (table.set $WideRest (local.get $to) (local.get $wide_rest))"
        }
        (Tag::C, false) => {
            "(local.set $mixed)
             (local.set $value (call $fold_two))
             (table.set $Plain (local.get $to)
               (cont.bind $mixed $plain (call $single (local.get $acc)) (local.get $mixed)))"
        }
        (Tag::C, true) => {
            "(local.set $wide_mixed)
             (local.set $value (call $fold_two))
             (table.set $WideRest (local.get $to)
               (cont.bind $wide_mixed $wide_rest
                 (call $single (local.get $acc)) (local.get $wide_mixed)))"
        }
        (Tag::R, _) => {
            "(local.set $cont)
             (local.set $k)
             (table.set $Bound (local.get $to)
               (cont.bind $cont $bound
                 (call $take_Plain (i32.and (i32.add (local.get $to) (i32.const 2)) (i32.const 3)))
                 (local.get $cont)))
             (table.set $Plain (i32.and (i32.add (local.get $to) (i32.const 1)) (i32.const 3))
               (local.get $k))"
        }
        (Tag::X, _) => {
            "(local.set $refs)
             (local.set $x)
             (local.set $value (call $number))
             (local.set $value (call $mix (local.get $value) (call $fold_ref (local.get $x))))
             (table.set $Bound (local.get $to)
               (cont.bind $refs $bound
                 (call $make (local.get $acc))
                 (call $function (i64.shr_u (local.get $acc) (i64.const 2)))
                 (local.get $refs)))"
        }
    }
}
