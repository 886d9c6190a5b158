//! Every operator of the implemented features compiles. Building without optimisation also runs the
//! verifier and the check that frames can move.

mod support;

use support::compile;

/// Compiles a function that pushes operands of the given types, then runs the operator.
fn operator(op: &str, operands: &[&str], results: &[&str]) {
    let get = |(i, _): (usize, _)| format!("(local.get {i})");
    let params = operands.join(" ");
    let gets: String = operands.iter().enumerate().map(get).collect();
    let results = results.join(" ");
    compile(&format!(
        "(module
           (memory 1) (table 1 funcref) (table $x 1 externref)
           (global $g (mut i64) (i64.const 0))
           (elem $e func 0) (data $d \"x\")
           (func (export \"f\") (param {params}) (result {results}) {gets} {op}))"
    ));
}

#[test]
fn integer_arithmetic() {
    for ty in ["i32", "i64"] {
        for op in
            "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr".split(' ')
        {
            operator(&format!("{ty}.{op}"), &[ty, ty], &[ty]);
        }
        for op in "clz ctz popcnt extend8_s extend16_s".split(' ') {
            operator(&format!("{ty}.{op}"), &[ty], &[ty]);
        }
        for op in "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split(' ') {
            operator(&format!("{ty}.{op}"), &[ty, ty], &["i32"]);
        }
        operator(&format!("{ty}.eqz"), &[ty], &["i32"]);
    }
    operator("i64.extend32_s", &["i64"], &["i64"]);
    operator("i32.wrap_i64", &["i64"], &["i32"]);
    operator("i64.extend_i32_s", &["i32"], &["i64"]);
    operator("i64.extend_i32_u", &["i32"], &["i64"]);
}

#[test]
fn float_arithmetic() {
    for ty in ["f32", "f64"] {
        for op in "add sub mul div min max copysign".split(' ') {
            operator(&format!("{ty}.{op}"), &[ty, ty], &[ty]);
        }
        for op in "abs neg ceil floor trunc nearest sqrt".split(' ') {
            operator(&format!("{ty}.{op}"), &[ty], &[ty]);
        }
        for op in "eq ne lt gt le ge".split(' ') {
            operator(&format!("{ty}.{op}"), &[ty, ty], &["i32"]);
        }
    }
}

#[test]
fn conversions() {
    for int in ["i32", "i64"] {
        for float in ["f32", "f64"] {
            for sign in ["s", "u"] {
                operator(&format!("{int}.trunc_{float}_{sign}"), &[float], &[int]);
                operator(&format!("{int}.trunc_sat_{float}_{sign}"), &[float], &[int]);
                operator(&format!("{float}.convert_{int}_{sign}"), &[int], &[float]);
            }
        }
    }
    operator("f32.demote_f64", &["f64"], &["f32"]);
    operator("f64.promote_f32", &["f32"], &["f64"]);
    for (int, float) in [("i32", "f32"), ("i64", "f64")] {
        operator(&format!("{int}.reinterpret_{float}"), &[float], &[int]);
        operator(&format!("{float}.reinterpret_{int}"), &[int], &[float]);
    }
}

#[test]
fn memory_accesses() {
    let offsets = [
        "",
        "offset=8",
        "offset=2147483647",
        "offset=2147483648",
        "offset=4294967295",
    ];
    for offset in offsets {
        for ty in ["i32", "i64", "f32", "f64"] {
            operator(&format!("{ty}.load {offset}"), &["i32"], &[ty]);
            operator(&format!("{ty}.store {offset}"), &["i32", ty], &[]);
        }
        for (ty, widths) in [("i32", &[8, 16][..]), ("i64", &[8, 16, 32][..])] {
            for width in widths {
                operator(&format!("{ty}.load{width}_s {offset}"), &["i32"], &[ty]);
                operator(&format!("{ty}.load{width}_u {offset}"), &["i32"], &[ty]);
                operator(&format!("{ty}.store{width} {offset}"), &["i32", ty], &[]);
            }
        }
    }
}

#[test]
fn memories_and_data() {
    operator("memory.size", &[], &["i32"]);
    operator("memory.grow", &["i32"], &["i32"]);
    operator("memory.fill", &["i32", "i32", "i32"], &[]);
    operator("memory.copy", &["i32", "i32", "i32"], &[]);
    operator("memory.init $d", &["i32", "i32", "i32"], &[]);
    operator("data.drop $d", &[], &[]);
}

#[test]
fn tables_and_elements() {
    for (table, ty) in [("0", "funcref"), ("$x", "externref")] {
        operator(&format!("table.get {table}"), &["i32"], &[ty]);
        operator(&format!("table.set {table}"), &["i32", ty], &[]);
        operator(&format!("table.size {table}"), &[], &["i32"]);
        operator(&format!("table.grow {table}"), &[ty, "i32"], &["i32"]);
        operator(&format!("table.fill {table}"), &["i32", ty, "i32"], &[]);
        operator(
            &format!("table.copy {table} {table}"),
            &["i32", "i32", "i32"],
            &[],
        );
    }
    operator("table.init 0 $e", &["i32", "i32", "i32"], &[]);
    operator("elem.drop $e", &[], &[]);
}

#[test]
fn references_and_variables() {
    operator("ref.null func", &[], &["funcref"]);
    operator("ref.null extern", &[], &["externref"]);
    operator("ref.is_null", &["externref"], &["i32"]);
    operator("ref.func 0", &[], &["funcref"]);
    operator("global.get $g", &[], &["i64"]);
    operator("global.set $g", &["i64"], &[]);
    operator("local.tee 0", &["f32"], &["f32"]);
    operator("drop", &["externref"], &[]);
    operator("nop", &[], &[]);
    for ty in ["i32", "i64", "f32", "f64"] {
        operator("select", &[ty, ty, "i32"], &[ty]);
        operator(&format!("select (result {ty})"), &[ty, ty, "i32"], &[ty]);
    }
    operator(
        "select (result funcref)",
        &["funcref", "funcref", "i32"],
        &["funcref"],
    );
}

#[test]
fn typed_references() {
    let typed = |op: &str, operands: &str, results: &str| {
        compile(&format!(
            "(module
               (type $t (func (param i64) (result i64)))
               (type $c (cont $t))
               (table $table 1 (ref null $t))
               (func $f (export \"f\") (type $t) (local.get 0))
               (func (param {operands}) (result {results})
                 (local (ref $t)) (local $c (ref null $c))
                 {op}))"
        ));
    };
    let heaps = "func extern exn cont nofunc noextern noexn nocont $t $c";
    for heap in heaps.split(' ') {
        typed(
            &format!("ref.null {heap}"),
            "",
            &format!("(ref null {heap})"),
        );
        let op = "local.get 0 ref.is_null";
        typed(op, &format!("(ref null {heap})"), "i32");
        let op = "local.get 0 ref.as_non_null";
        typed(op, &format!("(ref null {heap})"), &format!("(ref {heap})"));
    }
    typed("ref.func $f", "", "(ref $t)");
    typed("i64.const 1 ref.func $f call_ref $t", "", "i64");
    typed("i64.const 1 ref.func $f return_call_ref $t", "", "i64");
    typed("i32.const 0 table.get $table", "", "(ref null $t)");
    typed("i32.const 0 ref.func $f table.set $table", "", "");
    typed("ref.func $f i32.const 1 table.grow $table", "", "i32");
    typed(
        "local.get 0 ref.func $f local.get 1 select (result (ref null $t))",
        "(ref null $t) i32",
        "(ref null $t)",
    );
    typed("ref.func $f local.set 0 local.get 0", "", "(ref $t)");
    typed("local.get $c", "", "contref");
}

#[test]
fn constants() {
    for value in ["0", "-1", "0x7fffffff", "-0x80000000"] {
        operator(&format!("i32.const {value}"), &[], &["i32"]);
        operator(&format!("i64.const {value}"), &[], &["i64"]);
    }
    for value in ["0", "-0", "1.5", "inf", "nan:0x200000"] {
        operator(&format!("f32.const {value}"), &[], &["f32"]);
        operator(&format!("f64.const {value}"), &[], &["f64"]);
    }
}

#[test]
fn calls() {
    let callees = ["$imported", "$defined"];
    for callee in callees {
        for call in ["call", "return_call"] {
            compile(&format!(
                "(module
                   (func $imported (import \"m\" \"f\") (param i32 f64) (result f64 i32))
                   (func $defined (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
                   (func (result f64 i32) ({call} {callee} (i32.const 1) (f64.const 2))))"
            ));
        }
    }
    for call in ["call_indirect", "return_call_indirect"] {
        compile(&format!(
            "(module
               (table 3 funcref) (type $t (func (param i64) (result i64)))
               (func (param i64 i32) (result i64)
                 ({call} (type $t) (local.get 0) (local.get 1))))"
        ));
    }
}
