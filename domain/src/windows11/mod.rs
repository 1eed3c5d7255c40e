//! Windows 11 24H2 readiness (rules section 11): may this Windows workstation run it, and if not, what is to be done.
//!
//! One file per thing that is judged. The rules and where they come from are told to technicians in `docs/windows11.md`.
//! It refuses to guess: what nobody reported, what cannot be read and what contradicts itself is "not enough data", never
//! "absent"; a requirement that is known to fail decides, whatever else is unknown.

mod architecture;
mod assessment;
pub mod cpu;
mod finding;
mod firmware;
mod memory;
mod requirement;
mod scope;
mod storage;
#[cfg(test)]
mod tests;
mod tpm;
mod verdict;
mod version;

pub use assessment::{Assessment, assess};
pub use finding::{Finding, Outcome};
pub use requirement::Requirement;
pub use scope::is_windows_workstation;
pub use verdict::Verdict;
pub use version::Installed;
