//! The program of the library of the same name.

fn main() -> std::process::ExitCode {
    compare::main()
}
