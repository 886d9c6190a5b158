//! From a specifier and the file that names it to a file: Node's rules for `import` and for `require`.
//!
//! Knows nothing of JavaScript values, so that the rules can be tested on plain directories.

use super::errors::{ModuleError, Result};
use super::package::{Package, Selected, Wanted, percent_decoded};
use crate::node;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use url::Url;

/// What a specifier stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A module of the host, by the name with `node:`.
    Builtin(&'static str),
    /// A file, absolute; with `?...` and `#...` of its URL, each of which makes another instance.
    File(PathBuf, String),
    /// A `data:` URL.
    Data(String),
}

/// How the text of a file is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// An ES module.
    Module,
    /// A CommonJS module.
    CommonJs,
    /// A JSON document.
    Json,
    /// A WebAssembly module.
    Wasm,
    /// `.js` without a `type` in its package: the text decides.
    Unknown,
    /// A file of another kind.
    Foreign,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `import`, static or dynamic.
    Import,
    /// `import.meta.resolve`: the file need not be there.
    Url,
    /// `require`.
    Require,
}

impl Kind {
    /// Conditions that select a branch of `exports` and `imports`, besides `default`.
    fn conditions(self) -> &'static [&'static str] {
        match self {
            Self::Require => &["node", "require", "module-sync", "node-addons"],
            _ => &["node", "import", "module-sync", "node-addons"],
        }
    }
}

/// Resolves specifiers; remembers the `package.json` files it has read.
#[derive(Default)]
pub(crate) struct ModuleResolver {
    packages: HashMap<PathBuf, Option<Rc<Package>>>,
}

impl ModuleResolver {
    /// The target of `specifier` in the file `importer`.
    pub(crate) fn resolve(
        &mut self,
        specifier: &str,
        importer: &Path,
        kind: Kind,
    ) -> Result<Target> {
        if let Some(name) = node::builtin(specifier) {
            return Ok(Target::Builtin(name));
        }
        if specifier.starts_with("node:") {
            let message = format!("No such built-in module: {specifier}");
            return Err(ModuleError::new("ERR_UNKNOWN_BUILTIN_MODULE", message));
        }
        let request = Request {
            specifier,
            importer,
            kind,
        };
        if kind == Kind::Require {
            return self.required(&request);
        }
        if is_relative(specifier) {
            return request.file_of_url();
        }
        if specifier.starts_with('#') {
            return self.resolve_import(&request);
        }
        if let Ok(url) = Url::parse(specifier) {
            return match url.scheme() {
                "file" => request.file_of_url(),
                "data" => Ok(Target::Data(specifier.to_owned())),
                scheme => Err(request.unsupported(scheme)),
            };
        }
        let path = self.resolve_bare(&request)?;
        request.existing(path, String::new())
    }

    /// How to read the file `path`.
    pub(crate) fn format(&mut self, path: &Path) -> Result<Format> {
        Ok(match path.extension().and_then(|e| e.to_str()) {
            Some("mjs") => Format::Module,
            Some("cjs") => Format::CommonJs,
            Some("json") => Format::Json,
            Some("wasm") => Format::Wasm,
            Some("js") | None => {
                let package = self.nearest_package(path)?;
                match package.as_ref().and_then(|p| p.json["type"].as_str()) {
                    Some("module") if path.extension().is_none() && starts_like_wasm(path) => {
                        Format::Wasm
                    }
                    Some("module") => Format::Module,
                    Some("commonjs") => Format::CommonJs,
                    _ => Format::Unknown,
                }
            }
            Some(_) => Format::Foreign,
        })
    }

    /// The file that `bident run PATH` means: as `require` finds it.
    pub(crate) fn main(&mut self, path: &Path) -> Option<PathBuf> {
        self.as_file(path).or_else(|| self.as_directory(path))
    }

    fn required(&mut self, request: &Request<'_>) -> Result<Target> {
        let specifier = request.specifier;
        let from = request.importer.parent().unwrap_or(Path::new("/"));
        let found = if is_relative(specifier) {
            let path = from.join(specifier);
            let is_folder =
                specifier.ends_with(['/']) || specifier.ends_with("..") || specifier == ".";
            let file = match is_folder {
                true => None,
                false => self.as_file(&path),
            };
            file.or_else(|| self.as_directory(&path))
        } else if specifier.starts_with('#') {
            return self.resolve_import(request);
        } else {
            Some(self.resolve_bare(request)?)
        };
        match found {
            Some(path) => request.existing(path, String::new()),
            None => Err(request.not_required()),
        }
    }

