//! Decoding: every field of the record, what is refused and where, and hostile bytes.

use bident_module::{
    Composite, ConstExpr, ConstOp, DataIndex, DefinedType, ElemIndex, ElemItems, ElemMode, Error,
    ExternType, FuncIndex, FuncType, GlobalIndex, GlobalType, Handler, HeapType, Item, ItemType,
    Limits, MemoryIndex, MemoryType, Module, Optional, RefType, TableIndex, TableType, TagIndex,
    TypeIndex, ValType, decode, validate, validate_with,
};

/// One of everything.
const FULL: &str = r#"
(module $full
  (type $unary (func (param i32) (result i32)))
  (type $nullary (func))
  (import "env" "log" (func $log (type $unary)))
  (import "env" "table" (table 1 2 funcref))
  (import "env" "base" (global $base i32))
  (import "env" "flag" (global $flag (mut f64)))
  (func $start (type $nullary))
  (func $twice (export "twice") (type $unary)
    local.get 0
    i32.const 2
    i32.mul)
  (func $quiet (type $unary) local.get 0)
  (func $declared (type $nullary))
  (table $objects 3 externref)
  (memory (export "memory") 1 4)
  (global $sum i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const -4))))
  (global (mut i64) (i64.sub (i64.const 7) (i64.const 9)))
  (global f32 (f32.const -0.5))
  (global f64 (f64.const nan:0x4000000000001))
  (global funcref (ref.func $start))
  (global externref (ref.null extern))
  (export "log again" (func $log))
  (export "objects" (table $objects))
  (export "sum" (global $sum))
  (start $start)
  (elem (i32.const 0) func $twice)
  (elem $passive funcref (ref.null func) (ref.func $log))
  (elem declare func $declared)
  (data (i32.const 16) "active")
  (data $passive_data "passive")
  (@custom "note" "hello")
)"#;

fn module(text: &str) -> Module {
    decoded(&wat::parse_str(text).unwrap()).unwrap()
}

fn decoded(bytes: &[u8]) -> Result<Module, Error> {
    decode(bytes.to_vec().into()).map(|(module, _)| module)
}

fn expr<const N: usize>(ops: [ConstOp; N]) -> ConstExpr {
    ConstExpr(ops.into())
}

#[test]
fn types_and_imports() {
    let module = module(FULL);
    let unary = FuncType::new([ValType::I32], [ValType::I32]);
    let types = [unary.clone(), FuncType::new([], [])].map(|ty| DefinedType {
        composite: Composite::Func(ty),
        supertype: None,
        is_final: true,
    });
    assert_eq!(module.types, types);
    assert_eq!(module.groups, [0..1, 1..2]);

    let names: Vec<_> = module
        .imports
        .iter()
        .map(|i| (&*i.module, &*i.name))
        .collect();
    assert_eq!(
        names,
        [
            ("env", "log"),
            ("env", "table"),
            ("env", "base"),
            ("env", "flag")
        ]
    );
    assert!(matches!(
        module.imports[0].kind,
        ItemType::Func(TypeIndex(0))
    ));
    let types: Vec<_> = module
        .imports
        .iter()
        .map(|i| module.import_type(i))
        .collect();
    let table = TableType::new(RefType::FUNC, 1, Some(2));
    assert_eq!(
        types,
        [
            ExternType::Func(unary),
            ExternType::Table(table),
            ExternType::Global(GlobalType {
                content: ValType::I32,
                mutable: false
            }),
            ExternType::Global(GlobalType {
                content: ValType::F64,
                mutable: true
            }),
        ]
    );

    let imported = module.imported;
    assert_eq!((imported.funcs, imported.tables), (1, 1));
    assert_eq!((imported.memories, imported.globals), (0, 2));
}

#[test]
fn index_spaces_start_with_imports() {
    let module = module(FULL);
    assert_eq!(module.funcs, [0, 1, 0, 0, 1].map(TypeIndex));
    assert_eq!(module.bodies.len(), 4);
    assert_eq!(module.defined_func(FuncIndex(0)), None);
    assert_eq!(module.defined_func(FuncIndex(2)), Some(1));

    assert_eq!(module.tables.len(), 2);
    assert_eq!(module.tables[1].element, RefType::EXTERN);
    assert_eq!(module.tables[1].limits, Limits { min: 3, max: None });
    assert_eq!(module.table_inits, [None]);

    assert_eq!(module.memories, [MemoryType::new(1, Some(4))]);
    assert_eq!(module.globals.len(), 8);
    assert_eq!(module.start, Some(FuncIndex(1)));
}

