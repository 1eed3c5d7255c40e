//! Opaque ids: which type, which row. One text per thing, so that clients may compare them.

use std::{
    fmt::{self, Write},
    str::FromStr,
};

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDate;

use super::{errors::Fault, types::scalars::read_date};

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeId {
    /// A machine.
    Device(i64),
    /// A machine as it was on a date, by the record that led it.
    DeviceAsOf(NaiveDate, i64),
    /// One vendor's record of a device on one day. Not the row's id: a day that is collected again gets new rows.
    DeviceSnapshot(NaiveDate, i64),
    /// An exception.
    Exception(i64),
    /// An exception as it was at the end of a day.
    ExceptionAsOf(NaiveDate, i64),
    /// A client organization.
    Organization(i64),
    /// A collection that waits for a person.
    HeldCollection(i64),
    /// An order to run collectors and checks.
    JobBatch(String),
    /// One run of an order.
    JobRun(String),
    /// An alert.
    Alert(i64),
}

impl NodeId {
    /// The name of the GraphQL type.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Device(_) => "Device",
            Self::DeviceAsOf(..) => "DeviceAsOf",
            Self::DeviceSnapshot(..) => "DeviceSnapshot",
            Self::Exception(_) | Self::ExceptionAsOf(..) => "Exception",
            Self::Organization(_) => "Organization",
            Self::HeldCollection(_) => "HeldCollection",
            Self::JobBatch(_) => "JobBatch",
            Self::JobRun(_) => "JobRun",
            Self::Alert(_) => "Alert",
        }
    }

    /// As GraphQL shows it.
    pub fn encode(&self) -> ID {
        let mut text = String::with_capacity(48);
        // Into a text, which takes everything.
        let _ = write!(text, "{self}");
        ID(URL_SAFE_NO_PAD.encode(text))
    }

    /// Reads an id of any type.
    pub fn decode(id: &ID) -> Result<Self, Fault> {
        let bytes = URL_SAFE_NO_PAD.decode(id.as_bytes()).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let read = text.and_then(|text| text.parse::<Self>().ok().filter(|read| read.to_string() == text));
        read.ok_or_else(|| Fault::BadUserInput("an id is not one of this server's: take ids from its answers".into()))
    }

    pub(super) fn device(id: &ID) -> Result<i64, Fault> {
        match Self::decode(id)? {
            Self::Device(id) => Ok(id),
            other => Err(other.is_no("Device")),
        }
    }

    pub(super) fn exception(id: &ID) -> Result<i64, Fault> {
        match Self::decode(id)? {
            Self::Exception(id) => Ok(id),
            Self::ExceptionAsOf(..) => Err(Fault::BadUserInput(
                "the id is of an exception as of a date: take the id of its `current`".to_owned(),
            )),
            other => Err(other.is_no("Exception")),
        }
    }

    pub(super) fn organization(id: &ID) -> Result<i64, Fault> {
        match Self::decode(id)? {
            Self::Organization(id) => Ok(id),
            other => Err(other.is_no("Organization")),
        }
    }

    pub(super) fn held_collection(id: &ID) -> Result<i64, Fault> {
        match Self::decode(id)? {
            Self::HeldCollection(id) => Ok(id),
            other => Err(other.is_no("HeldCollection")),
        }
    }

    pub(super) fn job_batch(id: &ID) -> Result<String, Fault> {
        match Self::decode(id)? {
            Self::JobBatch(id) => Ok(id),
            other => Err(other.is_no("JobBatch")),
        }
    }

    pub(super) fn job_run(id: &ID) -> Result<String, Fault> {
        match Self::decode(id)? {
            Self::JobRun(id) => Ok(id),
            other => Err(other.is_no("JobRun")),
        }
    }

    fn is_no(&self, wanted: &str) -> Fault {
        Fault::BadUserInput(format!("an id of {} was given where one of {wanted} belongs", self.type_name()))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.type_name();
        match self {
            Self::Device(id)
            | Self::Exception(id)
            | Self::Organization(id)
            | Self::Alert(id)
            | Self::HeldCollection(id) => {
                write!(f, "{name}:{id}")
            }
            Self::DeviceAsOf(date, id) | Self::DeviceSnapshot(date, id) | Self::ExceptionAsOf(date, id) => {
                write!(f, "{name}:{date}:{id}")
            }
            Self::JobBatch(id) | Self::JobRun(id) => write!(f, "{name}:{id}"),
        }
    }
}

