//! The `flowaudit` binary: hands the arguments to the library and exits with its code.

fn main() -> std::process::ExitCode {
    flowaudit::cli::main()
}
