//! The world of a test: a database of its own, simulated vendors over HTTP, a clock that stands still, the hub behind its
//! real HTTP server, and a GraphQL client.
//!
//! Tests make the world, act through the front door and look at the answer. Nothing here sleeps, and nothing is shared
//! between tests but the PostgreSQL server, in which each test has a database of its own.

#![expect(clippy::missing_panics_doc, reason = "a panic here is a failed test")]

mod bills;
mod browser;
mod clock;
mod database;
mod download;
mod entry;
mod everything;
mod fault_round;
mod faults;
mod graphql;
mod guarded;
mod history;
mod issuer;
mod issuer_key;
mod line;
mod listing;
mod mailbox;
mod month_ends;
mod neighbour;
mod orders;
mod process;
mod receiver;
mod scrape;
mod servers;
mod socket;
mod stored_days;
mod surroundings;
mod technician;
mod trace_collector;
mod waiting;
mod webhook;
mod world;
mod year_of_counts;

pub use self::{
    browser::{Browser, Page},
    clock::TestClock,
    database::{Backend, TestDatabase},
    download::{Download, Line, comma_lines, excel_sheets},
    entry::{Entry, Wire, rest_of},
    everything::{Everything, INTROSPECTION},
    fault_round::{FaultRound, Seen, Told},
    faults::{at_every_call, at_the_list, list_path},
    graphql::{Answer, GraphqlClient, http_client},
    guarded::{Guarded, PASSWORD, Tokens},
    history::{History, write_history},
    issuer::{CLIENT_ID, Manners, TestIssuer},
    issuer_key::IssuerKey,
    line::Line as DatabaseLine,
    listing::text,
    mailbox::{Letter, Mailbox},
    neighbour::Neighbour,
    orders::{held_word, vendor_name},
    process::{Finished, HubCommand, HubProcess, LONG},
    receiver::{Call, Receiver, Reply, allowed, signing_key},
    scrape::Scrape,
    servers::Refusal,
    socket::Socket,
    stored_days::CopiedDay,
    surroundings::Surroundings,
    technician::kinds,
    trace_collector::{TraceCollector, TracedSpan},
    webhook::Webhook,
    world::{World, WorldBuilder, collect_on},
    year_of_counts::year_of_counts,
};
