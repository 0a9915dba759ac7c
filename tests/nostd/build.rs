//! The program brings its own entry point: no start files, no libraries, and nobody who
//! would relocate it.

fn main() {
    for argument in ["-nostartfiles", "-nostdlib", "-static", "-no-pie"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
