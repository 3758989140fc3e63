//! Lists `models/` and `connectors/` and compiles in each connector's `native.rs`: the folder is the registration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = here.join("../..").canonicalize()?;
    let mut code = String::new();
    let models = texts(&root.join("models"))?;
    list(&mut code, "MODELS", "(&str, &str)", &models);

    let mut connectors = String::new();
    let mut natives = String::new();
    for folder in folders(&root.join("connectors"))? {
        let slug = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = texts(&folder)?;
        if !files.iter().any(|(name, _)| name == "connector.yaml") {
            continue;
        }
        let native = folder.join("native.rs");
        let module = format!("native_{}", slug.replace('-', "_"));
        let has_native = native.exists();
        if has_native {
            _ = writeln!(natives, "#[path = {native:?}]\nmod {module};");
        }
        let native = if has_native { format!("Some({module}::NATIVE)") } else { "None".to_owned() };
        _ = writeln!(connectors, "    Embedded {{ slug: {slug:?}, native: {native}, files: &[");
        for (name, path) in &files {
            _ = writeln!(connectors, "        ({name:?}, include_str!({path:?})),");
        }
        connectors.push_str("    ] },\n");
    }
    _ = writeln!(code, "{natives}pub(crate) static CONNECTORS: &[Embedded] = &[\n{connectors}];");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("embedded.rs");
    fs::write(out, code)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.join("models").display());
    println!("cargo::rerun-if-changed={}", root.join("connectors").display());
    Ok(())
}

fn list(code: &mut String, name: &str, kind: &str, files: &[(String, PathBuf)]) {
    _ = writeln!(code, "pub(crate) static {name}: &[{kind}] = &[");
    for (name, path) in files {
        _ = writeln!(code, "    ({name:?}, include_str!({path:?})),");
    }
    code.push_str("];\n");
}

/// YAML and JSON files below a folder, as (path inside it, whole path), sorted.
fn texts(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            let wanted = path.extension().is_some_and(|kind| kind == "yaml" || kind == "json");
            if path.is_dir() {
                open.push(path);
            } else if wanted {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                if name != "sandbox.yaml" {
                    found.push((name, path));
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