#[test]
fn initial_values() {
    let module = module(FULL);
    assert_eq!(
        module.global_inits,
        [
            expr([
                ConstOp::GlobalGet(GlobalIndex(0)),
                ConstOp::I32(3),
                ConstOp::I32(-4),
                ConstOp::I32Mul,
                ConstOp::I32Add,
            ]),
            expr([ConstOp::I64(7), ConstOp::I64(9), ConstOp::I64Sub]),
            expr([ConstOp::F32((-0.5f32).to_bits())]),
            expr([ConstOp::F64(0x7ff4_0000_0000_0001)]),
            expr([ConstOp::RefFunc(FuncIndex(1))]),
            expr([ConstOp::RefNull(RefType::EXTERN)]),
        ]
    );
}

#[test]
fn exports() {
    let module = module(FULL);
    let exports: Vec<_> = module.exports.iter().map(|e| (&*e.name, e.item)).collect();
    assert_eq!(
        exports,
        [
            ("twice", Item::Func(FuncIndex(2))),
            ("memory", Item::Memory(MemoryIndex(0))),
            ("log again", Item::Func(FuncIndex(0))),
            ("objects", Item::Table(TableIndex(1))),
            ("sum", Item::Global(GlobalIndex(2))),
        ]
    );
}

#[test]
fn segments() {
    let module = module(FULL);
    let active = module.elem(ElemIndex(0));
    let ElemMode::Active(table, offset) = &active.mode else {
        panic!("{active:?}")
    };
    assert_eq!((*table, offset), (TableIndex(0), &expr([ConstOp::I32(0)])));
    let ElemItems::Funcs(funcs) = &active.items else {
        panic!("{active:?}")
    };
    assert_eq!(**funcs, [FuncIndex(2)]);

    let passive = module.elem(ElemIndex(1));
    assert!(matches!(passive.mode, ElemMode::Passive));
    let ElemItems::Exprs(exprs) = &passive.items else {
        panic!("{passive:?}")
    };
    let null = expr([ConstOp::RefNull(RefType::FUNC)]);
    assert_eq!(**exprs, [null, expr([ConstOp::RefFunc(FuncIndex(0))])]);
    assert_eq!((passive.element, passive.items.len()), (RefType::FUNC, 2));

    assert!(matches!(module.elem(ElemIndex(2)).mode, ElemMode::Declared));

    let place = (MemoryIndex(0), expr([ConstOp::I32(16)]));
    assert_eq!(module.data[0].active, Some(place));
    assert_eq!(module.data_bytes(DataIndex(0)), b"active");
    assert_eq!(module.data[1].active, None);
    assert_eq!(module.data_bytes(DataIndex(1)), b"passive");
}

#[test]
fn escaping_functions_are_those_that_can_become_references() {
    // log: exported; start: initial value; twice: exported and in a segment; declared: declared.
    let module = module(FULL);
    assert_eq!(module.escaping, [0, 1, 2, 4].map(FuncIndex));
    assert_eq!(module.escaping_position(FuncIndex(4)), Some(3));
    assert_eq!(module.escaping_position(FuncIndex(3)), None);
}

#[test]
fn bodies_are_ranges_that_validate_on_other_threads() {
    let bytes = wat::parse_str(FULL).unwrap();
    let (module, validators) = decode(bytes.into()).unwrap();
    assert_eq!(validators.len(), module.bodies.len());
    std::thread::scope(|threads| {
        for (defined, validator) in validators.into_iter().enumerate() {
            let module = &module;
            threads.spawn(move || {
                let body = module.function_body(defined);
                assert_eq!(
                    body.range().start as usize,
                    module.bodies[defined].range.start
                );
                validator
                    .into_validator(Default::default())
                    .validate(&body)
                    .unwrap();
            });
        }
    });
    // No locals; local.get 0; end.
    assert_eq!(
        module.bytes[module.bodies[2].range.clone()],
        [0x00, 0x20, 0x00, 0x0b]
    );
}

#[test]
fn custom_sections_keep_name_and_content() {
    let module = module(FULL);
    let (_, range) = module
        .custom
        .iter()
        .find(|(name, _)| name == "note")
        .unwrap();
    assert_eq!(&module.bytes[range.clone()], b"hello");
}

