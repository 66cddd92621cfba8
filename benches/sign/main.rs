//! `make bench`: hankod beside what limits it and beside its peers, on this machine, in turn, in one table.
//!
//! It measures CPU time (user + system) and memory, no wall time but where waiting is the matter (a start, a timestamp), and it judges ratios within
//! one run only. It draws no conclusion about another machine.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]
#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::print_stderr, reason = "progress goes beside the table")]

mod authority;
mod inputs;
mod measure;
mod report;
mod rows;
mod service;
mod setup;
mod stamping;
mod verifying;

use std::env;

/// Every contender runs this often; the median is judged.
const REPEATS: usize = 5;

fn main() {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments.first().is_some_and(|a| a == measure::CHILD) {
        return measure::run_as_child(&arguments[1..]);
    }
    let json = match arguments.as_slice() {
        [] => false,
        [only] if only == "--json" => true,
        other => {
            eprintln!("usage: make bench [ARGS=--json]; not known: {}", other.join(" "));
            std::process::exit(64);
        }
    };
    let bench = setup::Bench::prepare();
    let lines = rows::all(&bench);
    if json {
        println!("{}", report::json(&lines));
    } else {
        print!("{}", report::table(&lines));
    }
}
