//! Text that a guest chose, made fit for a terminal.
//!
//! A module chooses the names in its backtraces, in link errors, in messages about itself. As they are,
//! a terminal would obey them: colours, a new title, a line that looks like one of ours. Wherever such
//! text becomes part of a message, it goes through [`printable`].

use std::fmt;

/// Most characters of a name that are shown.
const MOST: usize = 1000;

/// A text whose `Display` has nothing that a terminal would obey: [`printable`], [`printable_lines`].
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a> {
    text: &'a str,
    lines: bool,
}

/// A name or other text of one line: control characters, line ends, characters that change the
/// direction of others and invisible ones are shown as Rust would write them, `\n` or `\u{1b}`. What
/// follows 1,000 characters is left out.
pub fn printable(text: &str) -> Printable<'_> {
    Printable { text, lines: false }
}

/// A text of many lines, whole: as [`printable`], but new lines and tabs stay.
pub fn printable_lines(text: &str) -> Printable<'_> {
    Printable { text, lines: true }
}

impl Printable<'_> {
    fn shows(self, c: char) -> bool {
        match c {
            '\n' | '\t' => self.lines,
            // Soft hyphen, marks and overrides of direction, joiners, separators, tags.
            '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}' => false,
            _ => !c.is_control(),
        }
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.text.char_indices().nth(MOST).filter(|_| !self.lines);
        let mut rest = cut.map_or(self.text, |(end, _)| &self.text[..end]);
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| !self.shows(*c)) {
            write!(f, "{}{}", &rest[..at], c.escape_default())?;
            rest = &rest[at + c.len_utf8()..];
        }
        f.write_str(rest)?;
        f.write_str(if cut.is_some() { "..." } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_as_it_is() {
        for text in ["", "f", "operator\"\"_x", "a b\\c'd", "Grüße, 世界 ✓ नमस्ते"]
        {
            assert_eq!(printable(text).to_string(), text);
            assert_eq!(printable_lines(text).to_string(), text);
        }
    }

    #[test]
    fn what_a_terminal_would_obey() {
        let text = "\u{1b}[31mred\u{7}\r\n\ttab\u{9b}1m\u{202e}x\u{2066}\u{2028}\u{7f}";
        assert_eq!(
            printable(text).to_string(),
            r"\u{1b}[31mred\u{7}\r\n\ttab\u{9b}1m\u{202e}x\u{2066}\u{2028}\u{7f}"
        );
        assert_eq!(
            printable_lines(text).to_string(),
            "\\u{1b}[31mred\\u{7}\\r\n\ttab\\u{9b}1m\\u{202e}x\\u{2066}\\u{2028}\\u{7f}"
        );
        for c in '\0'..='\u{10ffff}' {
            let shown = printable(c.encode_utf8(&mut [0; 4])).to_string();
            assert!(!shown.contains(char::is_control), "{c:?}");
        }
    }

    #[test]
    fn names_without_end_are_cut() {
        let name = "ä".repeat(1_000);
        assert_eq!(printable(&name).to_string(), name);
        let cut = printable(&(name.clone() + "b")).to_string();
        assert_eq!(cut, name.clone() + "...");
        assert_eq!(
            printable_lines(&(name.clone() + "b")).to_string(),
            name + "b"
        );
    }
}
