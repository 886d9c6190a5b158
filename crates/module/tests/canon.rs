//! Identity and subtyping of types across modules.

use bident_module::{
    CanonComposite, Canonical, FuncType, HeapType, Kind, Module, RefType, Registry, TypeId,
    TypeIndex, ValType, decode,
};

fn module(fields: &str) -> Module {
    let bytes = wat::parse_str(format!("(module {fields})")).unwrap();
    decode(bytes.into()).unwrap().0
}

fn register<const N: usize>(registry: &mut Registry, fields: &str) -> [TypeId; N] {
    let module = module(fields);
    let ids = registry.register(&module.types, &module.groups);
    ids.try_into().unwrap()
}

/// `(ref heap)`
fn non_null(heap: HeapType) -> RefType {
    let nullable = false;
    RefType { nullable, heap }
}

#[test]
fn equal_groups_of_two_modules_are_the_same_types() {
    let mut registry = Registry::default();
    let group = "(rec (type $f (func (param (ref null $c)))) (type $c (cont $f)))";
    let [f, c] = register(&mut registry, group);
    // Elsewhere in the type section, and twice.
    let again = group.replace("$f", "$g").replace("$c", "$k");
    let [_, f2, c2, f3, c3] = register(&mut registry, &format!("(type (func)) {group} {again}"));
    assert_eq!([f2, c2], [f, c]);
    assert_eq!([f3, c3], [f, c]);
}

#[test]
fn position_size_and_order_of_a_group_matter() {
    let mut registry = Registry::default();
    let [alone, first, second, pair, pair2] = register(
        &mut registry,
        "(type (func)) (rec (type (func)) (type (func)))
         (rec (type (func)) (type (func (param i32))))",
    );
    for other in [first, second, pair] {
        assert_ne!(alone, other);
    }
    assert_ne!(first, second);
    assert_ne!(first, pair);
    let [swapped, _] = register(
        &mut registry,
        "(rec (type (func (param i32))) (type (func)))",
    );
    assert_ne!(swapped, pair2);
    let [by_itself] = register(&mut registry, "(rec (type (func)))");
    assert_eq!(by_itself, alone);
}

#[test]
fn supertypes_and_finality_are_part_of_a_type() {
    let mut registry = Registry::default();
    let [base, sub, plain, open] = register(
        &mut registry,
        "(type $base (sub (func))) (type (sub $base (func)))
         (type (func)) (type (sub final $base (func)))",
    );
    let all = [base, sub, plain, open];
    for (i, a) in all.iter().enumerate() {
        for b in &all[i + 1..] {
            assert_ne!(a, b);
        }
    }
}

#[test]
fn a_function_type_of_an_embedder_is_the_module_s() {
    let mut registry = Registry::default();
    let [f, g] = register(
        &mut registry,
        "(type $f (func (param i32) (result i64))) (type (func (param (ref $f))))",
    );
    let func = FuncType::new([ValType::I32], [ValType::I64]);
    assert_eq!(registry.func(&func), f);
    assert_eq!(registry.get(f).composite, CanonComposite::Func(func));
    let heap = HeapType::Canon(f, Kind::Func);
    let func = FuncType::new([ValType::Ref(non_null(heap))], []);
    assert_eq!(registry.func(&func), g);
    // And one that no module has.
    let [] = register(&mut registry, "");
    let new = registry.func(&FuncType::new([ValType::F32], []));
    assert_eq!(new, registry.func(&FuncType::new([ValType::F32], [])));
    assert!(new != f && new != g);
}

#[test]
fn functions_and_continuations_that_refer_to_each_other() {
    let mut registry = Registry::default();
    let [_, f, c] = register(
        &mut registry,
        "(type (func)) (rec (type $f (func (result (ref null $c)))) (type $c (cont $f)))",
    );
    let result = ValType::Ref(RefType::nullable(HeapType::Canon(c, Kind::Cont)));
    let func = CanonComposite::Func(FuncType::new([], [result]));
    assert_eq!(registry.get(f).composite, func);
    assert_eq!(registry.get(c).composite, CanonComposite::Cont(f));
    assert_eq!(registry.get(c).supertype, None);
    assert!(registry.get(c).is_final);
}

