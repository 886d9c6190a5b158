//! Which names a CommonJS module exports, as far as its text tells: the rules of Node's `cjs-module-lexer`.
//!
//! No parser: a walk over the text that knows comments, strings, templates and regular expressions, and looks
//! at what follows `exports`, `module`, `Object`, `require`, `__exportStar` and `__export`. It sees what
//! compilers write. Linear in the length of the text: what is looked at ahead is short, or not looked at again.

use std::collections::{BTreeSet, HashMap};

/// What was found.
#[derive(Default, Debug)]
pub(super) struct Exports {
    /// Names of properties of `module.exports`.
    pub(super) names: BTreeSet<String>,
    /// What of `require` is handed on as a whole.
    pub(super) reexports: BTreeSet<String>,
}

/// How far behind `Object.keys(m).forEach(` the loop may say that it fills `exports`.
const LOOP_LENGTH: usize = 600;

/// Looks through a text.
pub(super) fn exports(source: &[u8]) -> Exports {
    let mut lexer = Lexer {
        source,
        at: 0,
        last: Last::Operator,
        braces: Vec::new(),
        required: HashMap::new(),
        found: Exports::default(),
    };
    lexer.run();
    lexer.found
}

/// What stood before: decides whether a `/` begins a regular expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// A value: `/` divides.
    Value,
    /// Anything else.
    Operator,
    /// A `.`: a word behind it is a property.
    Dot,
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    last: Last,
    /// For each open brace, whether it is one of a template: `${`.
    braces: Vec<bool>,
    /// Variables that hold what `require` gave.
    required: HashMap<&'a [u8], String>,
    found: Exports,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        if self.source.starts_with(b"#!") {
            self.skip_line();
        }
        while self.skip_blank() {
            let byte = self.source[self.at];
            match byte {
                b'"' | b'\'' => {
                    self.string();
                    self.last = Last::Value;
                }
                b'`' => {
                    self.at += 1;
                    self.template();
                }
                b'/' if self.last != Last::Value => self.regex(),
                b'{' => {
                    self.braces.push(false);
                    self.step(Last::Operator);
                }
                b'}' => {
                    let of_template = self.braces.pop() == Some(true);
                    // A block or an object: after a block `/` begins a regular expression, which is rarer.
                    self.step(Last::Operator);
                    if of_template {
                        self.template();
                    }
                }
                b')' | b']' => self.step(Last::Value),
                b'.' => self.step(Last::Dot),
                _ if is_word(byte) => self.word(),
                _ => self.step(Last::Operator),
            }
        }
    }

    fn step(&mut self, last: Last) {
        self.at += 1;
        self.last = last;
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.source[self.at.min(self.source.len())..]
    }

    fn skip_line(&mut self) {
        let end = self.rest().iter().position(|byte| *byte == b'\n');
        self.at = end.map_or(self.source.len(), |end| self.at + end);
    }

    /// Goes past blanks and comments; false at the end.
    fn skip_blank(&mut self) -> bool {
        while let Some(byte) = self.peek() {
            if byte.is_ascii_whitespace() || byte == 0x0b {
                self.at += 1;
            } else if self.rest().starts_with(b"//") {
                self.skip_line();
            } else if self.rest().starts_with(b"/*") {
                let inside = &self.rest()[2..];
                let end = inside.windows(2).position(|pair| pair == b"*/");
                self.at = end.map_or(self.source.len(), |end| self.at + end + 4);
            } else {
                return true;
            }
        }
        false
    }

    /// Goes past a string; gives what is in it, if nothing is escaped.
    fn string(&mut self) -> Option<String> {
        let quote = self.peek()?;
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                }
                b'\n' => return None,
                _ if byte == quote => {
                    let text = std::str::from_utf8(&self.source[start..self.at - 1]).ok();
                    return text.filter(|_| !escaped).map(str::to_owned);
                }
                _ => {}
            }
        }
        self.at = self.source.len();
        None
    }

    /// Goes on in a template, to its end or to its next `${`.
    fn template(&mut self) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'`' => {
                    self.last = Last::Value;
                    return;
                }
                b'$' if self.peek() == Some(b'{') => {
                    self.at += 1;
                    self.braces.push(true);
                    self.last = Last::Operator;
                    return;
                }
                _ => {}
            }
        }
    }

    fn regex(&mut self) {
        self.at += 1;
        let mut in_class = false;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                b'\n' => break,
                _ => {}
            }
        }
        self.last = Last::Value;
    }

    /// The word here, and past it.
    fn take_word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !is_word(*byte));
        let word = &rest[..length.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// Goes past `text`, and blanks before it, if it is there.
    fn eat(&mut self, text: &[u8]) -> bool {
        let start = self.at;
        if !self.skip_blank() || !self.rest().starts_with(text) {
            self.at = start;
            return false;
        }
        let end = self.source.get(self.at + text.len()).copied();
        let cuts = text.last().is_some_and(|byte| is_word(*byte)) && end.is_some_and(is_word);
        if cuts {
            self.at = start;
            return false;
        }
        self.at += text.len();
        true
    }

    fn word(&mut self) {
        let after_dot = self.last == Last::Dot;
        let word = self.take_word();
        let is_operator = matches!(
            word,
            b"return"
                | b"typeof"
                | b"case"
                | b"in"
                | b"of"
                | b"delete"
                | b"void"
                | b"throw"
                | b"new"
                | b"else"
                | b"do"
        );
        self.last = match is_operator {
            true => Last::Operator,
            false => Last::Value,
        };
        match word {
            b"__exportStar" | b"__export" => {
                if self.eat(b"(")
                    && let Some(name) = self.require()
                {
                    self.found.reexports.insert(name);
                }
            }
            _ if after_dot => {}
            b"exports" => self.after_exports(false),
            b"module" => {
                let start = self.at;
                if self.eat(b".") && self.eat(b"exports") {
                    self.after_exports(true);
                } else {
                    self.at = start;
                }
            }
            b"Object" => {
                let start = self.at;
                if self.eat(b".") && self.eat(b"defineProperty") && self.eat(b"(") {
                    self.defined();
                } else {
                    self.at = start;
                    if self.eat(b".") && self.eat(b"keys") && self.eat(b"(") {
                        self.loop_over_keys();
                    }
                }
            }
            b"var" | b"let" | b"const" => self.variable(),
            _ => {}
        }
    }

    /// `require("x")`, with what compilers put around it.
    fn require(&mut self) -> Option<String> {
        let start = self.at;
        let helpers: [&[u8]; 3] = [
            b"_interopRequireWildcard",
            b"__importStar",
            b"_interopRequireDefault",
        ];
        for helper in helpers {
            if self.eat(helper) {
                self.eat(b"(");
                break;
            }
        }
        if self.eat(b"require") && self.eat(b"(") && self.skip_blank() {
            let name = match self.peek() {
                Some(b'"' | b'\'') => self.string(),
                _ => None,
            };
            if let Some(name) = name
                && self.eat(b")")
            {
                return Some(name);
            }
        }
        self.at = start;
        None
    }

    /// `var m = require("x")`.
    fn variable(&mut self) {
        let start = self.at;
        if self.skip_blank() {
            let name = self.take_word();
            let after = self.at;
            if !name.is_empty()
                && self.eat(b"=")
                && let Some(required) = self.require()
            {
                self.required.insert(name, required);
                return;
            }
            self.at = if name.is_empty() { start } else { after };
        }
    }

    /// Behind `exports` or `module.exports`.
    fn after_exports(&mut self, of_module: bool) {
        let start = self.at;
        let name = if self.eat(b".") && self.skip_blank() {
            let word = self.take_word();
            (!word.is_empty()).then(|| String::from_utf8_lossy(word).into_owned())
        } else if self.eat(b"[") && self.skip_blank() {
            match self.peek() {
                Some(b'"' | b'\'') => self.string().filter(|_| self.eat(b"]")),
                _ => None,
            }
        } else if of_module && self.is_assigned() {
            self.found.reexports.clear();
            return self.assigned();
        } else {
            None
        };
        match name {
            Some(name) if self.is_assigned() => {
                self.found.names.insert(name);
                self.last = Last::Operator;
            }
            _ => self.at = start,
        }
    }

    /// Goes past a `=` that is no `==` and no `=>`.
    fn is_assigned(&mut self) -> bool {
        let start = self.at;
        if self.eat(b"=") && !matches!(self.peek(), Some(b'=' | b'>')) {
            return true;
        }
        self.at = start;
        false
    }

    /// What `module.exports` becomes.
    fn assigned(&mut self) {
        self.last = Last::Operator;
        if let Some(name) = self.require() {
            self.found.reexports.insert(name);
            self.last = Last::Value;
        } else if self.skip_blank() && self.peek() == Some(b'{') {
            let start = self.at;
            self.at += 1;
            self.object();
            // The walk goes on at the brace: what follows is seen as any text.
            self.at = start;
        }
    }

    /// The properties of an object up to the first that is more than a name.
    fn object(&mut self) {
        while self.skip_blank() {
            let name = match self.source[self.at] {
                b'"' | b'\'' => {
                    let name = self.string();
                    if !self.eat(b":") {
                        return;
                    }
                    name
                }
                b'.' => {
                    if !self.eat(b"...") {
                        return;
                    }
                    match self.require() {
                        Some(name) => drop(self.found.reexports.insert(name)),
                        None if self.skip_blank() && !self.take_word().is_empty() => {}
                        None => return,
                    }
                    if !self.eat(b",") {
                        return;
                    }
                    continue;
                }
                byte if is_word(byte) => {
                    let word = self.take_word();
                    let name = String::from_utf8_lossy(word).into_owned();
                    if !self.eat(b":") {
                        let start = self.at;
                        let ends = self.eat(b",") || self.eat(b"}");
                        self.at = start;
                        // A method or an accessor.
                        if !ends {
                            return;
                        }
                        self.found.names.insert(name);
                        if !self.eat(b",") {
                            return;
                        }
                        continue;
                    }
                    Some(name)
                }
                _ => return,
            };
            self.found.names.extend(name);
            self.eat(b"-");
            if !self.skip_blank() || self.take_word().is_empty() || !self.eat(b",") {
                return;
            }
        }
    }

    /// Behind `Object.defineProperty(`.
    fn defined(&mut self) {
        let start = self.at;
        let of_exports =
            self.eat(b"exports") || self.eat(b"module") && self.eat(b".") && self.eat(b"exports");
        if of_exports && self.eat(b",") && self.skip_blank() {
            let name = match self.peek() {
                Some(b'"' | b'\'') => self.string(),
                _ => None,
            };
            if let Some(name) = name
                && self.eat(b",")
                && self.eat(b"{")
            {
                let body = self.at;
                if self.is_plain_property() {
                    self.found.names.insert(name);
                }
                self.at = body;
                self.braces.push(false);
                self.last = Last::Operator;
                return;
            }
        }
        self.at = start;
    }

    /// Whether a descriptor gives a value, or a getter that looks something up.
    fn is_plain_property(&mut self) -> bool {
        let enumerable = self.eat(b"enumerable") && self.eat(b":") && {
            (self.eat(b"true") || self.eat(b"!0")) && self.eat(b",")
        };
        if self.eat(b"value") {
            return self.eat(b":");
        }
        if !enumerable || !self.eat(b"get") {
            return false;
        }
        if self.eat(b":") {
            if self.eat(b"function") {
                self.skip_blank();
                self.take_word();
            } else {
                return self.eat(b"(") && self.eat(b")") && self.eat(b"=>") && self.looks_up();
            }
        }
        self.eat(b"(") && self.eat(b")") && self.eat(b"{") && self.eat(b"return") && self.looks_up()
    }

    fn looks_up(&mut self) -> bool {
        self.skip_blank() && !self.take_word().is_empty()
    }

    /// Behind `Object.keys(`: a loop that hands on all that a module exports, as Babel writes it.
    fn loop_over_keys(&mut self) {
        let start = self.at;
        self.skip_blank();
        let name = self.take_word();
        if let Some(required) = self.required.get(name).cloned()
            && self.eat(b")")
            && self.eat(b".")
            && self.eat(b"forEach")
        {
            let rest = self.rest();
            let body = String::from_utf8_lossy(&rest[..rest.len().min(LOOP_LENGTH)]);
            if body.contains("exports[") || body.contains("defineProperty(exports,") {
                self.found.reexports.insert(required);
            }
        }
        self.at = start;
    }
}

