//! Defined types and tags across modules: what imports fit, and which values the embedder may pass.

mod common;

use bident::{
    Answer, Engine, Error, ErrorKind, Extern, ExternType, Func, FuncType, Global, GlobalType,
    HeapType, Instance, Kind, RefType, Store, Table, TableType, Tag, TypeId, Val, ValType,
};
use common::module;

/// A module that defines one of each thing with a defined type, and exports them.
const PROVIDER: &str = r#"(module
    (type $f (sub (func (result i32))))
    (type $g (sub $f (func (result i32))))
    (func $f (export "f") (type $f) i32.const 1)
    (func $g (export "g") (type $g) i32.const 2)
    (table (export "table") 3 (ref $f) (ref.func $g))
    (global (export "const") (ref $g) (ref.func $g))
    (global (export "var") (mut (ref null $f)) (ref.null $f))
    (tag (export "tag") (param i32))
    (tag (export "other tag") (param i32))
    (func (export "take") (param (ref $f)) (result (ref null $f)) local.get 0)
)"#;

struct Provider {
    engine: Engine,
    store: Store<()>,
    instance: Instance,
}

fn provider() -> Provider {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = module(&engine, PROVIDER);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    Provider {
        engine,
        store,
        instance,
    }
}

impl Provider {
    fn export(&mut self, name: &str) -> Extern {
        self.instance.get_export(&mut self.store, name).unwrap()
    }

    fn func(&mut self, name: &str) -> Func {
        self.export(name).into_func().unwrap()
    }

    /// Instantiates a module that imports one export, with these types before it.
    fn import(&mut self, types: &str, name: &str, import: &str) -> Result<Instance, Error> {
        let wat = format!(r#"(module {types} (import "" "" {import}))"#);
        let item = self.export(name);
        Instance::new(&mut self.store, &module(&self.engine, &wat), &[item])
    }
}

/// The types of the provider; another module numbers them differently.
const TYPES: &str = "(type (func (param f64)))
    (type $f (sub (func (result i32)))) (type $g (sub $f (func (result i32))))
    (type $final (func (result i32)))";

#[test]
fn imports_fit_by_subtyping() {
    let mut provider = provider();
    for (name, import, fits) in [
        ("f", "(func (type $f))", true),
        ("g", "(func (type $g))", true),
        ("g", "(func (type $f))", true),
        ("f", "(func (type $g))", false),
        // The same signature, but final.
        ("f", "(func (type $final))", false),
        ("table", "(table 1 (ref $f))", true),
        ("table", "(table 1 (ref null $f))", false),
        ("table", "(table 1 (ref func))", false),
        ("const", "(global (ref $g))", true),
        ("const", "(global (ref null $f))", true),
        ("const", "(global funcref)", true),
        ("const", "(global (mut (ref $g)))", false),
        ("const", "(global externref)", false),
        ("var", "(global (mut (ref null $f)))", true),
        ("var", "(global (mut funcref))", false),
        ("var", "(global (ref null $f))", false),
        ("tag", "(tag (param i32))", true),
        ("tag", "(tag (param i64))", false),
        ("tag", "(tag (param i32) (result i32))", false),
        ("tag", "(func (param i32))", false),
    ] {
        match provider.import(TYPES, name, import) {
            Ok(_) => assert!(fits, "{name} as {import}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Link, "{error}");
                assert!(!fits, "{name} as {import}: {error}");
            }
        }
    }
}

#[test]
fn recursion_groups_are_compared_as_a_whole() {
    let mut provider = provider();
    let group = "(rec (type $f (sub (func (result i32)))) (type (func)))";
    let error = provider
        .import(group, "f", "(func (type $f))")
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("incompatible import type"),
        "{error}"
    );
}