#[test]
fn names() {
    let module = module(FULL);
    assert_eq!(module.names.module(), Some("full"));
    assert_eq!(module.names.func(FuncIndex(0)), Some("log"));
    assert_eq!(module.names.func(FuncIndex(3)), Some("quiet"));
    assert_eq!(module.names.func(FuncIndex(5)), None);
    let globals: Vec<_> = module
        .names
        .globals()
        .map(|(i, name)| (i.0, name))
        .collect();
    assert_eq!(globals, [(0, "base"), (1, "flag"), (2, "sum")]);
}

#[test]
fn an_export_names_a_function_that_the_name_section_does_not() {
    let module = module(r#"(module (func) (func (export "run")))"#);
    assert_eq!(module.func_name(FuncIndex(0)), None);
    assert_eq!(module.func_name(FuncIndex(1)), Some("run"));
    assert_eq!(module.names.module(), None);
}

#[test]
fn a_malformed_name_section_makes_nothing_invalid() {
    let with_names = |content: &[u8]| {
        let mut bytes = wat::parse_str("(module (func))").unwrap();
        bytes.extend([0, content.len() as u8 + 5, 4]);
        bytes.extend(b"name");
        bytes.extend(content);
        decoded(&bytes).unwrap().names
    };
    // Function names: one, then index 0 again, with bytes that are not UTF-8.
    let names = with_names(&[1, 7, 2, 0, 1, b'f', 0, 1, 0xff]);
    assert_eq!(names.func(FuncIndex(0)), Some("f"));
    // A subsection longer than the section; a lone id; nothing at all.
    for content in [&[0, 100, 1][..], &[1], &[]] {
        let names = with_names(content);
        assert_eq!((names.module(), names.func(FuncIndex(0))), (None, None));
    }
}

#[test]
fn an_empty_module_is_a_module() {
    let module = decoded(b"\0asm\x01\0\0\0").unwrap();
    assert!(module.funcs.is_empty() && module.exports.is_empty() && module.start.is_none());
}

#[test]
fn errors_tell_where_and_what() {
    for (bytes, first) in [(&b"\0asn\x01\0\0\0"[..], "\\x00asn"), (b"(module)", "(mod")] {
        let error = decoded(bytes).unwrap_err();
        let message = format!(
            "magic header not detected: it begins with \"{first}\", a binary with \"\\0asm\""
        );
        assert_eq!((error.message(), error.offset()), (&*message, 0));
    }

    let bytes = wat::parse_str("(module (global i32 (i64.const 5)))").unwrap();
    let error = decoded(&bytes).unwrap_err();
    assert!(error.message().starts_with("type mismatch"), "{error}");
    assert!(
        error.offset() > 8 && error.offset() <= bytes.len(),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        format!("at offset {:#x}: {}", error.offset(), error.message())
    );
    assert_eq!(validate(&bytes), Err(error));
}

#[test]
fn only_validate_looks_into_bodies() {
    let bytes = wat::parse_str("(module (func (result i32) i64.const 5))").unwrap();
    assert!(decoded(&bytes).is_ok());
    let error = validate(&bytes).unwrap_err();
    assert!(error.message().starts_with("type mismatch"), "{error}");
    assert_eq!(validate(&wat::parse_str(FULL).unwrap()), Ok(()));
}

#[test]
fn a_component_is_refused_by_name() {
    for bytes in [
        &b"\0asm\x0d\0\x01\0"[..],
        &b"\0asm\x0d\0\x01\0\x03\x01\0"[..],
    ] {
        let error = decoded(bytes).unwrap_err();
        assert!(error.message().contains("component"), "{error}");
        assert_eq!(validate(bytes), Err(error));
    }
}

#[test]
fn recursion_groups_and_supertypes() {
    let module = module(
        r#"(module
          (type $base (sub (func)))
          (rec
            (type $f (func (param (ref $c)) (result (ref null $base))))
            (type $c (cont $f)))
          (rec)
          (type (sub $base (func))))"#,
    );
    assert_eq!(module.groups, [0..1, 1..3, 3..3, 3..4]);
    let reference = |nullable, index| {
        let heap = HeapType::Index(TypeIndex(index));
        ValType::Ref(RefType { nullable, heap })
    };
    let func = FuncType::new([reference(false, 2)], [reference(true, 0)]);
    assert_eq!(*module.func_type_at(TypeIndex(1)), func);
    assert_eq!(module.cont_func_type(TypeIndex(2)), TypeIndex(1));
    assert_eq!(module.types[3].supertype, Some(TypeIndex(0)));
    let is_final: Vec<_> = module.types.iter().map(|ty| ty.is_final).collect();
    assert_eq!(is_final, [false, true, true, false]);
}

