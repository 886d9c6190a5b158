//! Plain Rust that waits for promises of JavaScript's (JSPI), as wasm-bindgen binds it; and what it binds otherwise.

#![allow(deprecated)] // wasm-bindgen marks its JSPI as experimental so

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/host.mjs")]
extern "C" {
    #[wasm_bindgen(suspending)]
    fn later(value: u32, ms: u32) -> u32;
    #[wasm_bindgen(suspending)]
    fn text_later(name: &str) -> String;
    #[wasm_bindgen(catch, suspending)]
    fn refused() -> Result<JsValue, JsValue>;
    fn note(text: &str);
}

/// Waits at the end of `depth` calls.
#[wasm_bindgen(jspi)]
pub fn deep(depth: u32) -> u32 {
    if depth == 0 { later(1, 2) } else { deep(depth - 1) + 1 }
}

/// Waits once for each step; what lies on Rust's stack must be there afterwards.
#[wasm_bindgen(jspi)]
pub fn walk(name: &str, steps: u32) -> u32 {
    let mut seen = [0u32; 16];
    for step in 0..steps {
        seen[step as usize % 16] += later(step, 3);
        note(&format!("{name}{step}"));
    }
    seen.iter().sum()
}

#[wasm_bindgen(jspi)]
pub fn greet(name: &str) -> String {
    format!("Hello, {}", text_later(name))
}

#[wasm_bindgen(jspi)]
pub fn caught() -> String {
    match refused() {
        Ok(_) => "not refused".into(),
        Err(error) => format!("caught {}", js_sys::Object::from(error).to_string()),
    }
}

#[wasm_bindgen]
pub struct Counter {
    count: i32,
}

#[wasm_bindgen]
impl Counter {
    #[wasm_bindgen(constructor)]
    pub fn new(count: i32) -> Counter {
        Counter { count }
    }
    pub fn add(&mut self, by: i32) -> i32 {
        self.count += by;
        self.count
    }
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> i32 {
        self.count
    }
}

#[wasm_bindgen]
pub fn sum(values: &[f64], each: &js_sys::Function) -> Result<f64, JsValue> {
    let mut total = 0.0;
    for &value in values {
        total += each.call1(&JsValue::NULL, &value.into())?.as_f64().ok_or("no number")?;
    }
    Ok(total)
}

#[wasm_bindgen]
pub fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}
