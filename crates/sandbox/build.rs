//! Compiles in every `connectors/*/sandbox.yaml`, and nothing else of those folders.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = here.join("../../connectors");
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder.canonicalize()?)? {
            let file = entry?.path().join("sandbox.yaml");
            if file.is_file() {
                found.push(file);
            }
        }
    }
    found.sort();
    let mut code = String::from("pub(crate) static VENDORS: &[(&str, &str)] = &[\n");
    for file in &found {
        let slug = file.parent().and_then(|folder| folder.file_name()).unwrap_or_default().to_string_lossy();
        _ = writeln!(code, "    ({slug:?}, include_str!({file:?})),");
        println!("cargo::rerun-if-changed={}", file.display());
    }
    code.push_str("];\n");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("vendors.rs"), code)
}
