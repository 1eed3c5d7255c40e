//! `inventory-hub`: see `inventory-hub --help`.

// An optimised build lays out the future of the whole query root at once: one level per nested field type.
#![recursion_limit = "512"]

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use server::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    run(Cli::parse()).await
}