#[cfg(test)]
mod tests {
    use super::exports;

    fn names(source: &str) -> String {
        let found = exports(source.as_bytes());
        let names: Vec<_> = found.names.into_iter().collect();
        let reexports: Vec<_> = found.reexports.into_iter().collect();
        format!("{} <{}>", names.join(" "), reexports.join(" "))
    }

    #[test]
    fn assignments() {
        assert_eq!(
            names("exports.a = 1; exports['b'] = 2; module.exports.c = 3"),
            "a b c <>"
        );
        assert_eq!(names("exports.a = exports.b = void 0;"), "a b <>");
        assert_eq!(
            names("if (exports.a == 1) x.exports.y = 2; exports.f()"),
            " <>"
        );
        assert_eq!(
            names("(function (exports) { exports.inner = 1 })(exports)"),
            "inner <>"
        );
    }

    #[test]
    fn texts_are_no_code() {
        assert_eq!(
            names("// exports.a = 1\n/* exports.b = 1 */ 'exports.c = 1'"),
            " <>"
        );
        assert_eq!(
            names("`exports.d = ${exports.e = `x`} exports.f = 1`"),
            "e <>"
        );
        assert_eq!(
            names("x = /exports.g = 1/; y = a / exports.h; exports.i = 1 / 2"),
            "i <>"
        );
        assert_eq!(names("`${{a: `}`}}`; exports.z = 1"), "z <>");
    }

