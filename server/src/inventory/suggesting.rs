//! Candidates for records that the rules linked to none: who may be the same machine, for a person to pick from.
//!
//! Candidates come by blocking keys (considered by linking, same serial number, same organization, the same beginning of the
//! host name, same last user, same public address), never from all pairs, and no more than a bounded number is looked at.
//! This only reads; it links nothing.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    billing::Billing,
    device_type::DeviceType,
    hostname,
    linking::suggestions::{self, Profile, Suggestion, account},
    mac, serial,
    vendor::Vendor,
};
use entity::{device, device_identity, device_snapshot, link_candidate, link_decision, site, snapshot_day};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, JoinType, Order,
    QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
    sea_query::{Expr, ExprTrait, Func},
};
use serde_json::Value;

use super::{Inventory, Reference, devices::texts, syncing::spelt_plainly};

/// Records that are looked at for one question at most, for each kind of blocking key.
const LOOKED_AT: u64 = 20_000;
/// Candidates that are told of one record.
const TOLD: usize = 5;
/// The least letters that two host names must begin with alike to be compared.
const LEAST_PREFIX: usize = 4;

/// A vendor's record on its vendor's latest day.
#[derive(Clone, Debug, FromQueryResult)]
struct Seen {
    identity_id: i64,
    vendor_id: i64,
    device_id: i64,
    organization_id: Option<i64>,
    hostname: String,
    canonical_hostname: String,
    serial_number: Option<String>,
    mac_addresses: Option<Value>,
    last_user: Option<String>,
    public_ip: Option<String>,
}

/// A record that is linked to none, with its candidates, the best first.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// The record.
    pub identity_id: i64,
    /// At most five; empty when nobody is like it.
    pub candidates: Vec<Suggestion>,
}

impl Inventory {
    /// Candidates for an organization's records that are linked to none on their vendor's latest day, by host name: those
    /// of other vendors than the reference, and the reference vendor's billable servers and workstations. At most so many
    /// records.
    pub async fn suggest_for_organization(&self, organization_id: i64, most: usize) -> Result<Vec<Suggested>, DbErr> {
        let reader = self.database.reader();
        let unlinked = list_unlinked(reader, &self.reference, organization_id, most).await?;
        let mut found = suggest_for(reader, &self.reference, &unlinked).await?;
        let of = |identity_id: &i64| found.remove(identity_id);
        Ok(unlinked.iter().filter_map(of).collect())
    }
}

/// Candidates for these records. A record that is linked, or that its vendor does not list on its latest day, is not in
/// the answer. A fixed number of statements, however many records.
pub(crate) async fn suggest_for(
    connection: &impl ConnectionTrait,
    reference: &Reference,
    identities: &[i64],
) -> Result<HashMap<i64, Suggested>, DbErr> {
    let days = LatestDays::load(connection).await?;
    // On the snapshots' own column: PostgreSQL does not carry a list across a join.
    let wanted = seen(&days).filter(device_snapshot::Column::DeviceIdentityId.is_in(identities.iter().copied()));
    let mut wanted = wanted.into_model::<Seen>().all(connection).await?;
    let taken = list_taken(connection, &days, wanted.iter().map(|seen| seen.device_id)).await?;
    wanted.retain(|seen| !taken.contains(&seen.device_id));
    let near = list_near(connection, &days, &wanted).await?;
    let taken = list_taken(connection, &days, near.iter().map(|seen| seen.device_id)).await?;
    let separated = list_separated(connection, &wanted).await?;
    let profile = |seen: &Seen| profile(reference, seen, taken.contains(&seen.device_id));
    let near: Vec<Profile> = near.iter().filter_map(profile).collect();
    let blocks = Blocks::new(&near);
    let suggested = wanted.iter().filter_map(|seen| {
        let wanted = profile(seen)?;
        let mut candidates = blocks.around(&wanted);
        candidates.retain(|it| !separated.contains(&pair(it.identity_id, wanted.identity_id)));
        let candidates = suggestions::suggest(&wanted, &candidates, TOLD);
        Some((wanted.identity_id, Suggested { identity_id: wanted.identity_id, candidates }))
    });
    Ok(suggested.collect())
}