    fn resolve_bare(&mut self, request: &Request<'_>) -> Result<PathBuf> {
        let parts = split_package_name(request.specifier);
        let Some((name, subpath)) = parts else {
            return Err(match request.kind {
                Kind::Require => request.not_required(),
                _ => request.invalid("is not a valid package name"),
            });
        };
        if request.kind != Kind::Require && subpath.ends_with('/') && subpath.len() > 1 {
            let file = request.importer.display();
            let message = format!(
                "Directory import '{}' is not supported resolving ES modules imported from {file}",
                request.specifier
            );
            return Err(ModuleError::new("ERR_UNSUPPORTED_DIR_IMPORT", message));
        }
        if let Some(own) = self.nearest_package(request.importer)?
            && own.json["name"] == name
            && own.has_exports()
        {
            return own.exported(&request.wanted(&subpath, &request.from()));
        }
        for ancestor in request.importer.ancestors().skip(1) {
            if ancestor.ends_with("node_modules") {
                continue;
            }
            let directory = ancestor.join("node_modules").join(name);
            if directory.is_dir() {
                let package = self.package(&directory)?;
                if let Some(package) = package.as_ref().filter(|package| package.has_exports()) {
                    return package.exported(&request.wanted(&subpath, &request.from()));
                }
                if let Some(path) = self.legacy_entry(&directory, &subpath, request) {
                    return Ok(path);
                }
            } else if request.kind == Kind::Require
                && subpath == "."
                && let Some(file) = self.as_file(&directory)
            {
                return Ok(file);
            }
        }
        Err(match request.kind {
            Kind::Require => request.not_required(),
            _ => ModuleError::new(
                "ERR_MODULE_NOT_FOUND",
                format!("Cannot find package '{name}'{}", request.from()),
            ),
        })
    }

    /// The entry of a package without `exports`.
    fn legacy_entry(
        &mut self,
        directory: &Path,
        subpath: &str,
        request: &Request<'_>,
    ) -> Option<PathBuf> {
        if request.kind == Kind::Require {
            if subpath == "." {
                return self.as_directory(directory);
            }
            let path = directory.join(&subpath[2..]);
            return self.as_file(&path).or_else(|| self.as_directory(&path));
        }
        if subpath != "." {
            return Some(directory.join(percent_decoded(&subpath[2..])?));
        }
        self.as_directory(directory)
    }

    fn resolve_import(&mut self, request: &Request<'_>) -> Result<Target> {
        let key = request.specifier;
        if key == "#" || key.starts_with("#/") && key.len() == 2 || key.ends_with('/') {
            return Err(request.invalid("is not a valid internal imports specifier name"));
        }
        let from = request.from();
        let package = self.nearest_package(request.importer)?;
        let selected = match &package {
            Some(package) => package.imported(&request.wanted(key, &from))?,
            None => Selected::Undefined,
        };
        match (selected, &package) {
            (Selected::File(path), _) => request.existing(path, String::new()),
            (Selected::Other(name), Some(package)) => {
                let importer = package.directory.join("package.json");
                self.resolve(&name, &importer, request.kind)
            }
            _ => {
                let place = package.map_or_else(String::new, |package| {
                    format!(" in package {}", package.file())
                });
                let message =
                    format!("Package import specifier \"{key}\" is not defined{place}{from}");
                Err(ModuleError::of_type(
                    "ERR_PACKAGE_IMPORT_NOT_DEFINED",
                    message,
                ))
            }
        }
    }

    /// The file itself, or with an ending that `require` may add.
    fn as_file(&self, path: &Path) -> Option<PathBuf> {
        let ends = ["", ".js", ".json", ".node"];
        ends.iter()
            .map(|end| {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                PathBuf::from(name)
            })
            .find(|path| path.is_file())
    }

    /// The file that a directory stands for.
    fn as_directory(&mut self, directory: &Path) -> Option<PathBuf> {
        let package = self.package(directory).ok().flatten();
        let main = package.as_ref().and_then(|p| p.json["main"].as_str());
        if let Some(main) = main {
            let path = directory.join(main);
            let found = self
                .as_file(&path)
                .or_else(|| self.as_file(&path.join("index")));
            if found.is_some() {
                return found;
            }
        }
        self.as_file(&directory.join("index"))
            .filter(|path| path.extension().is_some())
    }

    /// The package that the file belongs to.
    pub(crate) fn nearest_package(&mut self, file: &Path) -> Result<Option<Rc<Package>>> {
        for directory in file.ancestors().skip(1) {
            if directory.ends_with("node_modules") {
                return Ok(None);
            }
            if let Some(package) = self.package(directory)? {
                return Ok(Some(package));
            }
        }
        Ok(None)
    }