    #[test]
    fn objects() {
        assert_eq!(
            names("module.exports = { a, b: c, 'd': e, f }"),
            "a b d f <>"
        );
        assert_eq!(
            names("module.exports = { a, ...d, b: require('c'), c: 1 }"),
            "a b <>"
        );
        assert_eq!(names("0 && (module.exports = { x, y })"), "x y <>");
        assert_eq!(
            names("module.exports = { ...require('a'), ...require('b') }"),
            " <a b>"
        );
        assert_eq!(names("module.exports = { run() {}, b }"), " <>");
    }

    #[test]
    fn handed_on() {
        assert_eq!(names("module.exports = require('./a')"), " <./a>");
        assert_eq!(
            names("module.exports = require('./a'); module.exports = require('./b')"),
            " <./b>"
        );
        assert_eq!(
            names(
                "__exportStar(require('a'), exports); tslib_1.__exportStar(require(\"b\"), exports)"
            ),
            " <a b>"
        );
        let babel = "var _a = require('a'); Object.keys(_a).forEach(function (key) {
            if (key === 'default' || key === '__esModule') return; exports[key] = _a[key]; });";
        assert_eq!(names(babel), " <a>");
    }

    #[test]
    fn defined() {
        assert_eq!(
            names("Object.defineProperty(exports, '__esModule', { value: true })"),
            "__esModule <>"
        );
        let getter = "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return m.a; } });
            Object.defineProperty(exports, 'b', { enumerable: true, get() { return m['b'] } });
            Object.defineProperty(exports, 'c', { get: function () { return 1; } });";
        assert_eq!(names(getter), "a b <>");
    }

    #[test]
    fn any_bytes_end() {
        for text in [
            "`",
            "'",
            "/",
            "/*",
            "\\",
            "exports",
            "exports.",
            "exports[",
            "module.exports={",
            "`${",
            "}",
            "Object.keys(",
        ] {
            names(text);
        }
    }
}
