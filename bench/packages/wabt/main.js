// WABT, compiled to JavaScript and WebAssembly by Emscripten: text to binary and back, and what it says of wrong text.

const source = `(module
  (memory (export "memory") 1)
  (data (i32.const 16) "forty-two")
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add
        (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2))))))))`;

require("wabt")().then((wabt) => {
  const module = wabt.parseWat("fib.wat", source, { multi_value: true });
  module.resolveNames();
  module.validate();
  const { buffer, log } = module.toBinary({ log: true, write_debug_names: true });
  console.log(buffer.length, "bytes");
  console.log(log.split("\n").slice(0, 12).join("\n"));

  const instance = new WebAssembly.Instance(new WebAssembly.Module(buffer));
  console.log("fib(20) =", instance.exports.fib(20));

  const again = wabt.readWasm(buffer, { readDebugNames: true });
  again.generateNames();
  again.applyNames();
  console.log(again.toText({ foldExprs: true, inlineExport: true }));
  again.destroy();
  module.destroy();

  try {
    wabt.parseWat("wrong.wat", "(module (func (result i32) (i32.addd)))");
  } catch (error) {
    console.log(error.message);
  }
});
