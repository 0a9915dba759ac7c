//! The program as it is built. The tests beside its source start it too, and find it because this file has it built.

use std::process::Command;

#[test]
fn the_help_names_every_argument() {
    let output = Command::new(env!("CARGO_BIN_EXE_classify")).arg("--help").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    for argument in ["--dataset", "--model", "--parties", "--batch", "--images", "--bits", "--comparison"] {
        assert!(text.contains(argument), "{argument} in\n{text}");
    }
}
