// A model as bytes, without a tool to write it: y = softmax(relu(x w + b)), in the encoding of protocol buffers.

const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]);
const number = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, value) => {
  const content = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
};
const FLOAT = 1;

const node = (operator, inputs, output) => bytes(1, [...inputs.flatMap((name) => bytes(1, name)), ...bytes(2, output), ...bytes(4, operator)]);
const value = (field, name, shape) => {
  const dimensions = shape.flatMap((size) => bytes(1, number(1, size)));
  return bytes(field, [...bytes(1, name), ...bytes(2, bytes(1, [...number(1, FLOAT), ...bytes(2, dimensions)]))]);
};
const constant = (name, shape, values) => {
  const raw = [...new Uint8Array(Float32Array.from(values).buffer)];
  return bytes(5, [...shape.flatMap((size) => number(1, size)), ...number(2, FLOAT), ...bytes(8, name), ...bytes(9, raw)]);
};

/** Rows of `width` numbers to rows of `classes`. */
export function model(rows, width, classes) {
  const weights = Array.from({ length: width * classes }, (_, i) => ((i * 37) % 19) / 19 - 0.5);
  const bias = Array.from({ length: classes }, (_, i) => i / classes);
  const graph = [
    ...node("MatMul", ["x", "w"], "product"), ...node("Add", ["product", "b"], "sum"),
    ...node("Relu", ["sum"], "positive"), ...node("Softmax", ["positive"], "y"), ...bytes(2, "graph"),
    ...constant("w", [width, classes], weights), ...constant("b", [classes], bias),
    ...value(11, "x", [rows, width]), ...value(12, "y", [rows, classes]),
  ];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, [...bytes(1, ""), ...number(2, 13)])]);
}