#[test]
fn what_the_host_makes_has_the_type_that_it_was_given() {
    let engine = Engine::default();
    let importing = module(
        &engine,
        r#"(module
        (rec (type $f (sub (func (param i32) (result i32)))) (type $s (struct (field (ref $f)))))
        (type $g (sub $f (func (param i32) (result i32))))
        (import "h" "f" (func $f (type $f)))
        (import "h" "g" (func $g (type $g)))
        (import "h" "t" (tag $t (type $t)))
        (rec (type $t (func (param i32))) (type (array i32)))
        (table funcref (elem $f $g))
        (func (export "call") (param i32) (result i32)
            (call_indirect (type $f) (i32.const 20) (local.get 0)))
        (func (export "cast") (param i32) (result i32)
            (ref.test (ref $g) (table.get (local.get 0))))
        (func (export "throw") (throw $t (i32.const 6))))"#,
    );
    let mut store = Store::new(&engine, ());
    let imports: Vec<Extern> = importing
        .imports()
        .map(|import| match import.ty().clone() {
            ExternType::Func(ty) => {
                let func = Func::new(&mut store, ty.clone(), |_, params, results| {
                    results[0] = Val::I32(params[0].i32().unwrap() + 1);
                    Ok(Answer::Ready)
                })
                .unwrap();
                // It gives the same type again.
                let given = func.ty(&store);
                assert_eq!(given.id(), ty.id());
                let again = Func::new(&mut store, given, |_, _, _| Ok(Answer::Ready)).unwrap();
                assert_eq!(again.ty(&store).id(), ty.id());
                Extern::Func(func)
            }
            ExternType::Tag(ty) => Extern::Tag(Tag::new(&mut store, ty).unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    let instance = Instance::new(&mut store, &importing, &imports).unwrap();
    let mut ask = |name: &str, argument: i32| {
        let func = instance.get_typed_func::<(i32,), i32>(&mut store, name);
        func.unwrap().call(&mut store, (argument,)).unwrap()
    };
    assert_eq!([ask("call", 0), ask("call", 1)], [21, 21]);
    assert_eq!([ask("cast", 0), ask("cast", 1)], [0, 1]);
    let throw = instance.get_func(&mut store, "throw").unwrap();
    let thrown = throw.call(&mut store, &[], &mut []).unwrap_err();
    assert_eq!(
        thrown.exception().unwrap().values(&mut store)[0].i32(),
        Some(6)
    );
    // By what it reads, it is another type.
    let ty = FuncType::new([ValType::I32], [ValType::I32]);
    let func = Func::new(&mut store, ty, |_, _, _| Ok(Answer::Ready)).unwrap();
    let imports = [Extern::Func(func), imports[1], imports[2]];
    let error = Instance::new(&mut store, &importing, &imports).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Link, "{error}");
}

#[test]
fn types_name_the_engine_s_types() {
    let mut provider = provider();
    let table = provider.export("table").into_table().unwrap();
    let element = table.ty(&provider.store).element;
    assert!(!element.nullable);
    let HeapType::Canon(_, Kind::Func) = element.heap else {
        panic!("{element}");
    };
    let ty = provider.func("take").ty(&provider.store);
    assert_eq!(ty.params(), [ValType::Ref(element)]);
    assert_eq!(
        ty.results(),
        [ValType::Ref(RefType::nullable(element.heap))]
    );
    let module = provider.instance.module(&provider.store);
    let exported = module.exports().find(|e| e.name() == "take").unwrap();
    assert_eq!(*exported.ty(), ExternType::Func(ty));
}

#[test]
fn values_are_checked_against_defined_types() {
    let mut provider = provider();
    let (f, g) = (provider.func("f"), provider.func("g"));
    let take = provider.func("take");
    let other = Func::wrap(&mut provider.store, || 3i32).unwrap();
    let mut call = |value: Val| {
        let mut results = [Val::I32(0)];
        take.call(&mut provider.store, &[value], &mut results)?;
        let [Val::FuncRef(Some(func))] = results else {
            panic!("{results:?}");
        };
        Ok::<Func, Error>(func)
    };
    assert_eq!(call(f.into()).unwrap(), f);
    assert_eq!(call(g.into()).unwrap(), g);
    for (wrong, text) in [
        (Val::FuncRef(None), "got a null funcref"),
        (other.into(), "got a function () -> (i32)"),
        (Val::ExternRef(None), "got a null externref"),
        (Val::I64(0), "got i64"),
    ] {
        let error = call(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }

    let table = provider.export("table").into_table().unwrap();
    let variable = provider.export("var").into_global().unwrap();
    let store = &mut provider.store;
    assert!(table.set(&mut *store, 0, f.into()).is_ok());
    assert!(table.set(&mut *store, 0, Val::FuncRef(None)).is_err());
    assert!(table.set(&mut *store, 0, other.into()).is_err());
    assert!(variable.set(&mut *store, g.into()).is_ok());
    assert!(variable.set(&mut *store, Val::FuncRef(None)).is_ok());
    assert!(variable.set(&mut *store, other.into()).is_err());
    let typed = variable.ty(&*store).content;
    assert!(Val::from(g).matches(&*store, typed));
    assert!(!Val::from(other).matches(&*store, typed));
    assert!(!Val::I32(0).matches(&*store, typed));
}

#[test]
fn typed_functions_give_any_function_but_take_only_what_fits() {
    let mut provider = provider();
    let take = provider.func("take");
    assert!(
        take.typed::<Option<Func>, Option<Func>>(&mut provider.store)
            .is_err()
    );
    let wat = r#"(module (type $f (func)) (func $f (type $f)) (elem declare func $f) (func (export "give") (result (ref $f)) ref.func $f))"#;
    let module = module(&provider.engine, wat);
    let store = &mut provider.store;
    let instance = Instance::new(&mut *store, &module, &[]).unwrap();
    let give = instance
        .get_typed_func::<(), Option<Func>>(&mut *store, "give")
        .unwrap();
    assert!(give.call(&mut *store, ()).unwrap().is_some());
}

#[test]
fn tags_are_themselves_and_nothing_else() {
    let mut provider = provider();
    let (tag, other) = (provider.export("tag"), provider.export("other tag"));
    assert_eq!(tag, provider.export("tag"));
    assert_ne!(tag, other);
    let ty = FuncType::new([ValType::I32], []);
    assert_eq!(tag.ty(&provider.store), ExternType::Tag(ty.clone()));

    let made = Tag::new(&mut provider.store, ty.clone()).unwrap();
    assert_eq!(made.ty(&provider.store), ty);
    let wat = r#"(module (import "" "" (tag (param i32))) (export "again" (tag 0)))"#;
    let module = module(&provider.engine, wat);
    let instance = Instance::new(&mut provider.store, &module, &[made.into()]).unwrap();
    let again = instance.get_tag(&mut provider.store, "again");
    assert_eq!(again, Some(made));

    let mut elsewhere = Store::new(&provider.engine, ());
    let foreign = Tag::new(&mut elsewhere, ty).unwrap();
    let error = Instance::new(&mut provider.store, &module, &[foreign.into()]);
    assert_eq!(error.err().unwrap().kind(), ErrorKind::Usage);
}

#[test]
fn types_that_the_engine_does_not_know_are_refused() {
    let mut provider = provider();
    let store = &mut provider.store;
    for heap in [
        HeapType::Canon(TypeId(u32::MAX), Kind::Func),
        // Known, but a function type.
        HeapType::Canon(TypeId(0), Kind::Cont),
    ] {
        let element = RefType::nullable(heap);
        let content = ValType::Ref(element);
        let ty = FuncType::new([], [content]);
        let global = GlobalType {
            content,
            mutable: false,
        };
        let errors = [
            Tag::new(&mut *store, ty.clone()).map(drop),
            Func::new(&mut *store, ty, |_, _, _| Ok(bident::Answer::Ready)).map(drop),
            Global::new(&mut *store, global, Val::FuncRef(None)).map(drop),
            Table::new(
                &mut *store,
                TableType::new(element, 1, None),
                Val::FuncRef(None),
            )
            .map(drop),
        ];
        for error in errors {
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Usage);
        }
    }
}

#[test]
fn null_of_the_any_hierarchy() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let wat = r#"(module
        (table (export "table") 1 eqref)
        (func (export "null") (param i31ref) (result anyref) local.get 0)
        (func (export "never") (param (ref any)) unreachable))"#;
    let instance = Instance::new(&mut store, &module(&engine, wat), &[]).unwrap();
    let mut call = |name: &str, value: Val| {
        let func = instance.get_func(&mut store, name).unwrap();
        let count = func.ty(&store).results().len();
        let mut results = vec![Val::I32(0); count];
        func.call(&mut store, &[value], &mut results)?;
        Ok::<_, Error>(results)
    };
    let results = call("null", Val::AnyRef(None)).unwrap();
    assert!(matches!(results[..], [Val::AnyRef(None)]), "{results:?}");
    for (name, wrong, text) in [
        (
            "null",
            Val::ExternRef(None),
            "type i31ref, got a null extern",
        ),
        ("never", Val::AnyRef(None), "(ref any), got a null anyref"),
    ] {
        let error = call(name, wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
    let table = instance.get_table(&mut store, "table").unwrap();
    assert!(table.set(&mut store, 0, Val::AnyRef(None)).is_ok());
    assert!(table.set(&mut store, 0, Val::FuncRef(None)).is_err());
    let element = table.get(&mut store, 0);
    assert!(matches!(element, Some(Val::AnyRef(None))), "{element:?}");
}

#[test]
fn initial_values_come_in_order() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let wat = r#"(module
        (func $f)
        (global $a i32 (i32.const 20))
        (global $b (export "b") i32 (i32.add (global.get $a) (i32.const 22)))
        (global $g (ref func) (ref.func $f))
        (table (export "t") 2 (ref func) (ref.func $f))
        (elem (table 0) (i32.const 1) (ref func) (global.get $g)))"#;
    let instance = Instance::new(&mut store, &module(&engine, wat), &[]).unwrap();
    let b = instance.get_global(&mut store, "b").unwrap();
    assert_eq!(b.get(&mut store).i32(), Some(42));
    let table = instance.get_table(&mut store, "t").unwrap();
    for i in 0..2 {
        let element = table.get(&mut store, i);
        assert!(
            matches!(element, Some(Val::FuncRef(Some(_)))),
            "{element:?}"
        );
    }
}
