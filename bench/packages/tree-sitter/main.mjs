// A parser and a grammar that it links as a library of its own (`dylink.0`): trees, edits, queries.

import { fileURLToPath } from "node:url";
import { Language, Parser, Query } from "web-tree-sitter";

await Parser.init();
const language = await Language.load(
  fileURLToPath(import.meta.resolve("tree-sitter-javascript/tree-sitter-javascript.wasm")),
);
const parser = new Parser();
parser.setLanguage(language);
console.log("kinds", language.nodeTypeCount, "fields", language.fieldCount);

const source = "let x = 1;\nfunction add(a, b) { return a + b; }\nconsole.log(add(x, 2));\n";
const tree = parser.parse(source);
console.log(tree.rootNode.toString());
const call = tree.rootNode.child(2).firstChild;
console.log(call.type, call.startPosition, call.endPosition, call.text);

const changed = source.replace("let", "const");
tree.edit({
  startIndex: 0,
  oldEndIndex: 3,
  newEndIndex: 5,
  startPosition: { row: 0, column: 0 },
  oldEndPosition: { row: 0, column: 3 },
  newEndPosition: { row: 0, column: 5 },
});
const second = parser.parse(changed, tree);
for (const range of tree.getChangedRanges(second)) console.log("changed", range);

const query = new Query(language, "(call_expression function: (_) @callee) (identifier) @name");
for (const { name, node } of query.captures(second.rootNode)) {
  console.log(name, JSON.stringify(node.text), node.startPosition.row);
}

// The parser asks for its text in pieces, through a callback.
const lines = Array.from({ length: 2000 }, (_, i) => `const v${i} = [${i}, "text", { key: ${i} }].map((x) => x ?? ${i});`);
const text = lines.join("\n");
const long = parser.parse((index) => text.slice(index, index + 1000));
console.log("statements", long.rootNode.namedChildCount, "errors", long.rootNode.hasError);

try {
  new Query(language, "(no_such_node) @x");
} catch (error) {
  console.log(error.name, error.message);
}
