//! Tells builds apart: code that one has compiled is no code of another.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Crates whose source decides what code is, and how it is used.
const CRATES: [&str; 5] = ["stack", "module", "abi", "compile", "engine"];

fn main() {
    let crates = Path::new("..");
    let mut hasher = DefaultHasher::new();
    // Of a published crate only its own source is there, in a folder of another name. Its version says which the others
    // are: the manifest names each exactly.
    let sources = CRATES.map(|name| crates.join(name).join("src"));
    let own = PathBuf::from("src");
    for file in sources
        .iter()
        .chain([&own])
        .flat_map(|folder| files(folder))
    {
        hash(&file, &mut hasher);
    }
    hash(&crates.join("../Cargo.lock"), &mut hasher);
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-vV").output();
    version.map(|version| version.stdout).ok().hash(&mut hasher);
    env::var("PROFILE").ok().hash(&mut hasher);
    println!("cargo::rustc-env=BIDENT_BUILD={:016x}", hasher.finish());
}

fn hash(file: &Path, hasher: &mut DefaultHasher) {
    if let Ok(content) = fs::read(file) {
        println!("cargo::rerun-if-changed={}", file.display());
        (file, content).hash(hasher);
    }
}

/// The files in a folder and those below it, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    // A file that comes is a change, too.
    if folder.is_dir() {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    found.sort();
    found
}
