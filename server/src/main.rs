//! `inventory-hub`: see `inventory-hub --help`.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use server::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    run(Cli::parse())
}
