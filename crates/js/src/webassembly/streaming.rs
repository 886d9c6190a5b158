//! `compileStreaming` and `instantiateStreaming`, of a `Response` or what is like one.
//!
//! The bytes are taken as a whole: nothing is compiled before the last is there.

use rquickjs::object::Property;
use rquickjs::{Ctx, Function, Object, Result, Value};

/// Source of what makes the functions.
const STREAMING: &str = "((compile, instantiate, TypeError) => {
  const bytesOf = async (source) => {
    const response = await source;
    if (typeof response?.arrayBuffer !== 'function') throw new TypeError('expected a Response or a promise of one');
    if (response.ok === false) throw new TypeError(`the response has the status ${response.status}`);
    const type = response.headers?.get?.('content-type');
    if (type !== undefined && !/^\\s*application\\/wasm\\s*$/i.test(type)) {
      throw new TypeError(`the response has the type ${type}, not application/wasm`);
    }
    return response.arrayBuffer();
  };
  return {
    async compileStreaming(source, options = undefined) {
      return compile(await bytesOf(source), options);
    },
    async instantiateStreaming(source, imports = undefined, options = undefined) {
      return instantiate(await bytesOf(source), imports, options);
    },
  };
})";

/// Adds the functions to the namespace, which has `compile` and `instantiate`.
pub(super) fn define<'js>(ctx: &Ctx<'js>, namespace: &Object<'js>) -> Result<()> {
    let make: Function = ctx.eval(STREAMING)?;
    let class: Value = ctx.globals().get("TypeError")?;
    let (compile, instantiate): (Value, Value) =
        (namespace.get("compile")?, namespace.get("instantiate")?);
    let made: Object = make.call((compile, instantiate, class))?;
    for name in ["compileStreaming", "instantiateStreaming"] {
        let function: Value = made.get(name)?;
        let property = Property::from(function)
            .writable()
            .enumerable()
            .configurable();
        namespace.prop(name, property)?;
    }
    Ok(())
}