/// A text that names nothing.
#[derive(Debug)]
pub struct NotAnId;

impl FromStr for NodeId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (name, key) = text.split_once(':').ok_or(NotAnId)?;
        let number = || key.parse::<i64>().map_err(|_| NotAnId);
        let dated = || {
            let (date, id) = key.split_once(':').ok_or(NotAnId)?;
            Ok((read_date(date).ok_or(NotAnId)?, id.parse::<i64>().map_err(|_| NotAnId)?))
        };
        match name {
            "Device" => number().map(Self::Device),
            "Exception" if key.contains(':') => dated().map(|(date, id)| Self::ExceptionAsOf(date, id)),
            "Exception" => number().map(Self::Exception),
            "Organization" => number().map(Self::Organization),
            "HeldCollection" => number().map(Self::HeldCollection),
            "DeviceAsOf" => dated().map(|(date, identity)| Self::DeviceAsOf(date, identity)),
            "DeviceSnapshot" => dated().map(|(date, identity)| Self::DeviceSnapshot(date, identity)),
            "JobBatch" => job_key(key).map(Self::JobBatch),
            "JobRun" => job_key(key).map(Self::JobRun),
            "Alert" => number().map(Self::Alert),
            _ => Err(NotAnId),
        }
    }
}

/// Ids of jobs are short plain words; nothing else reaches the database.
fn job_key(key: &str) -> Result<String, NotAnId> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_one = !key.is_empty() && key.len() <= 50 && key.bytes().all(is_plain);
    is_one.then(|| key.to_owned()).ok_or(NotAnId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was() {
        let day = "2026-03-01".parse().unwrap();
        for id in [
            NodeId::Device(123),
            NodeId::DeviceSnapshot(day, 7),
            NodeId::DeviceAsOf(day, 7),
            NodeId::Exception(i64::MAX),
            NodeId::ExceptionAsOf(day, 7),
            NodeId::Organization(1),
            NodeId::HeldCollection(2),
            NodeId::JobBatch("0b7c5a52-8f5c-4d0e-9c51-0e4d5c0a1b2c".into()),
            NodeId::JobRun("nightly-1".into()),
            NodeId::Alert(1),
        ] {
            assert_eq!(NodeId::decode(&id.encode()).unwrap(), id);
        }
    }

    #[test]
    fn anything_else_is_bad_input() {
        let encoded = |text: &str| ID(URL_SAFE_NO_PAD.encode(text));
        for wrong in [
            ID::from("12"),
            ID::from(""),
            ID::from("Device:1"),
            encoded("Device:1.5"),
            encoded("Device:01"),
            encoded("Device:+1"),
            encoded("Device:9223372036854775808"),
            encoded("Vendor:1"),
            encoded("DeviceSnapshot:2026-02-30:1"),
            encoded("Exception:2026-02-30:1"),
            encoded("Exception:1:2026-02-03"),
            encoded("JobRun:'; DROP TABLE device; --"),
            encoded("JobRun:"),
        ] {
            assert!(matches!(NodeId::decode(&wrong), Err(Fault::BadUserInput(_))), "{}", *wrong);
        }
    }

    #[test]
    fn an_id_of_another_type_is_bad_input() {
        assert!(matches!(NodeId::device(&NodeId::Exception(1).encode()), Err(Fault::BadUserInput(_))));
        let past = NodeId::ExceptionAsOf("2026-03-01".parse().unwrap(), 1).encode();
        assert!(matches!(NodeId::exception(&past), Err(Fault::BadUserInput(_))));
    }
}