fn profile(reference: &Reference, seen: &Seen, is_linked: bool) -> Option<Profile> {
    Some(Profile {
        identity_id: seen.identity_id,
        vendor: reference.vendor(seen.vendor_id)?,
        organization_id: seen.organization_id,
        hostname: seen.hostname.clone(),
        serial_number: seen.serial_number.clone(),
        mac_addresses: texts(seen.mac_addresses.as_ref()),
        last_user: seen.last_user.clone(),
        public_ip: seen.public_ip.clone(),
        is_linked,
    })
}

/// The candidates by what they must share with a record to be compared with it.
struct Blocks<'a> {
    profiles: &'a [Profile],
    by_key: HashMap<Key, Vec<usize>>,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Organization(i64),
    Prefix(String),
    Serial(String),
    Mac(String),
    User(String),
    Address(String),
}

impl<'a> Blocks<'a> {
    fn new(profiles: &'a [Profile]) -> Self {
        let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
        for (place, profile) in profiles.iter().enumerate() {
            let letters = hostname::canonical(&profile.hostname).map_or(0, |name| name.chars().count());
            for key in keys(profile, LEAST_PREFIX..=letters) {
                by_key.entry(key).or_default().push(place);
            }
        }
        Self { profiles, by_key }
    }

    fn around(&self, wanted: &Profile) -> Vec<Profile> {
        let length = prefix_length(&hostname::canonical(&wanted.hostname).unwrap_or_default());
        let places = keys(wanted, length..=length).into_iter().filter_map(|key| self.by_key.get(&key)).flatten();
        let places: BTreeSet<usize> = places.copied().collect();
        let candidates = places.into_iter().filter_map(|place| self.profiles.get(place));
        candidates.filter(|candidate| candidate.vendor != wanted.vendor).cloned().collect()
    }
}

fn keys(profile: &Profile, prefixes: std::ops::RangeInclusive<usize>) -> Vec<Key> {
    let name = hostname::canonical(&profile.hostname).unwrap_or_default();
    let prefixes = prefixes.take_while(|length| *length <= hostname::NETBIOS_LENGTH);
    let prefixes = prefixes.filter(|length| name.chars().count() >= *length);
    let prefixes = prefixes.map(|length| Key::Prefix(name.chars().take(length).collect()));
    let organization = profile.organization_id.map(Key::Organization);
    let user = profile.last_user.as_deref().and_then(account).map(Key::User);
    let address = profile.public_ip.clone().map(Key::Address);
    let serial = profile.serial_number.as_deref().and_then(serial::key).map(Key::Serial);
    let macs = profile.mac_addresses.iter().filter_map(|mac| mac::key(mac)).map(Key::Mac);
    prefixes.chain(organization).chain(user).chain(address).chain(serial).chain(macs).collect()
}

/// Names that begin alike up to two letters before the end (or before NetBIOS cuts them) are worth comparing.
fn prefix_length(name: &str) -> usize {
    name.chars().count().min(hostname::NETBIOS_LENGTH).saturating_sub(2).max(LEAST_PREFIX)
}

fn pair(one: i64, other: i64) -> (i64, i64) {
    if one < other { (one, other) } else { (other, one) }
}

/// The records of every vendor's latest day.
fn seen(days: &LatestDays) -> Select<device_snapshot::Entity> {
    use device_snapshot::{Column, Entity, Relation};
    Entity::find()
        .select_only()
        .column_as(device_identity::Column::Id, "identity_id")
        .columns([device_identity::Column::VendorId, device_identity::Column::DeviceId])
        .columns([Column::Hostname, Column::CanonicalHostname, Column::SerialNumber, Column::MacAddresses])
        .columns([Column::LastUser, Column::PublicIp])
        .column(site::Column::OrganizationId)
        .join(JoinType::InnerJoin, Relation::DeviceIdentity.def())
        .join(JoinType::InnerJoin, device_identity::Relation::Device.def())
        .join(JoinType::LeftJoin, Relation::Site.def())
        .filter(days.of_snapshots())
}

/// The vendors' latest days. As values, and not by a subquery: so that a day's rows are found by the index of days.
#[derive(Clone, Debug)]
struct LatestDays(Vec<(i64, NaiveDate)>);

impl LatestDays {
    async fn load(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        use snapshot_day::{Column, Entity};
        let days = Entity::find()
            .select_only()
            .column(Column::VendorId)
            .column_as(Column::SnapshotDate.max(), "latest")
            .group_by(Column::VendorId)
            .into_tuple::<(i64, NaiveDate)>();
        Ok(Self(days.all(connection).await?))
    }

