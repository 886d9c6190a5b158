//! From a specifier and the file that imports it to a file, by Node's rules for ES modules.
//!
//! Knows nothing of JavaScript values, so that the rules can be tested on plain directories.

use crate::node;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use url::Url;

/// Conditions that select a branch of `exports` and `imports`, besides `default`.
const CONDITIONS: [&str; 3] = ["node", "import", "module-sync"];

/// What a specifier stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A module of the host, by the name with `node:`.
    Builtin(&'static str),
    /// A file, absolute and without symbolic links.
    File(PathBuf),
}

/// How the text of a file is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// An ES module.
    Module,
    /// A classic script.
    Script,
    /// A JSON document.
    Json,
    /// A WebAssembly module.
    Wasm,
    /// `.js` without a `type` in its package: the text decides.
    Unknown,
}

/// Why a specifier leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ResolveError {
    /// Node's error code.
    pub(crate) code: &'static str,
    message: String,
}

type Result<T> = std::result::Result<T, ResolveError>;

/// Resolves specifiers; remembers the `package.json` files it has read.
#[derive(Default)]
pub(crate) struct ModuleResolver {
    packages: HashMap<PathBuf, Option<Rc<Package>>>,
}

struct Package {
    directory: PathBuf,
    json: Value,
}

impl ModuleResolver {
    /// The target of `specifier` in the file `importer`.
    pub(crate) fn resolve(&mut self, specifier: &str, importer: &Path) -> Result<Target> {
        if let Some(name) = node::builtin(specifier) {
            return Ok(Target::Builtin(name));
        }
        let request = Request {
            specifier,
            importer,
        };
        let path = if is_relative(specifier) || specifier.starts_with("file:") {
            request.url_to_path()?
        } else if specifier.starts_with('#') {
            return self.resolve_import(&request);
        } else if let Some((scheme, _)) = specifier.split_once(':') {
            let reason = format!("URLs with scheme '{scheme}:' are not supported");
            return Err(request.error("ERR_UNSUPPORTED_ESM_URL_SCHEME", &reason));
        } else {
            self.resolve_bare(&request)?
        };
        request.existing(path).map(Target::File)
    }

    /// How to read the file `path`.
    pub(crate) fn format(&mut self, path: &Path) -> Format {
        match path.extension().and_then(|e| e.to_str()) {
            Some("mjs") => Format::Module,
            Some("cjs") => Format::Script,
            Some("json") => Format::Json,
            Some("wasm") => Format::Wasm,
            _ => match self
                .nearest_package(path)
                .as_ref()
                .and_then(|p| p.json["type"].as_str())
            {
                Some("module") => Format::Module,
                Some("commonjs") => Format::Script,
                _ => Format::Unknown,
            },
        }
    }

    fn resolve_bare(&mut self, request: &Request<'_>) -> Result<PathBuf> {
        let (name, subpath) = split_package_name(request.specifier)
            .ok_or_else(|| request.error("ERR_INVALID_MODULE_SPECIFIER", "not a package name"))?;
        if let Some(own) = self.nearest_package(request.importer)
            && own.json["name"] == name
            && !own.json["exports"].is_null()
        {
            return self.package_entry(&own, &subpath, request);
        }
        for ancestor in request.importer.ancestors().skip(1) {
            let directory = ancestor.join("node_modules").join(name);
            if directory.is_dir() {
                return match self.package(&directory) {
                    Some(package) => self.package_entry(&package, &subpath, request),
                    None => Ok(legacy_entry(&directory, None, &subpath)),
                };
            }
        }
        let reason = format!("no directory node_modules/{name} here or above");
        Err(request.error("ERR_MODULE_NOT_FOUND", &reason))
    }

