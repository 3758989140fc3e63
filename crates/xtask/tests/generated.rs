//! What is generated is kept up to date.

use std::process::Command;

#[test]
fn what_is_derived_from_data_is_up_to_date() {
    let output = Command::new(env!("CARGO_BIN_EXE_unisono-xtask")).args(["gen", "--check"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "run `./dev gen` and commit what it wrote:\n{said}");
}

#[test]
fn the_rules_of_the_tree_hold() {
    let output = Command::new(env!("CARGO_BIN_EXE_unisono-xtask")).arg("tidy").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
