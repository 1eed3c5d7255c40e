//! The collectors against small servers of their own, which speak the wire by hand: a mistake shared with the simulator
//! would hide in it. Nothing waits: the clock returns at once and writes down what was asked of it.

mod clock;
mod fake;
mod ninja;
mod ninja_auth;
mod ninja_find;
mod ninja_normalize;
mod ninja_paging;
mod ninja_report;
mod retries;
mod secrets;
mod threatlocker;
mod threatlocker_normalize;
mod threatlocker_paging;
