//! The WebAssembly text of each instruction of a script, inside the loop `$next` of `$body`.
//!
//! `$a`, `$b`, `$c` are the operands, `$acc`, `$k`, `$x`, `$f` what script.rs says; the other locals are
//! for a moment only.

use crate::script::Op;

/// A block for each instruction, the first innermost, around a jump to the end of the right one.
pub(crate) fn dispatch() -> String {
    let labels: String = Op::ALL.iter().map(|op| format!(" ${op:?}")).collect();
    let load = "(i32.load (local.get $at))";
    let jump = format!("(block $unknown (br_table{labels} $unknown {load}))\n(unreachable)");
    Op::ALL.iter().fold(jump, |inner, &op| {
        let code = code(op);
        format!("(block ${op:?}\n{inner})\n{code}\n(br $next)\n")
    })
}

fn code(op: Op) -> &'static str {
    match op {
        Op::End | Op::Math | Op::Note | Op::Float | Op::Call | Op::Deep | Op::Tail | Op::Loop => {
            local(op)
        }
        Op::NewPlain | Op::NewSym | Op::NewLeaf | Op::NewWide => make(op),
        Op::BindPlain | Op::BindSym | Op::BindHalf | Op::BindBoth | Op::BindWide => bind(op),
        Op::Hold | Op::Unhold | Op::MakeRef | Op::UseRef | Op::Move | Op::Copy | Op::Drop => {
            keep(op)
        }
        _ => transfer(op),
    }
}

/// Arithmetic and calls.
fn local(op: Op) -> &'static str {
    match op {
        Op::End => "(return (local.get $acc))",
        Op::Math => {
            "(local.set $acc
               (i64.add
                 (i64.mul
                   (local.get $acc)
                   (i64.add
                     (i64.shl (i64.extend_i32_u (local.get $a)) (i64.const 1))
                     (i64.const 1)))
                 (i64.extend_i32_u (local.get $b))))"
        }
        Op::Note => "(call $note (local.get $acc))",
        Op::Float => {
            "(local.set $f
               (f64.add
                 (f64.mul (local.get $f) (f64.const 0.5))
                 (call $double (local.get $acc))))
             (local.set $acc
               (i64.add (local.get $acc) (call $whole (local.get $f))))"
        }
        Op::Call => {
            "(local.set $v
               (call $body (local.get $a) (i64.add (local.get $acc) (i64.const 1))))
             (call $note (local.get $v))
             (local.set $acc (call $mix (local.get $acc) (local.get $v)))"
        }
        Op::Deep => {
            "(call $burn (local.get $b))
             (local.set $v (call $deep (local.get $b) (local.get $a) (local.get $acc)))
             (call $note (local.get $v))
             (local.set $acc (call $mix (local.get $acc) (local.get $v)))"
        }
        Op::Tail => "(return_call $body (local.get $a) (i64.add (local.get $acc) (i64.const 1)))",
        _ => {
            "(br_if $next (i64.eqz (i64.and (local.get $acc) (i64.const 3))))
             (local.set $acc (i64.add (local.get $acc) (i64.const 1)))
             (local.set $pc (local.get $a))"
        }
    }
}

/// `cont.new`
fn make(op: Op) -> &'static str {
    match op {
        Op::NewPlain => {
            "(table.set $Plain (local.get $a)
               (cont.bind $body_k $plain
                 (local.get $b)
                 (cont.new $body_k (ref.func $body))))"
        }
        Op::NewSym => {
            "(table.set $Sym (local.get $a)
               (cont.bind $sym_body_k $sym
                 (local.get $b) (local.get $c)
                 (cont.new $sym_body_k (ref.func $sym_body))))"
        }
        Op::NewLeaf => "(table.set $Plain (local.get $a) (cont.new $plain (ref.func $leaf)))",
        _ => "(table.set $Wide (local.get $a) (cont.new $wide (ref.func $wide_body)))",
    }
}