#[test]
fn tags() {
    let module = module(
        r#"(module
          (import "env" "tag" (tag (param i64)))
          (tag (export "own") (param i32) (result f32)))"#,
    );
    let (imported, own) = (
        FuncType::new([ValType::I64], []),
        FuncType::new([ValType::I32], [ValType::F32]),
    );
    assert_eq!(module.imported.tags, 1);
    let import = module.import_type(&module.imports[0]);
    assert_eq!(
        (import.kind(), &import),
        ("tag", &ExternType::Tag(imported))
    );
    assert_eq!(module.exports[0].item, Item::Tag(TagIndex(1)));
    assert_eq!(*module.tag_type(TagIndex(1)), own);
}

#[test]
fn typed_references_in_segments_and_initial_values() {
    let module = module(
        r#"(module
          (type $f (func))
          (type $c (cont $f))
          (func $run)
          (table 1 (ref $f) (ref.func $run))
          (global contref (ref.null $c))
          (elem funcref (ref.null nofunc))
          (elem (ref $f) (ref.func $run))
          (elem func $run)
          (elem nullcontref (ref.null nocont)))"#,
    );
    let typed = RefType {
        nullable: false,
        heap: HeapType::Index(TypeIndex(0)),
    };
    let func = RefType {
        nullable: false,
        heap: HeapType::Func,
    };
    assert_eq!(module.tables[0].element, typed);
    let run = expr([ConstOp::RefFunc(FuncIndex(0))]);
    assert_eq!(module.table_inits, [Some(run)]);
    let null = |heap| expr([ConstOp::RefNull(RefType::nullable(heap))]);
    assert_eq!(module.global_inits, [null(HeapType::Index(TypeIndex(1)))]);
    let elements: Vec<_> = module.elems.iter().map(|elem| elem.element).collect();
    let bottom = RefType::nullable(HeapType::NoCont);
    assert_eq!(elements, [RefType::FUNC, typed, func, bottom]);
    let ElemItems::Exprs(items) = &module.elem(ElemIndex(3)).items else {
        panic!("{:?}", module.elems)
    };
    assert_eq!(**items, [null(HeapType::NoCont)]);
}

#[test]
fn handlers_are_the_distinct_lists_of_all_bodies() {
    let text = |last: &str| {
        format!(
            r#"(module
              (type $f (func))
              (type $c (cont $f))
              (tag $a)
              (tag $b)
              (func (param (ref $c))
                (drop (block $h (result (ref $c))
                  (resume $c (on $b $h) (on $a $h) (local.get 0)) return)))
              (func (param (ref $c))
                (drop (block $h (result (ref $c))
                  (resume_throw $c $a (on $b $h) (on $a $h) (local.get 0)) return)))
              (func (param (ref $c) exnref)
                (resume_throw_ref $c (on $b switch) (local.get 1) (local.get 0)))
              (func (param (ref $c)) (resume $c (local.get 0)) {last}))"#
        )
    };
    let module = module(&text(""));
    let (a, b) = (TagIndex(0), TagIndex(1));
    let lists = [
        vec![],
        vec![Handler::On(b), Handler::On(a)],
        vec![Handler::Switch(b)],
    ];
    let found: Vec<_> = module.handlers.iter().map(|list| list.to_vec()).collect();
    assert_eq!(found, lists);
    for (position, list) in lists.iter().enumerate() {
        assert_eq!(module.handlers_position(list), Some(position));
    }
    assert_eq!(module.handlers_position(&[Handler::On(b)]), None);

    // A clause whose tag does not exist is for the validator to refuse.
    let bytes = wat::parse_str(text("(resume $c (on 7 switch) (local.get 0))")).unwrap();
    assert_eq!(decoded(&bytes).unwrap().handlers.len(), 3);
    assert!(validate(&bytes).unwrap_err().message().contains("tag"));
}

