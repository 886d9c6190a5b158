// Pandoc, Haskell compiled to WebAssembly, on a WASI of its package's: documents to and fro, files, a warning, an error.

import { convert, query } from "pandoc-wasm";

const text = `# Title {#top}

Some *emphasis*, a [link](https://example.org), math $a^2$, and a note.[^1]

| a | b |
|---|--:|
| 1 | 2 |

[^1]: The note, by @smith.
`;
const show = ({ stdout, stderr, warnings }) => console.log(stdout, stderr, warnings);
for (const to of ["html", "latex", "rst", "native"]) show(await convert({ from: "markdown", to }, text, {}));

const bibliography = "@article{smith, author = {Smith, Ann}, title = {On Stacks}, journal = {Stacks}, year = {2021}}";
show(await convert({ from: "markdown", to: "plain", citeproc: true, bibliography: "refs.bib" }, text, { "refs.bib": bibliography }));

const { files } = await convert({ from: "markdown", to: "docx", "output-file": "out.docx" }, text, {});
const document = files["out.docx"];
console.log(document.constructor.name, document.size > 5000);
show(await convert({ from: "docx", to: "markdown", "input-files": ["out.docx"] }, null, { "out.docx": document }));

show(await convert({ from: "html", to: "markdown" }, "<p>one<ul><li>two</ul>".repeat(3), {}));
show(await convert({ from: "markdown", to: "no-such-format" }, text, {}));
console.log(await query({ query: "version" }));
