//! NinjaOne v2 and ThreatLocker's Portal API, spoken faithfully over HTTP, with a fleet behind them that lives.
//!
//! For the demo, for tests, and for anybody who writes a collector. The crate shares no type with the rest of the
//! workspace: it speaks the vendors' wire, and a shared type would hide a shared mistake.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use simulator::{Effect, Fault, FleetPlan, Simulator, Vendor};
//!
//! let plan = FleetPlan::default(); // 760 Ninja devices, 400 ThreatLocker computers, 40 organizations
//! let simulator = Simulator::new(plan.clone(), plan.first_day);
//! let running = simulator.clone().start("127.0.0.1:0".parse().expect("an address")).await?;
//! println!("{} {} {:?}", running.ninja_url(), running.threatlocker_url(), simulator.credentials());
//!
//! simulator.with_switches(|switches| {
//!     switches.ninja.rotate_refresh = false;
//!     switches.faults.push(Fault::new(Effect::Html).of(Vendor::Ninja).on("/v2/devices").times(2));
//! });
//! simulator.edit(|world| world.rename_ninja_device(101, "NEW-NAME"));
//! simulator.set_day(plan.first_day + chrono::Days::new(1));
//! println!("{:?}", simulator.request_counts());
//! running.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # The fleet
//!
//! A pure function of [`FleetPlan`] and the day: days can be visited in any order. On the first day its counts are the
//! plan's; from then on machines come, go, are renamed, moved, parked as spares and brought back, agents are installed
//! anew, and troubles open and close, each kind concerning about 1-4 % of the machines. [`Simulator::census`] tells
//! the truth about a day. All times in payloads derive from 02:00 America/Chicago of the simulated day; only tokens and
//! cursors expire by real (tokio) time. Without [`FleetPlan::evolve`] nothing but contact times moves.
//!
//! A list without a filter shows APPROVED, STAGED and DECOMMISSIONED devices and hides PENDING ones, which is how the
//! vendor's documentation and its enum can both be right; nobody has published what it really does.
//!
//! # The switches
//!
//! [`Switches::default`] is a good day. All of them go together with all others.
//!
//! | wanted | where |
//! | --- | --- |
//! | refresh tokens that rotate or not | [`NinjaSwitches::rotate_refresh`] |
//! | short-lived access tokens, revoked ones | [`NinjaSwitches::token_ttl`], [`Simulator::revoke_access_tokens`], [`Simulator::revoke_refresh_token`] |
//! | the wrong region or instance | [`NinjaSwitches::wrong_region`], [`ThreatLockerSwitches::wrong_region`], [`ThreatLockerSwitches::revoked`] |
//! | throttling: 429, with Retry-After in seconds or as a date, HTML with 200 | [`Effect::Throttled`], [`Effect::Html`] |
//! | cursor name constant or changing, short-lived cursors | [`NinjaSwitches::cursor_name`], [`NinjaSwitches::cursor_ttl`], [`NinjaSwitches::expired_cursor`] |
//! | a page that repeats for ever | [`Paging::page_repeat_at`] |
//! | rows that come or go between pages | [`Paging::insert_row_between_pages`], [`Paging::delete_row_between_pages`] |
//! | ids ascending or shuffled | [`NinjaSwitches::ids`] |
//! | the device filter ignored | [`NinjaSwitches::df_ignored`] |
//! | keys missing, optional fields null | [`RowShape::drop_keys`], [`RowShape::null_optional_fields`]; for one record [`Record`] |
//! | Pagination header off, stale, malformed, in lower case | [`ThreatLockerSwitches::pagination_header`] |
//! | smaller or larger pages than asked | [`ThreatLockerSwitches::page_cap`], [`ThreatLockerSwitches::overfill`] |
//! | an empty list as `[]` or as nothing | [`ThreatLockerSwitches::empty`] |
//! | a parent key that sees no children | [`ThreatLockerSwitches::parent_token_without_children`] |
//! | rows that move under `orderBy: lastcheckin` (the default) or not | [`ThreatLockerSwitches::steady_last_checkin`] |
//! | an error object with 200 where a list belongs | [`Effect::ErrorObject`] |
//! | a slow page | [`Effect::Held`] with a [`Gate`] in tests, [`Effect::Delayed`] in a demo |
//! | a cut body, a broken connection | [`Effect::Truncated`], [`Effect::Broken`] |
//! | a status code, an empty body, no JSON, a body of any size | [`Effect::Status`], [`Effect::EmptyBody`], [`Effect::InvalidJson`], [`Effect::Oversize`] |
//! | a server that refuses | [`Running::stop`] |
//!
//! An [`Effect`] belongs to a [`Fault`], which says for whom ([`Fault::of`]), on which paths ([`Fault::on`]) and at
//! which calls ([`When`]).
//!
//! # What is guessed
//!
//! Bodies of 429, of a wrong client secret and of an expired cursor; the default page size of Ninja's lists; the
//! framing of TOKEN_REVOKED (both are there); an unknown organization in `ManagedOrganizationId` gives an empty list;
//! VM guests' and network devices' detail beyond what is documented. Header names travel in lower case, as hyper
//! writes them, so a client that compares them by case is not caught here.

mod dice;
mod edits;
mod fleet;
mod http;
mod moment;
mod ninja;
mod plan;
mod simulator;
mod switches;
mod threatlocker;
mod wire;
mod world;

pub use crate::edits::Record;
pub use crate::fleet::{Census, Fleet};
pub use crate::http::{Recorded, Running};
pub use crate::plan::FleetPlan;
pub use crate::simulator::{Credentials, Simulator};
pub use crate::switches::{
    CursorName, Effect, EmptyList, ExpiredCursor, Fault, Gate, IdOrder, NinjaSwitches, PaginationHeader, Paging,
    RetryAfter, Revoked, RowShape, Switches, ThreatLockerSwitches, Vendor, When,
};
pub use crate::world::World;