    fn package_entry(
        &mut self,
        package: &Package,
        subpath: &str,
        request: &Request<'_>,
    ) -> Result<PathBuf> {
        let exports = &package.json["exports"];
        if exports.is_null() {
            return Ok(legacy_entry(
                &package.directory,
                package.json["main"].as_str(),
                subpath,
            ));
        }
        let not_exported = || {
            let file = package.directory.join("package.json");
            let reason = format!("'{subpath}' is not among \"exports\" of {}", file.display());
            request.error("ERR_PACKAGE_PATH_NOT_EXPORTED", &reason)
        };
        let is_map = exports
            .as_object()
            .is_some_and(|o| o.keys().any(|k| k.starts_with('.')));
        let found = match exports.as_object().filter(|_| is_map) {
            Some(map) => match_entry(map, subpath),
            None if subpath == "." => Some((exports, "")),
            None => None,
        };
        let (target, wildcard) = found.ok_or_else(not_exported)?;
        match select(target, wildcard).ok_or_else(not_exported)? {
            path if path.starts_with("./") => Ok(package.directory.join(&path[2..])),
            _ => Err(not_exported()),
        }
    }

    fn resolve_import(&mut self, request: &Request<'_>) -> Result<Target> {
        let undefined = || {
            request.error(
                "ERR_PACKAGE_IMPORT_NOT_DEFINED",
                "not among \"imports\" of the package",
            )
        };
        let package = self
            .nearest_package(request.importer)
            .ok_or_else(undefined)?;
        let map = package.json["imports"].as_object().ok_or_else(undefined)?;
        let (target, wildcard) = match_entry(map, request.specifier).ok_or_else(undefined)?;
        let target = select(target, wildcard).ok_or_else(undefined)?;
        match target.strip_prefix("./") {
            Some(path) => request
                .existing(package.directory.join(path))
                .map(Target::File),
            None => self.resolve(&target, &package.directory.join("package.json")),
        }
    }

    /// The package that the file belongs to.
    fn nearest_package(&mut self, file: &Path) -> Option<Rc<Package>> {
        for directory in file.ancestors().skip(1) {
            if directory.ends_with("node_modules") {
                return None;
            }
            if let Some(package) = self.package(directory) {
                return Some(package);
            }
        }
        None
    }

    fn package(&mut self, directory: &Path) -> Option<Rc<Package>> {
        if let Some(known) = self.packages.get(directory) {
            return known.clone();
        }
        let package = fs::read(directory.join("package.json"))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .map(|json| {
                Rc::new(Package {
                    directory: directory.to_owned(),
                    json,
                })
            });
        self.packages.insert(directory.to_owned(), package.clone());
        package
    }
}

/// One use of a specifier, for resolving and for complaining.
struct Request<'a> {
    specifier: &'a str,
    importer: &'a Path,
}

impl Request<'_> {
    fn error(&self, code: &'static str, reason: &str) -> ResolveError {
        let (specifier, importer) = (self.specifier, self.importer.display());
        ResolveError {
            code,
            message: format!("cannot find module '{specifier}' imported from {importer}: {reason}"),
        }
    }

    fn url_to_path(&self) -> Result<PathBuf> {
        Url::from_file_path(self.importer)
            .and_then(|base| base.join(self.specifier).map_err(drop))
            .and_then(|url| url.to_file_path())
            .map_err(|()| self.error("ERR_INVALID_MODULE_SPECIFIER", "not a path or file URL"))
    }

    fn existing(&self, path: PathBuf) -> Result<PathBuf> {
        match path.canonicalize() {
            Ok(real) if real.is_dir() => {
                let reason = format!("{} is a directory", real.display());
                Err(self.error("ERR_UNSUPPORTED_DIR_IMPORT", &reason))
            }
            Ok(real) => Ok(real),
            Err(error) => Err(self.error(
                "ERR_MODULE_NOT_FOUND",
                &format!("{}: {error}", path.display()),
            )),
        }
    }
}

fn is_relative(specifier: &str) -> bool {
    specifier.starts_with("./")
        || specifier.starts_with("../")
        || specifier.starts_with('/')
        || specifier == "."
        || specifier == ".."
}

/// `@scope/name/sub/path` to its name and `./sub/path`; the subpath of a bare name is `.`.
fn split_package_name(specifier: &str) -> Option<(&str, String)> {
    let end = match specifier.strip_prefix('@') {
        Some(rest) => {
            let scope = rest.find('/')? + 2;
            specifier[scope..].find('/').map(|i| scope + i)
        }
        None => specifier.find('/'),
    };
    let name = &specifier[..end.unwrap_or(specifier.len())];
    let subpath = end.map_or_else(|| ".".to_owned(), |end| format!(".{}", &specifier[end..]));
    (!name.is_empty() && !name.contains(['\\', '%']) && !name.starts_with('.'))
        .then_some((name, subpath))
}

