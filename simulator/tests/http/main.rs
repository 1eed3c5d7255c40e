//! The simulated vendors, asked over HTTP as a collector would.
#![cfg(test)] // so that clippy takes the unwraps of helpers for a test's

mod client;
mod faults;
mod ninja;
mod threatlocker;
mod traps;
