//! The child of [`parse::isolated`] without the service around it.

use std::process::ExitCode;

fn main() -> ExitCode {
    parse::child::main()
}
