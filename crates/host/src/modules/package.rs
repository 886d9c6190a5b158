//! `package.json`: the `exports` and `imports` of a package, by Node's rules.

use super::errors::{ModuleError, Result};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// What a `package.json` says.
pub(crate) struct Package {
    pub(crate) directory: PathBuf,
    pub(crate) json: Value,
}

/// Where a target leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Selected {
    /// No branch is for us.
    Undefined,
    /// The package keeps it to itself.
    Null,
    /// A file of the package.
    File(PathBuf),
    /// Another package, or a module of the host: only from `imports`.
    Other(String),
}

/// What is looked for in a package, for complaints.
pub(crate) struct Wanted<'a> {
    /// `.` and what follows the name of the package; the specifier for `imports`.
    pub(crate) key: &'a str,
    /// Which conditions hold.
    pub(crate) conditions: &'a [&'a str],
    /// ` imported from FILE`, or nothing.
    pub(crate) from: &'a str,
}

impl Package {
    /// Its file.
    pub(crate) fn file(&self) -> String {
        let file = self.directory.join("package.json");
        file.to_string_lossy().into_owned()
    }

    /// Whether `exports` says what others may import.
    pub(crate) fn has_exports(&self) -> bool {
        !self.json["exports"].is_null()
    }

    /// The file behind a subpath, by `exports`.
    pub(crate) fn exported(&self, wanted: &Wanted<'_>) -> Result<PathBuf> {
        let exports = &self.json["exports"];
        let found = if self.is_map(exports)? {
            match_entry(exports.as_object().unwrap_or(&Map::new()), wanted.key)
                .map(|(target, star)| (target.clone(), star))
        } else {
            (wanted.key == ".").then(|| (exports.clone(), None))
        };
        if let Some((target, star)) = found {
            let star = star.as_deref();
            if let Selected::File(path) = self.select(&target, star, wanted, false)? {
                return Ok(path);
            }
        }
        let file = self.file();
        let Wanted { key, from, .. } = wanted;
        let message = match *key {
            "." => format!("No \"exports\" main defined in {file}{from}"),
            _ => format!("Package subpath '{key}' is not defined by \"exports\" in {file}{from}"),
        };
        Err(ModuleError::new("ERR_PACKAGE_PATH_NOT_EXPORTED", message))
    }

    /// What `#...` stands for, by `imports`.
    pub(crate) fn imported(&self, wanted: &Wanted<'_>) -> Result<Selected> {
        let Some(imports) = self.json["imports"].as_object() else {
            return Ok(Selected::Undefined);
        };
        match match_entry(imports, wanted.key) {
            Some((target, star)) => self.select(target, star.as_deref(), wanted, true),
            None => Ok(Selected::Undefined),
        }
    }

    /// Whether the keys of `exports` are subpaths, not conditions.
    fn is_map(&self, exports: &Value) -> Result<bool> {
        let Some(object) = exports.as_object() else {
            return Ok(false);
        };
        let dots = object.keys().filter(|key| key.starts_with('.')).count();
        if dots != 0 && dots != object.len() {
            let message = format!(
                "Invalid package config {}. \"exports\" cannot contain some keys starting with '.' and some not. \
                 The exports object must either be an object of package subpath keys or an object of main entry \
                 condition name keys only.",
                self.file()
            );
            return Err(ModuleError::new("ERR_INVALID_PACKAGE_CONFIG", message));
        }
        Ok(dots != 0)
    }

    fn select(
        &self,
        target: &Value,
        star: Option<&str>,
        wanted: &Wanted<'_>,
        of_imports: bool,
    ) -> Result<Selected> {
        match target {
            Value::String(text) => self.select_text(text, star, wanted, of_imports),
            Value::Array(alternatives) => {
                let mut last = Ok(Selected::Null);
                for alternative in alternatives {
                    last = self.select(alternative, star, wanted, of_imports);
                    match &last {
                        Err(error) if error.code == "ERR_INVALID_PACKAGE_TARGET" => {}
                        Ok(Selected::Undefined | Selected::Null) => {}
                        _ => return last,
                    }
                }
                last
            }
            Value::Object(branches) => {
                for (condition, branch) in branches {
                    if condition != "default" && !wanted.conditions.contains(&condition.as_str()) {
                        continue;
                    }
                    match self.select(branch, star, wanted, of_imports)? {
                        Selected::Undefined => {}
                        found => return Ok(found),
                    }
                }
                Ok(Selected::Undefined)
            }
            Value::Null => Ok(Selected::Null),
            other => Err(self.invalid(&other.to_string(), wanted, of_imports)),
        }
    }

    fn select_text(
        &self,
        target: &str,
        star: Option<&str>,
        wanted: &Wanted<'_>,
        of_imports: bool,
    ) -> Result<Selected> {
        let filled = || star.map_or_else(|| target.to_owned(), |star| target.replace('*', star));
        let Some(inside) = target.strip_prefix("./") else {
            let is_other = of_imports
                && !target.starts_with("../")
                && !target.starts_with('/')
                && (target.starts_with("node:") || url::Url::parse(target).is_err());
            return match is_other {
                true => Ok(Selected::Other(filled())),
                false => Err(self.invalid(target, wanted, of_imports)),
            };
        };
        if leaves(inside) {
            return Err(self.invalid(target, wanted, of_imports));
        }
        if star.is_some_and(leaves) {
            let what = if of_imports { "imports" } else { "exports" };
            let message = format!(
                "Invalid module \"{}\" request is not a valid match in pattern for the \"{what}\" resolution of {}{}",
                wanted.key,
                self.file(),
                wanted.from
            );
            return Err(ModuleError::of_type(
                "ERR_INVALID_MODULE_SPECIFIER",
                message,
            ));
        }
        Ok(Selected::File(self.directory.join(&filled()[2..])))
    }