#[test]
fn features() {
    let accepted = [
        "(func (param i64) (result i64) (i64.extend8_s (local.get 0)))",
        "(func (param f32) (result i64) (i64.trunc_sat_f32_s (local.get 0)))",
        "(func (result i32 f64) i32.const 1 f64.const 2)",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(table 1 externref) (func (param externref) (table.set (i32.const 0) (local.get 0)))",
        "(table 1 funcref) (table 1 funcref) (func (table.copy 0 1
           (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(func $f return_call $f)",
        "(table 1 funcref) (func (return_call_indirect (i32.const 0)))",
        "(global (export \"g\") (mut i32) (i32.const 0))",
        "(tag)",
        "(tag (param i32) (result i64))",
        "(func (param (ref func)) (result (ref func)) local.get 0)",
        "(type (func)) (func (param (ref null 0)) local.get 0 call_ref 0)",
        "(type (func)) (func (param (ref null 0)) local.get 0 return_call_ref 0)",
        "(func (param funcref) (block local.get 0 br_on_null 0 drop))",
        "(func (param funcref) local.get 0 ref.as_non_null drop)",
        "(table 1 funcref (ref.null func))",
        "(func $f) (table 1 (ref func) (ref.func $f))",
        "(func (try_table (catch_all 0)))",
        "(func (param exnref) local.get 0 throw_ref)",
        "(func (param nullfuncref nullexternref nullexnref nullcontref))",
        "(func (param anyref) (local i31ref))",
        "(global eqref (ref.null eq)) (table 1 structref (ref.null none))",
        "(func (drop (ref.null none)) (drop (select (result arrayref)
           (block (result nullref) (ref.null none)) (ref.null array) (i32.const 0))))",
        "(tag $t) (func try catch $t catch_all rethrow 0 end)",
        "(func try delegate 0)",
        "(global v128 (v128.const i64x2 0 0)) (func (result v128) (global.get 0))",
        "(func (param v128 v128) (result v128) (local.get 0) (local.get 1) i8x16.relaxed_swizzle)",
        "(type $f (func)) (type $c (cont $f)) (func (param (ref $c)) local.get 0 resume $c)",
        "(type $f (sub (func))) (rec (type (sub final $f (func))) (type (func)))",
        "(global i32 (i32.const 1)) (global i32 (global.get 0))",
        "(memory 1) (memory 1) (func (memory.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(memory i64 0x1000000000000) (table i64 0xffffffffffffffff funcref)",
        "(type (struct)) (type (array i8)) (type (sub (struct (field anyref))))",
        "(func (drop (ref.i31 (i32.const 0))))",
        "(func (param eqref) (drop (ref.eq (local.get 0) (local.get 0))))",
        "(func (param externref) (drop (any.convert_extern (local.get 0))))",
        "(global i31ref (ref.i31 (i32.const 0)))",
        "(func unreachable (drop (ref.i31 (i32.const 0))))",
        "(func (drop (ref.test (ref func) (ref.null func))))",
        "(memory 1 1 shared) (func (drop (i32.atomic.rmw8.add_u (i32.const 0) (i32.const 0))))",
        "(memory i64 1 1 shared) (func (drop (i64.atomic.load (i64.const 0))) atomic.fence)",
        "(memory i64 1) (data (i64.const 0) \"x\") (func (drop (i32.load (i64.const 0))))",
    ];
    for fields in accepted {
        let bytes = wat::parse_str(format!("(module {fields})")).unwrap();
        assert_eq!(validate(&bytes), Ok(()), "{fields}");
    }

    let refused = [
        "(memory 1 shared)",
        "(memory 1 1 shared) (func (drop (i32.atomic.load align=2 (i32.const 0))))",
        "(global (shared i32) (i32.const 0))",
        "(memory 65537)",
        "(memory i64 0x1000000000001)",
        "(memory i64 1) (func (drop (i32.load (i32.const 0))))",
        "(table i64 1 funcref) (func (drop (table.get (i32.const 0))))",
        "(func (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))",
        "(type (struct)) (type (sub 0 (struct)))",
        "(type (array i8)) (func (param (ref 0)) (drop (array.get 0 (local.get 0) (i32.const 0))))",
        "(func (param anyref) (drop (ref.eq (local.get 0) (local.get 0))))",
        "(type (struct (field (ref 0)))) (global (ref 0) (struct.new_default 0))",
        "(type $f (func)) (func (block (param (ref null $f)) (result (ref null $f)) nop) drop)",
        "(type $f (func)) (type $c (cont $f))
           (func (param contref) (drop (ref.cast (ref $c) (local.get 0))))",
        "(type (func)) (type (cont 0)) (type (cont 1))",
        "(memory 1 1 (pagesize 1))",
    ];
    for fields in refused {
        let bytes = wat::parse_str(format!("(module {fields})")).unwrap();
        assert!(validate(&bytes).is_err(), "{fields}");
    }
}

