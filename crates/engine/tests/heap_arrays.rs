//! Small arrays are made and filled by compiled code, larger ones by the runtime: each element is what it
//! should be, and so are those of the arrays beside.

mod common;

use bident::TypedFunc;
use common::{Guest, both};

/// `wrong` makes arrays of a length, two of them beside each other filled with different values, others zero,
/// and answers with how many elements are not what they should be.
fn guest(element: &str, first: &str, second: &str, zero: &str, same: &str) -> String {
    let made = |value: &str| format!("(array.new $array {value} (local.get $length))");
    let local = element.replace("i8", "i32").replace("i16", "i32");
    let local = if element == "v128" { "v128" } else { &local };
    let get = match element {
        "i8" | "i16" => "array.get_u",
        _ => "array.get",
    };
    format!(
        r#"(module
    (type $array (array (mut {element})))
    (type $thing (struct))
    (global $thing (ref null $thing) (struct.new $thing))
    (global $other (ref null $thing) (struct.new $thing))
    (func $same (param $a {local}) (param $b {local}) (result i32) {same})
    (func $wrong_in (param $array (ref $array)) (param $length i32) (param $value {local}) (result i32)
      (local $i i32) (local $wrong i32)
      (local.set $wrong (i32.ne (local.get $length) (array.len (local.get $array))))
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
          (if (i32.eqz (call $same ({get} $array (local.get $array) (local.get $i)) (local.get $value)))
            (then (local.set $wrong (i32.add (local.get $wrong) (i32.const 1)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
      (local.get $wrong))
    (func (export "wrong") (param $length i32) (result i32)
      (local $a (ref null $array)) (local $b (ref null $array)) (local $c (ref null $array))
      (local $d (ref null $array))
      (local.set $a {a})
      (local.set $b {b})
      (local.set $c (array.new_default $array (local.get $length)))
      (local.set $d {d})
      (call $wrong_in (ref.as_non_null (local.get $a)) (local.get $length) {first})
      (call $wrong_in (ref.as_non_null (local.get $b)) (local.get $length) {second})
      (call $wrong_in (ref.as_non_null (local.get $c)) (local.get $length) {zero})
      (call $wrong_in (ref.as_non_null (local.get $d)) (local.get $length) {zero})
      i32.add i32.add i32.add))"#,
        a = made(first),
        b = made(second),
        d = made(zero),
    )
}

fn check(element: &str, first: &str, second: &str, zero: &str, same: &str) {
    both(|engine| {
        let mut guest = Guest::plain(engine, &guest(element, first, second, zero, same));
        let wrong: TypedFunc<i32, i32> = guest
            .instance
            .get_typed_func(&mut guest.store, "wrong")
            .unwrap();
        for length in (0..140).chain([1000, 5000]) {
            let found = wrong.call(&mut guest.store, length).unwrap();
            assert_eq!(found, 0, "{length} of {element}");
        }
    });
}

fn check_numbers(element: &str, ty: &str, first: &str, second: &str) {
    let constant = |value: &str| format!("({ty}.const {value})");
    let same = format!("({ty}.eq (local.get $a) (local.get $b))");
    let (first, second) = (constant(first), constant(second));
    check(element, &first, &second, &constant("0"), &same);
}

#[test]
fn of_numbers() {
    check_numbers("i8", "i32", "0xa5", "0x5a");
    check_numbers("i16", "i32", "0xa5c3", "0x7001");
    check_numbers("i32", "i32", "-2", "0x12345678");
    check_numbers("i64", "i64", "-3", "0x123456789abcdef0");
    check_numbers("f32", "f32", "-0x1.8p3", "1e-30");
    check_numbers("f64", "f64", "-0x1.8p3", "1e-300");
}

/// Bits beyond those that an element has do not reach its neighbours.
#[test]
fn of_numbers_that_are_cut_off() {
    let same = |mask: &str| {
        format!(
            "(i32.eq (i32.and (local.get $a) (i32.const {mask})) \
                     (i32.and (local.get $b) (i32.const {mask})))"
        )
    };
    let (first, second, zero) = ("(i32.const -2)", "(i32.const 0x1ff7f)", "(i32.const 0)");
    check("i8", first, second, zero, &same("0xff"));
    check("i16", first, second, zero, &same("0xffff"));
}

#[test]
fn of_vectors() {
    check(
        "v128",
        "(v128.const i64x2 1 2)",
        "(v128.const i64x2 -1 0)",
        "(v128.const i64x2 0 0)",
        "(i8x16.all_true (i8x16.eq (local.get $a) (local.get $b)))",
    );
}

#[test]
fn of_references() {
    check(
        "eqref",
        "(global.get $thing)",
        "(ref.i31 (i32.const -1))",
        "(ref.null none)",
        "(ref.eq (local.get $a) (local.get $b))",
    );
    check(
        "externref",
        "(extern.convert_any (global.get $thing))",
        "(extern.convert_any (global.get $other))",
        "(ref.null noextern)",
        "(ref.eq (ref.cast eqref (any.convert_extern (local.get $a))) \
                 (ref.cast eqref (any.convert_extern (local.get $b))))",
    );
}
