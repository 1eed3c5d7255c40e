//! The listener in front of both vendors: one address, requests written down, transport faults applied. It refuses to
//! know anything about rows.

mod faults;
pub(crate) mod paths;
mod record;
mod running;

pub use self::record::Recorded;
pub(crate) use self::record::RequestLog;
pub use self::running::Running;