    fn package(&mut self, directory: &Path) -> Result<Option<Rc<Package>>> {
        if let Some(known) = self.packages.get(directory) {
            return Ok(known.clone());
        }
        let file = directory.join("package.json");
        let package = match fs::read(&file) {
            Err(_) => None,
            Ok(text) => {
                let json = serde_json::from_slice(&text).map_err(|error| {
                    let message = format!("Invalid package config {}: {error}", file.display());
                    ModuleError::new("ERR_INVALID_PACKAGE_CONFIG", message)
                })?;
                let directory = directory.to_owned();
                Some(Rc::new(Package { directory, json }))
            }
        };
        self.packages.insert(directory.to_owned(), package.clone());
        Ok(package)
    }
}

/// One use of a specifier, for resolving and for complaining.
struct Request<'a> {
    specifier: &'a str,
    importer: &'a Path,
    kind: Kind,
}

impl<'a> Request<'a> {
    fn from(&self) -> String {
        format!(" imported from {}", self.importer.display())
    }

    fn wanted(&self, key: &'a str, from: &'a str) -> Wanted<'a> {
        Wanted {
            key,
            conditions: self.kind.conditions(),
            from,
        }
    }

    fn invalid(&self, reason: &str) -> ModuleError {
        let message = format!(
            "Invalid module \"{}\" {reason}{}",
            self.specifier,
            self.from()
        );
        ModuleError::of_type("ERR_INVALID_MODULE_SPECIFIER", message)
    }

    fn not_required(&self) -> ModuleError {
        let (specifier, importer) = (self.specifier, self.importer.display());
        ModuleError::new(
            "MODULE_NOT_FOUND",
            format!("Cannot find module '{specifier}'\nRequire stack:\n- {importer}"),
        )
    }

    fn unsupported(&self, scheme: &str) -> ModuleError {
        ModuleError::new(
            "ERR_UNSUPPORTED_ESM_URL_SCHEME",
            format!(
                "Only URLs with a scheme in: file and data are supported by the default ESM loader. \
                 Received protocol '{scheme}:'"
            ),
        )
    }

    fn file_of_url(&self) -> Result<Target> {
        let url = Url::from_file_path(self.importer)
            .and_then(|base| base.join(self.specifier).map_err(drop))
            .map_err(|()| self.invalid("is not a path or a file URL"))?;
        let lower = url.path().to_ascii_lowercase();
        if lower.contains("%2f") || lower.contains("%5c") {
            let path = url.path();
            let message = format!(
                "Invalid module \"{path}\" must not include encoded \"/\" or \"\\\" characters{}",
                self.from()
            );
            return Err(ModuleError::of_type(
                "ERR_INVALID_MODULE_SPECIFIER",
                message,
            ));
        }
        let path = url
            .to_file_path()
            .map_err(|()| self.invalid("is not a path or a file URL"))?;
        let query = url.query().map(|query| format!("?{query}"));
        let fragment = url.fragment().map(|fragment| format!("#{fragment}"));
        let suffix = query.unwrap_or_default() + &fragment.unwrap_or_default();
        if url.path().ends_with('/') && path.is_dir() {
            return match self.kind {
                Kind::Url => Ok(Target::File(path.join(""), suffix)),
                _ => Err(self.is_directory(&path)),
            };
        }
        self.existing(path, suffix)
    }

    fn is_directory(&self, path: &Path) -> ModuleError {
        let (path, importer) = (path.display(), self.importer.display());
        let message = format!(
            "Directory import '{path}' is not supported resolving ES modules imported from {importer}"
        );
        ModuleError::new("ERR_UNSUPPORTED_DIR_IMPORT", message)
    }

    fn existing(&self, path: PathBuf, suffix: String) -> Result<Target> {
        match path.canonicalize() {
            Ok(real) if real.is_dir() && self.kind == Kind::Import => Err(self.is_directory(&path)),
            Ok(real) => Ok(Target::File(real, suffix)),
            Err(_) if self.kind == Kind::Url => Ok(Target::File(path, suffix)),
            Err(_) if self.kind == Kind::Require => Err(self.not_required()),
            Err(_) => {
                let message = format!("Cannot find module '{}'{}", path.display(), self.from());
                Err(ModuleError::new("ERR_MODULE_NOT_FOUND", message))
            }
        }
    }
}

fn starts_like_wasm(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"\0asm"))
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