/// `cont.bind`
fn bind(op: Op) -> &'static str {
    match op {
        Op::BindPlain => {
            "(br_if $next (call $absent_Plain (local.get $a)))
             (table.set $Bound (local.get $b)
               (cont.bind $plain $bound (local.get $acc) (call $take_Plain (local.get $a))))"
        }
        Op::BindSym => {
            "(br_if $next (call $absent_Sym (local.get $a)))
             (table.set $Half (local.get $b)
               (cont.bind $sym $half (local.get $acc) (call $take_Sym (local.get $a))))"
        }
        Op::BindHalf => {
            "(br_if $next (call $absent_Half (local.get $a)))
             (table.set $Bound (local.get $b)
               (cont.bind $half $bound
                 (call $take_Sym (local.get $c))
                 (call $take_Half (local.get $a))))"
        }
        Op::BindBoth => {
            "(br_if $next (call $absent_Sym (local.get $a)))
             (table.set $Bound (local.get $b)
               (cont.bind $sym $bound
                 (local.get $acc)
                 (call $take_Sym (local.get $c))
                 (call $take_Sym (local.get $a))))"
        }
        _ => {
            "(br_if $next (call $absent_Wide (local.get $a)))
             (table.set $WideRest (local.get $b)
               (cont.bind $wide_mid $wide_rest
                 (call $function (local.get $acc))
                 (i32.wrap_i64 (i64.shr_u (local.get $acc) (i64.const 3)))
                 (i64.add (local.get $acc) (i64.const 1))
                 (call $double (i64.shr_u (local.get $acc) (i64.const 1)))
                 (i64.add (local.get $acc) (i64.const 2))
                 (call $single (i64.shr_u (local.get $acc) (i64.const 4)))
                 (cont.bind $wide $wide_mid
                   (local.get $c)
                   (local.get $acc)
                   (call $single (local.get $acc))
                   (call $double (local.get $acc))
                   (call $make (local.get $acc))
                   (call $take_Wide (local.get $a)))))"
        }
    }
}

/// Transfers of control: to and from continuations, exceptions, traps, the host.
fn transfer(op: Op) -> &'static str {
    match op {
        Op::Site => {
            "(local.set $acc
               (call_indirect $site (type $site_f)
                 (local.get $a) (local.get $c) (local.get $acc) (local.get $b)))"
        }
        Op::Try => {
            "(local.set $acc
               (call_indirect $try (type $site_f)
                 (local.get $a) (local.get $c) (local.get $acc) (local.get $b)))
             (call $note (local.get $acc))"
        }
        Op::Throw1 => "(throw $one (local.get $acc))",
        Op::Throw2 => {
            "(throw $two
               (i32.wrap_i64 (local.get $acc)) (call $double (local.get $acc)) (local.get $x))"
        }
        Op::ThrowRef => {
            "(if (i32.and
                   (i32.eqz (i32.and (local.get $a) (i32.const 8)))
                   (ref.is_null (table.get $exns (i32.and (local.get $a) (i32.const 1)))))
               (then (call $note (i64.const -1)) (br $next)))
             (throw_ref (table.get $exns (i32.and (local.get $a) (i32.const 1))))"
        }
        Op::ToHost => "(call_indirect $to_host (type $to_host_f) (local.get $a) (local.get $b))",
        Op::FromHost => {
            "(call_indirect $from_host (type $from_host_f)
               (local.get $a) (local.get $c) (local.get $b))"
        }
        Op::Trap => "(call $fault (local.get $a))",
        Op::Host => {
            "(local.set $acc (call $act (local.get $a) (local.get $b) (local.get $acc)))
             (call $note (local.get $acc))"
        }
        Op::Switch => {
            "(br_if $next (call $absent_Sym (local.get $a)))
             (if (result i64 (ref null $sym)) (i32.and (local.get $b) (i32.const 1))
               (then (switch $sym $T (local.get $acc) (call $take_Sym (local.get $a))))
               (else (switch $sym $S (local.get $acc) (call $take_Sym (local.get $a)))))
             (local.set $from)
             (local.set $v)
             (table.set $Sym (local.get $c) (local.get $from))
             (call $note (local.get $v))
             (local.set $acc (call $mix (local.get $acc) (local.get $v)))"
        }
        Op::SwitchHalf => {
            "(br_if $next (call $absent_Half (local.get $a)))
             (if (result i64 (ref null $sym)) (i32.and (local.get $b) (i32.const 1))
               (then (switch $half $T (call $take_Half (local.get $a))))
               (else (switch $half $S (call $take_Half (local.get $a)))))
             (local.set $from)
             (local.set $v)
             (table.set $Sym (local.get $c) (local.get $from))
             (call $note (local.get $v))
             (local.set $acc (call $mix (local.get $acc) (local.get $v)))"
        }
        _ => suspend(op),
    }
}

