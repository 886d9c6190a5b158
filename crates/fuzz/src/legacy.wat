  ;; What `Try` of script.rs catches with the older instructions. This text stands in module.wat.

  ;; The body that a clause runs.
  (func $clause (param $c i32) (param $acc i64) (result i64)
    (call $body (i32.shr_u (local.get $c) (i32.const 8)) (local.get $acc)))

  (func $try8 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try (result i64)
      (call $body (local.get $pc) (local.get $acc))
    catch $one
      (local.set $acc)
      (call $note (i64.const 321))
      (call $note (local.get $acc))
      (i64.add (local.get $acc) (i64.const 21))
    end)

  (func $try9 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try (result i64)
      (call $body (local.get $pc) (local.get $acc))
    catch $two
      (local.set $acc (call $fold_two))
      (call $note (i64.const 322))
      (call $note (local.get $acc))
      (i64.add (local.get $acc) (i64.const 22))
    catch_all
      (call $note (i64.const 323))
      (i64.add (local.get $acc) (i64.const 23))
    end)

  (func $try10 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try (result i64)
      (call $body (local.get $pc) (local.get $acc))
    catch_all
      (call $note (i64.const 324))
      (call $note (call $clause (local.get $c) (local.get $acc)))
      rethrow 0
    end)

  (func $try11 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (local $v i64)
    try (result i64)
      (call $body (local.get $pc) (local.get $acc))
    catch $one
      (call $note (i64.const 325))
      (local.set $v (call $clause (local.get $c) (local.get $acc)))
      (call $note (local.get $v))
      (call $mix (local.get $v))
    end)

  (func $try12 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    (local $v i64)
    try (result i64)
      (call $body (local.get $pc) (local.get $acc))
    catch_all
      (call $note (i64.const 326))
      try (result i64)
        (local.set $v (call $clause (local.get $c) (local.get $acc)))
        (call $note (local.get $v))
        (i64.add (local.get $v) (i64.const 26))
      catch_all
        (call $note (i64.const 327))
        rethrow 1
      end
    end)

  (func $try13 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try $outer (result i64)
      try (result i64)
        try (result i64)
          (call $body (local.get $pc) (local.get $acc))
        delegate $outer
      catch_all
        (call $note (i64.const 399))
        (i64.const 0)
      end
    catch $one
      (local.set $acc)
      (call $note (i64.const 328))
      (call $note (local.get $acc))
      (i64.add (local.get $acc) (i64.const 28))
    end)

  (func $try14 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try (result i64)
      try (result i64)
        (call $body (local.get $pc) (local.get $acc))
      delegate 1
    catch_all
      (call $note (i64.const 399))
      (i64.const 0)
    end)

  (func $try15 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    block $one (result i64)
      try_table $table (result i64) (catch $one $one)
        try (result i64)
          try (result i64)
            (call $body (local.get $pc) (local.get $acc))
          delegate $table
        catch_all
          (call $note (i64.const 399))
          (i64.const 0)
        end
      end
      return
    end
    (local.set $acc)
    (call $note (i64.const 329))
    (call $note (local.get $acc))
    (i64.add (local.get $acc) (i64.const 29)))

  (func $try16 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try (result i64)
      block $all (result exnref)
        try_table (catch_all_ref $all)
          (return (call $body (local.get $pc) (local.get $acc)))
        end
        unreachable
      end
      throw_ref
    catch $two
      (local.set $acc (call $fold_two))
      (call $note (i64.const 330))
      (call $note (local.get $acc))
      (i64.add (local.get $acc) (i64.const 30))
    catch_all
      (call $note (i64.const 331))
      rethrow 0
    end)

  (func $try17 (type $site_f) (param $pc i32) (param $c i32) (param $acc i64) (result i64)
    try (result i64)
      (call $body (local.get $pc) (local.get $acc))
    catch $one
      (local.set $acc)
      (call $note (i64.const 332))
      (throw $two
        (i32.wrap_i64 (local.get $acc))
        (call $double (local.get $acc))
        (call $make (local.get $acc)))
    catch_all
      (call $note (i64.const 333))
      (i64.add (local.get $acc) (i64.const 33))
    end)