    fn invalid(&self, target: &str, wanted: &Wanted<'_>, of_imports: bool) -> ModuleError {
        let what = if of_imports { "imports" } else { "exports" };
        let (key, file, from) = (wanted.key, self.file(), wanted.from);
        let hint = match of_imports || target.starts_with("./") {
            true => "",
            false => "; targets must start with \"./\"",
        };
        let message = match key {
            "." => {
                format!(
                    "Invalid \"{what}\" main target \"{target}\" defined in the package config {file}{from}{hint}"
                )
            }
            _ => format!(
                "Invalid \"{what}\" target \"{target}\" defined for '{key}' in the package config {file}{from}{hint}"
            ),
        };
        ModuleError::new("ERR_INVALID_PACKAGE_TARGET", message)
    }
}

/// Whether a part of a path leads out of the package, or into another one.
fn leaves(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| {
        let part = part
            .to_ascii_lowercase()
            .replace("%2e", ".")
            .replace("%5f", "_");
        matches!(&*part, "." | ".." | "node_modules") || is_encoded_node_modules(&part)
    })
}

fn is_encoded_node_modules(part: &str) -> bool {
    part.contains('%')
        && percent_decoded(part).is_some_and(|decoded| decoded.eq_ignore_ascii_case("node_modules"))
}

/// A text with `%41` as `A`; `None` if that is no text.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// The entry for `key`, and what its `*` stands for. An exact key wins, then the longest before the `*`, then the
/// longest.
fn match_entry<'a>(map: &'a Map<String, Value>, key: &str) -> Option<(&'a Value, Option<String>)> {
    if let Some(value) = map
        .get(key)
        .filter(|_| !key.contains('*') && !key.ends_with('/'))
    {
        return Some((value, None));
    }
    map.iter()
        .filter_map(|(pattern, value)| {
            let (prefix, suffix) = pattern.split_once('*')?;
            if suffix.contains('*') || key.len() < pattern.len() {
                return None;
            }
            let star = key.strip_prefix(prefix)?.strip_suffix(suffix)?;
            (!star.is_empty()).then_some(((prefix.len(), pattern.len()), value, star))
        })
        .max_by_key(|(length, ..)| *length)
        .map(|(_, value, star)| (value, Some(star.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(exports: Value) -> Package {
        Package {
            directory: "/p".into(),
            json: serde_json::json!({ "exports": exports }),
        }
    }

    fn found(exports: &Value, key: &str) -> std::result::Result<String, &'static str> {
        let wanted = Wanted {
            key,
            conditions: &["node", "import"],
            from: "",
        };
        match package(exports.clone()).exported(&wanted) {
            Ok(path) => Ok(path.to_string_lossy().into_owned()),
            Err(error) => Err(error.code),
        }
    }

    const HIDDEN: std::result::Result<String, &str> = Err("ERR_PACKAGE_PATH_NOT_EXPORTED");

    #[test]
    fn conditions_in_the_order_of_the_package() {
        let map = serde_json::json!({
            ".": { "require": "./r.cjs", "import": "./i.mjs", "default": "./d.js" },
            "./nested": { "browser": "./b.js", "node": { "import": "./n.mjs" } },
            "./list": [{ "deno": "./x.js" }, "./y.js"],
            "./wrong-first": ["../x.js", "./y.js"],
            "./none": null,
            "./null-branch": { "node": null, "default": "./d.js" },
        });
        assert_eq!(found(&map, "."), Ok("/p/i.mjs".into()));
        assert_eq!(found(&map, "./nested"), Ok("/p/n.mjs".into()));
        assert_eq!(found(&map, "./list"), Ok("/p/y.js".into()));
        assert_eq!(found(&map, "./wrong-first"), Ok("/p/y.js".into()));
        assert_eq!(found(&map, "./none"), HIDDEN);
        assert_eq!(found(&map, "./null-branch"), HIDDEN);
        assert_eq!(found(&map, "./absent"), HIDDEN);
    }

    #[test]
    fn patterns() {
        let map = serde_json::json!({
            "./*": "./lib/*.js",
            "./deep/*": "./deep/*/index.js",
            "./deep/*.mjs": "./m/*.mjs",
            "./private/*": null,
        });
        assert_eq!(found(&map, "./a"), Ok("/p/lib/a.js".into()));
        assert_eq!(found(&map, "./deep/a/b"), Ok("/p/deep/a/b/index.js".into()));
        assert_eq!(found(&map, "./deep/a.mjs"), Ok("/p/m/a.mjs".into()));
        assert_eq!(found(&map, "./private/a"), HIDDEN);
        assert_eq!(
            found(&map, "./../../etc"),
            Err("ERR_INVALID_MODULE_SPECIFIER"),
            "a wildcard may not leave the package"
        );
    }

    #[test]
    fn targets_stay_inside() {
        let invalid = Err("ERR_INVALID_PACKAGE_TARGET");
        for target in [
            "x.js",
            "/x.js",
            "../x.js",
            "./../x.js",
            "./a/%2e%2e/x.js",
            "./node_modules/x.js",
            "./a/NODE_MODULES/x.js",
        ] {
            assert_eq!(
                found(&serde_json::json!({ ".": target }), "."),
                invalid,
                "{target}"
            );
        }
        let mixed = serde_json::json!({ ".": "./a.js", "import": "./b.js" });
        assert_eq!(found(&mixed, "."), Err("ERR_INVALID_PACKAGE_CONFIG"));
    }
}