/// The entry for `key`, and what its `*` stands for. An exact key wins, then the longest prefix.
fn match_entry<'a, 'k>(map: &'a Map<String, Value>, key: &'k str) -> Option<(&'a Value, &'k str)> {
    if let Some(value) = map.get(key).filter(|_| !key.contains('*')) {
        return Some((value, ""));
    }
    map.iter()
        .filter_map(|(pattern, value)| {
            let (prefix, suffix) = pattern.split_once('*')?;
            let wildcard = key.strip_prefix(prefix)?.strip_suffix(suffix)?;
            (!wildcard.is_empty()).then_some((prefix.len(), value, wildcard))
        })
        .max_by_key(|(length, ..)| *length)
        .map(|(_, value, wildcard)| (value, wildcard))
}

/// The path that a target of `exports` or `imports` gives under our conditions.
fn select(target: &Value, wildcard: &str) -> Option<String> {
    match target {
        Value::String(path) => {
            let path = path.replace('*', wildcard);
            let escapes = path
                .split('/')
                .skip(1)
                .any(|s| matches!(s, "." | ".." | "node_modules"));
            (!escapes).then_some(path)
        }
        Value::Array(alternatives) => alternatives.iter().find_map(|t| select(t, wildcard)),
        Value::Object(branches) => branches
            .iter()
            .filter(|(condition, _)| {
                *condition == "default" || CONDITIONS.contains(&condition.as_str())
            })
            .find_map(|(_, t)| select(t, wildcard)),
        _ => None,
    }
}

/// The entry of a package without `exports`.
fn legacy_entry(directory: &Path, main: Option<&str>, subpath: &str) -> PathBuf {
    if subpath != "." {
        return directory.join(&subpath[2..]);
    }
    let main = main.map(|main| directory.join(main));
    let candidates = main.iter().flat_map(|main| {
        let mut with_js = main.as_os_str().to_owned();
        with_js.push(".js");
        [main.clone(), with_js.into(), main.join("index.js")]
    });
    let index = directory.join("index.js");
    candidates
        .chain([index.clone()])
        .find(|path| path.is_file())
        .unwrap_or(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched<'a>(map: &'a Value, key: &'a str) -> Option<String> {
        let (target, wildcard) = match_entry(map.as_object().unwrap(), key)?;
        select(target, wildcard)
    }

    #[test]
    fn package_names() {
        let split = |s| split_package_name(s).map(|(name, path)| (name.to_owned(), path));
        assert_eq!(split("a"), Some(("a".into(), ".".into())));
        assert_eq!(split("a/b/c.js"), Some(("a".into(), "./b/c.js".into())));
        assert_eq!(split("@s/a"), Some(("@s/a".into(), ".".into())));
        assert_eq!(split("@s/a/b"), Some(("@s/a".into(), "./b".into())));
        assert_eq!(split("@s"), None);
        assert_eq!(split(""), None);
    }

    #[test]
    fn conditions_in_the_order_of_the_package() {
        let map = serde_json::json!({
            ".": { "require": "./r.cjs", "import": "./i.mjs", "default": "./d.js" },
            "./nested": { "browser": "./b.js", "node": { "import": "./n.mjs" } },
            "./list": [{ "deno": "./x.js" }, "./y.js"],
            "./none": null,
        });
        assert_eq!(matched(&map, "."), Some("./i.mjs".into()));
        assert_eq!(matched(&map, "./nested"), Some("./n.mjs".into()));
        assert_eq!(matched(&map, "./list"), Some("./y.js".into()));
        assert_eq!(matched(&map, "./none"), None);
        assert_eq!(matched(&map, "./absent"), None);
    }

    #[test]
    fn patterns() {
        let map = serde_json::json!({
            "./*": "./lib/*.js",
            "./deep/*": "./deep/*/index.js",
            "./deep/*.mjs": "./m/*.mjs",
        });
        assert_eq!(matched(&map, "./a"), Some("./lib/a.js".into()));
        assert_eq!(
            matched(&map, "./deep/a/b"),
            Some("./deep/a/b/index.js".into())
        );
        assert_eq!(
            matched(&map, "./../../etc"),
            None,
            "a wildcard may not leave the package"
        );
    }
}