fn suspend(op: Op) -> &'static str {
    match op {
        Op::Suspend => {
            "(local.set $v
               (if (result i64) (i32.and (local.get $a) (i32.const 1))
                 (then (suspend $B (local.get $acc)))
                 (else (suspend $A (local.get $acc)))))
             (call $note (local.get $v))
             (local.set $acc (call $mix (local.get $acc) (local.get $v)))"
        }
        Op::SuspendBare => {
            "(local.set $v
               (if (result i64) (i32.and (local.get $a) (i32.const 1))
                 (then (suspend $T))
                 (else (suspend $S))))
             (call $note (local.get $v))
             (local.set $acc (call $mix (local.get $acc) (local.get $v)))"
        }
        Op::SuspendMixed => {
            "(suspend $C
               (i32.wrap_i64 (local.get $acc)) (call $double (local.get $acc)) (local.get $x))
             (local.set $v)
             (local.set $v32)
             (call $note (local.get $v))
             (local.set $acc
               (call $mix
                 (call $mix (local.get $acc) (local.get $v))
                 (call $whole (f64.promote_f32 (local.get $v32)))))"
        }
        Op::SuspendCont => {
            "(br_if $next (call $absent_Plain (local.get $a)))
             (local.set $plain (suspend $R (call $take_Plain (local.get $a))))
             (table.set $Plain (local.get $b) (local.get $plain))
             (call $note (i64.extend_i32_u (ref.is_null (local.get $plain))))"
        }
        _ => {
            "(suspend $X (call $function (local.get $acc)) (local.get $x))
             (local.set $function)
             (local.set $x)
             (local.set $acc
               (call $mix
                 (call $mix (local.get $acc) (call $number (local.get $function)))
                 (call $fold_ref (local.get $x))))
             (call $note (local.get $acc))"
        }
    }
}

/// Locals, slots and globals.
fn keep(op: Op) -> &'static str {
    match op {
        Op::Hold => "(local.set $k (call $take_Plain (local.get $a)))",
        Op::Unhold => {
            "(table.set $Plain (local.get $a) (local.get $k))
             (local.set $k (ref.null $plain))"
        }
        Op::MakeRef => "(local.set $x (call $make (local.get $acc)))",
        Op::UseRef => {
            "(local.set $acc (call $mix (local.get $acc) (call $fold_ref (local.get $x))))
             (call $note (local.get $acc))"
        }
        Op::Move => {
            "(global.set $moved (call $take_Plain (local.get $a)))
             (table.set $Plain (local.get $b) (global.get $moved))"
        }
        Op::Copy => "(table.set $Plain (local.get $b) (table.get $Plain (local.get $a)))",
        _ => {
            "(block $0 (block $1 (block $2 (block $3 (block $4 (block $5
               (br_table $0 $1 $2 $3 $4 $5 (local.get $a)))
               (table.set $WideRest (local.get $b) (ref.null $wide_rest)) (br $next))
               (table.set $Wide (local.get $b) (ref.null $wide)) (br $next))
               (table.set $Half (local.get $b) (ref.null $half)) (br $next))
               (table.set $Bound (local.get $b) (ref.null $bound)) (br $next))
               (table.set $Sym (local.get $b) (ref.null $sym)) (br $next))
             (table.set $Plain (local.get $b) (ref.null $plain))"
        }
    }
}
