//! Entry: worker processes first, before arguments are parsed, threads started or logs opened; then the command line.

fn main() -> std::process::ExitCode {
    hankod::cli::run()
}
