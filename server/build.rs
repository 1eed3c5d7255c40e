//! The playground is embedded in the binary, so it must be built first.

fn main() {
    let index = "../playground/dist/index.html";
    println!("cargo::rerun-if-changed=../playground/dist");
    assert!(std::path::Path::new(index).exists(), "playground/dist is missing; run `make playground` once");
}