#[test]
fn subtypes_are_declared_and_reach_through_chains() {
    let mut registry = Registry::default();
    let [a, b, c, other] = register(
        &mut registry,
        "(type $a (sub (func))) (type $b (sub $a (func))) (type $c (sub $b (func)))
         (type (sub (func)))",
    );
    // Same shape, so the same type.
    assert_eq!(other, a);
    assert!(registry.is_subtype(c, a) && registry.is_subtype(c, b) && registry.is_subtype(b, a));
    assert!(registry.is_subtype(a, a));
    assert!(!registry.is_subtype(a, c) && !registry.is_subtype(a, b));

    let [f, k, g, l] = register(
        &mut registry,
        "(type $f (sub (func (result funcref)))) (type $k (sub (cont $f)))
         (type $g (sub $f (func (result (ref func))))) (type (sub $k (cont $g)))",
    );
    assert!(registry.is_subtype(l, k) && registry.is_subtype(g, f));
    assert!(!registry.is_subtype(k, l) && !registry.is_subtype(l, f));
}

#[test]
fn matching_of_reference_types() {
    use HeapType::*;
    let mut registry = Registry::default();
    let [f, g, k] = register(
        &mut registry,
        "(type $f (sub (func))) (type $g (sub $f (func))) (type $k (cont $f))",
    );
    let (f, g) = (Canon(f, Kind::Func), Canon(g, Kind::Func));
    let k = Canon(k, Kind::Cont);
    let below: [(HeapType, &[HeapType]); 17] = [
        (Func, &[]),
        (f, &[Func]),
        (g, &[f, Func]),
        (NoFunc, &[g, f, Func]),
        (Cont, &[]),
        (k, &[Cont]),
        (NoCont, &[k, Cont]),
        (Extern, &[]),
        (NoExtern, &[Extern]),
        (Exn, &[]),
        (NoExn, &[Exn]),
        (Any, &[]),
        (Eq, &[Any]),
        (I31, &[Eq, Any]),
        (Struct, &[Eq, Any]),
        (Array, &[Eq, Any]),
        (None, &[I31, Struct, Array, Eq, Any]),
    ];
    for (given, above) in below {
        for (wanted, _) in below {
            let matches = given == wanted || above.contains(&wanted);
            let (given, wanted) = (non_null(given), non_null(wanted));
            let (given0, wanted0) = (
                RefType::nullable(given.heap),
                RefType::nullable(wanted.heap),
            );
            assert_eq!(
                registry.ref_matches(given, wanted),
                matches,
                "{given} {wanted}"
            );
            assert_eq!(
                registry.ref_matches(given, wanted0),
                matches,
                "{given} {wanted}"
            );
            assert_eq!(
                registry.ref_matches(given0, wanted0),
                matches,
                "{given} {wanted}"
            );
            assert!(!registry.ref_matches(given0, wanted), "{given} {wanted}");
        }
    }
    assert!(registry.val_matches(ValType::I32, ValType::I32));
    assert!(!registry.val_matches(ValType::I32, ValType::I64));
    assert!(!registry.val_matches(ValType::FUNCREF, ValType::I32));
    assert!(registry.val_matches(ValType::Ref(non_null(Func)), ValType::FUNCREF));
}

#[test]
fn types_of_a_module_become_those_of_its_engine() {
    let mut registry = Registry::default();
    let module = module(
        "(type $f (func (param (ref $f) i32 externref))) (type $k (cont $f))
         (table 1 (ref null $k))",
    );
    let ids = registry.register(&module.types, &module.groups);
    let canonical = Canonical {
        types: &module.types,
        ids: &ids,
    };
    let func = canonical.func_type(module.func_type_at(TypeIndex(0)));
    assert_eq!(registry.get(ids[0]).composite, CanonComposite::Func(func));
    let element = canonical.table_type(module.tables[0]).element;
    let k = HeapType::Canon(ids[1], Kind::Cont);
    assert_eq!(element, RefType::nullable(k));
}