    fn hold(&self, vendor: impl ColumnTrait, date: impl ColumnTrait) -> Condition {
        let on = |(vendor_id, latest): &(i64, NaiveDate)| vendor.eq(*vendor_id).and(date.eq(*latest));
        self.0.iter().fold(Condition::any(), |any, day| any.add(on(day)))
    }

    /// The records that were last seen on their vendor's latest day.
    fn of_identities(&self) -> Condition {
        self.hold(device_identity::Column::VendorId, device_identity::Column::LastSeenDate)
    }

    /// The snapshots of the latest days.
    fn of_snapshots(&self) -> Condition {
        self.hold(device_snapshot::Column::VendorId, device_snapshot::Column::SnapshotDate)
    }
}

/// The records around the wanted ones: that linking considered, with their serial numbers, of their organizations, with names
/// that begin alike, with their users and addresses.
async fn list_near(connection: &impl ConnectionTrait, days: &LatestDays, wanted: &[Seen]) -> Result<Vec<Seen>, DbErr> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let organizations: BTreeSet<i64> = wanted.iter().filter_map(|seen| seen.organization_id).collect();
    let considered = device_snapshot::Column::DeviceIdentityId.is_in(list_considered(connection, wanted).await?);
    let serials: BTreeSet<String> =
        wanted.iter().filter_map(|seen| seen.serial_number.as_deref().and_then(serial::key)).collect();
    let of_serial = spelt_plainly(device_snapshot::Column::SerialNumber).is_in(serials);
    let mut blocks = vec![
        Condition::any().add(considered).add(of_serial),
        Condition::all().add(device::Column::OrganizationId.is_in(organizations)),
    ];
    let names: BTreeSet<String> = wanted.iter().filter_map(|seen| prefix(&seen.canonical_hostname)).collect();
    // Chunked: SQLite limits how deep an expression may be.
    for names in names.into_iter().collect::<Vec<_>>().chunks(NAMES_PER_STATEMENT) {
        blocks.push(names.iter().fold(Condition::any(), |any, name| any.add(begins_with(name))));
    }
    let texts = |of: fn(&Seen) -> Option<&String>| wanted.iter().filter_map(of).cloned().collect::<BTreeSet<_>>();
    let address = device_snapshot::Column::PublicIp.is_in(texts(|seen| seen.public_ip.as_ref()));
    let user = device_snapshot::Column::LastUser.is_in(texts(|seen| seen.last_user.as_ref()));
    let accounts: BTreeSet<String> =
        wanted.iter().filter_map(|seen| seen.last_user.as_deref().and_then(account)).collect();
    let account = account_of(connection.get_database_backend()).is_in(accounts);
    blocks.push(Condition::any().add(address).add(user).add(account));
    let mut found: HashMap<i64, Seen> = HashMap::new();
    for block in blocks {
        let bounded = seen(days).filter(block).order_by(device_identity::Column::Id, Order::Asc).limit(LOOKED_AT);
        let rows = bounded.into_model::<Seen>().all(connection).await?;
        found.extend(rows.into_iter().map(|row| (row.identity_id, row)));
    }
    Ok(found.into_values().collect())
}

/// The records that linking looked at for the wanted ones, and those that looked at them.
async fn list_considered(connection: &impl ConnectionTrait, wanted: &[Seen]) -> Result<BTreeSet<i64>, DbErr> {
    use link_candidate::{Column, Entity};
    let ids: HashSet<i64> = wanted.iter().map(|seen| seen.identity_id).collect();
    let about = |column: Column| column.is_in(ids.iter().copied());
    let rows = Entity::find()
        .filter(about(Column::IdentityId).or(about(Column::CandidateId)))
        .order_by_asc(Column::IdentityId)
        .order_by_asc(Column::CandidateId)
        .limit(LOOKED_AT / 4)
        .all(connection)
        .await?;
    Ok(rows.into_iter().flat_map(|row| [row.identity_id, row.candidate_id]).collect())
}

/// A user's account as [`account`] makes it, as far as SQL can: what lies between the domain's backslash and the `@`.
fn account_of(backend: DbBackend) -> Expr {
    let position = if backend == DbBackend::Sqlite { "instr" } else { "strpos" };
    let user = r#""device_snapshot"."last_user""#;
    let name = format!(r"substr({user}, {position}({user}, '\') + 1)");
    Expr::cust(format!("lower(trim(substr({name}, 1, {position}({name} || '@', '@') - 1)))"))
}

const NAMES_PER_STATEMENT: usize = 200;