#[test]
fn optional_proposals_are_on_where_they_are_asked_for() {
    let pages = "(module (memory 1 (pagesize 1)))";
    let wide = "(module (func (param i64 i64) (result i64 i64)
        (i64.mul_wide_s (local.get 0) (local.get 1))))";
    for (wat, ask) in [
        (
            pages,
            (|all| all.custom_page_sizes = true) as fn(&mut Optional),
        ),
        (wide, |all| all.wide_arithmetic = true),
    ] {
        let bytes = wat::parse_str(wat).unwrap();
        let mut optional = Optional::default();
        assert!(validate_with(&bytes, optional).is_err(), "{wat}");
        ask(&mut optional);
        assert_eq!(validate_with(&bytes, optional), Ok(()), "{wat}");
    }
}

/// A module with one `br_if`, behind 4 bytes of its body, and this as section of branch hints.
fn hinted(section: &[u8]) -> Module {
    let mut bytes = b"\0asm\x01\0\0\0\x01\x05\x01\x60\x01\x7f\0\x03\x02\x01\0".to_vec();
    let name = b"metadata.code.branch_hint";
    bytes.extend([0, (1 + name.len() + section.len()) as u8, name.len() as u8]);
    bytes.extend(name);
    bytes.extend(section);
    bytes.extend([10, 9, 1, 7, 0, 0x20, 0, 0x0d, 0, 1, 0x0b]);
    decoded(&bytes).unwrap()
}

#[test]
fn branch_hints_are_found_by_position() {
    for taken in [0, 1] {
        let module = hinted(&[1, 0, 1, 3, 1, taken]);
        let start = module.bodies[0].range.start;
        let likely = |offset| module.hints.likely(start + offset);
        assert_eq!(likely(3), Some(taken == 1));
        assert_eq!((likely(2), likely(4)), (None, None));
    }
}

#[test]
fn branch_hints_that_make_no_sense_are_left_out() {
    for (section, left) in [
        // No such function; no such place; no such value; cut off.
        (&[1, 9, 1, 3, 1, 1][..], false),
        (&[1, 0, 1, 100, 1, 1], false),
        (&[1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1], false),
        (&[1, 0, 1, 3, 1, 2], false),
        (&[1, 0, 1, 3, 2, 1], false),
        (&[1, 0, 200, 3, 1, 1], false),
        (&[0xff; 4], false),
        (&[], false),
        // What comes before the malformed place stays.
        (&[2, 0, 1, 3, 1, 1, 0, 9], true),
    ] {
        let module = hinted(section);
        let likely = module.hints.likely(module.bodies[0].range.start + 3);
        assert_eq!(likely, left.then_some(true), "{section:?}");
    }
}

#[test]
fn a_truncated_module_is_an_error_inside_it() {
    let bytes = wat::parse_str(FULL).unwrap();
    let (mut whole, mut refused) = (0, 0);
    for length in 0..bytes.len() {
        match decoded(&bytes[..length]) {
            Ok(_) => whole += 1,
            Err(error) => {
                assert!(error.offset() <= length, "{length}: {error}");
                assert!(!error.message().is_empty());
                refused += 1;
            }
        }
    }
    // A cut between two sections can leave a module, nothing else can.
    assert!(whole <= 14 && refused > 200, "{whole} {refused}");
}

#[test]
fn a_damaged_module_never_panics() {
    let bytes = wat::parse_str(FULL).unwrap();
    for position in 0..bytes.len() {
        for byte in [
            0x00,
            0x01,
            0x0b,
            0x40,
            0x70,
            0x7f,
            0x80,
            0xff,
            bytes[position] ^ 1,
        ] {
            let mut damaged = bytes.clone();
            damaged[position] = byte;
            let valid = validate(&damaged).is_ok();
            let module = decoded(&damaged);
            assert!(module.is_ok() || !valid, "{position} {byte:#x}: {module:?}");
        }
    }
}