fn prefix(name: &str) -> Option<String> {
    let length = prefix_length(name);
    (name.chars().count() >= length).then(|| name.chars().take(length).collect())
}

/// A range on the column, so that its index answers.
fn begins_with(prefix: &str) -> Expr {
    use device::Column::CanonicalHostname;
    CanonicalHostname.gte(prefix).and(CanonicalHostname.lt(format!("{prefix}{}", char::MAX)))
}

/// Those of the devices that records of several vendors are linked to, on their vendors' latest days.
async fn list_taken(
    connection: &impl ConnectionTrait,
    days: &LatestDays,
    devices: impl Iterator<Item = i64>,
) -> Result<HashSet<i64>, DbErr> {
    use device_identity::{Column, Entity};
    let devices: Vec<i64> = devices.collect::<BTreeSet<_>>().into_iter().collect();
    let mut taken = HashSet::new();
    for chunk in devices.chunks(super::bulk::KEYS_PER_STATEMENT) {
        let several = Entity::find()
            .select_only()
            .column(Column::DeviceId)
            .filter(Column::DeviceId.is_in(chunk.iter().copied()))
            .filter(days.of_identities())
            .group_by(Column::DeviceId)
            .having(Expr::expr(Func::count_distinct(Expr::col(Column::VendorId))).gt(1));
        taken.extend(several.into_tuple::<i64>().all(connection).await?);
    }
    Ok(taken)
}

/// The pairs that a person separated, of which one is wanted.
async fn list_separated(connection: &impl ConnectionTrait, wanted: &[Seen]) -> Result<HashSet<(i64, i64)>, DbErr> {
    use link_decision::{Column, Entity};
    let ids = || wanted.iter().map(|seen| seen.identity_id);
    let about = Condition::any().add(Column::LowerIdentityId.is_in(ids())).add(Column::HigherIdentityId.is_in(ids()));
    let rows = Entity::find().filter(about).filter(Column::Kind.eq("separated")).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.lower_identity_id, row.higher_identity_id)).collect())
}

/// A record of an organization, and what its device is.
#[derive(Clone, Debug, FromQueryResult)]
#[expect(clippy::struct_field_names, reason = "the names of the columns")]
struct Listed {
    identity_id: i64,
    vendor_id: i64,
    device_id: i64,
    device_type_id: Option<i64>,
    billing_status_id: Option<i64>,
}

/// An organization's records that are linked to none and should be, by host name.
async fn list_unlinked(
    connection: &impl ConnectionTrait,
    reference: &Reference,
    organization_id: i64,
    most: usize,
) -> Result<Vec<i64>, DbErr> {
    use device_identity::{Column, Entity};
    let days = LatestDays::load(connection).await?;
    let listed = Entity::find()
        .select_only()
        .column_as(Column::Id, "identity_id")
        .columns([Column::VendorId, Column::DeviceId])
        .columns([device::Column::DeviceTypeId, device::Column::BillingStatusId])
        .join(JoinType::InnerJoin, device_identity::Relation::Device.def())
        .filter(device::Column::OrganizationId.eq(organization_id))
        .filter(days.of_identities())
        .order_by_asc(device::Column::CanonicalHostname)
        .order_by_asc(Column::Id)
        .limit(LOOKED_AT)
        .into_model::<Listed>()
        .all(connection)
        .await?;
    let mut vendors: HashMap<i64, HashSet<i64>> = HashMap::new();
    for row in &listed {
        vendors.entry(row.device_id).or_default().insert(row.vendor_id);
    }
    let is_alone = |row: &&Listed| vendors.get(&row.device_id).is_some_and(|vendors| vendors.len() == 1);
    let unlinked = listed.iter().filter(is_alone).filter(|row| should_be_linked(reference, row));
    Ok(unlinked.take(most).map(|row| row.identity_id).collect())
}

/// Who has no partner is missed only where there should be one: the reference vendor also lists printers and switches.
fn should_be_linked(reference: &Reference, row: &Listed) -> bool {
    let device_type = row.device_type_id.and_then(|id| reference.device_type(id));
    let is_computer = matches!(device_type, Some(DeviceType::Server | DeviceType::Workstation));
    let is_billable = row.billing_status_id.and_then(|id| reference.billing(id)) == Some(Billing::Billable);
    reference.vendor(row.vendor_id) != Some(Vendor::REFERENCE) || (is_computer && is_billable)
}
