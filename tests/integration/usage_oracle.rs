//! What `usageChanges` must say: told from the snapshots of every day, by the comparison of whole days. It remembers them, so
//! that it can still tell when the hub has dropped them.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::NaiveDate;
use domain::{
    billing::Billing,
    usage::{Change, ChangeKind, Holding, OrganizationUsage, Scope, compare, day_of, transitions},
    vendor::Vendor,
};
use entity::{device_identity, device_snapshot, organization, site};
use harness::{World, text, vendor_name};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

/// A window and how it is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) vendor: Option<Vendor>,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
    pub(crate) scope: Scope,
}

/// start, added, movedIn, removed, movedOut, end, billingChanged.
type Columns = [u64; 7];

/// An answer, in a form that can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) unchanged: u64,
    pub(crate) total: Columns,
    pub(crate) rows: BTreeMap<Option<i64>, Columns>,
    /// Vendor, key, kind, day, organizations and billings: sorted.
    pub(crate) changes: Vec<String>,
    pub(crate) transitions: Vec<String>,
}

/// The holdings of every stored day.
#[derive(Debug)]
pub(crate) struct Oracle {
    days: BTreeMap<Vendor, BTreeMap<NaiveDate, HashMap<i64, Holding>>>,
    keys: HashMap<i64, String>,
}

impl Oracle {
    /// Reads every snapshot there is.
    pub(crate) async fn read(world: &World) -> Self {
        let reference = world.inventory.reference();
        let sites = site::Entity::find().all(world.rows()).await.unwrap();
        let clients: HashMap<i64, Option<i64>> = sites.iter().map(|site| (site.id, site.organization_id)).collect();
        let mut days: BTreeMap<Vendor, BTreeMap<NaiveDate, HashMap<i64, Holding>>> = BTreeMap::new();
        for row in device_snapshot::Entity::find().all(world.rows()).await.unwrap() {
            let holding = Holding {
                identity_id: row.device_identity_id,
                organization_id: row.site_id.and_then(|id| clients[&id]),
                billing: row.billing_status_id.and_then(|id| reference.billing(id)),
            };
            let of_vendor = days.entry(reference.vendor(row.vendor_id).unwrap()).or_default();
            of_vendor.entry(row.snapshot_date).or_default().insert(row.device_identity_id, holding);
        }
        let identities = device_identity::Entity::find().all(world.rows()).await.unwrap();
        Self { days, keys: identities.into_iter().map(|row| (row.id, row.vendor_device_key)).collect() }
    }

    /// Every pair of stored days, the first before the second.
    pub(crate) fn windows(&self) -> Vec<(NaiveDate, NaiveDate)> {
        let days: Vec<NaiveDate> = self.days[&Vendor::Ninja].keys().copied().collect();
        let pairs =
            |(index, to): (usize, &NaiveDate)| days[..index].iter().map(|from| (*from, *to)).collect::<Vec<_>>();
        days.iter().enumerate().flat_map(pairs).collect()
    }

    /// Asks, and compares the answer with what it must be.
    #[track_caller]
    pub(crate) fn check<'a>(&'a self, world: &'a World, asked: &'a Asked) -> impl Future<Output = Told> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let (answered, expected) = (ask(world, asked).await, self.expected(asked));
            assert_eq!(answered, expected, "{asked:?}, asked at {caller}");
            answered
        }
    }

    /// What must be said of a window.
    pub(crate) fn expected(&self, asked: &Asked) -> Told {
        let vendors: Vec<Vendor> = asked.vendor.map_or_else(|| self.days.keys().copied().collect(), |one| vec![one]);
        let mut told = Told::default();
        for vendor in vendors {
            self.add(vendor, asked, &mut told);
        }
        told.changes.sort();
        told.transitions.sort();
        told
    }

    fn add(&self, vendor: Vendor, asked: &Asked, told: &mut Told) {
        let days = &self.days[&vendor];
        let on = |day: NaiveDate| days[&day].values().copied().collect::<Vec<_>>();
        let comparison = compare(&on(asked.from), &on(asked.to), &asked.scope);
        told.unchanged += comparison.unchanged;
        add_columns(&mut told.total, &comparison.total);
        for row in &comparison.by_organization {
            add_columns(told.rows.entry(row.organization_id).or_default(), row);
        }
        let dates: Vec<NaiveDate> = days.range(asked.from..=asked.to).map(|(day, _)| *day).collect();
        let identities: HashSet<i64> = dates.iter().flat_map(|day| days[day].keys().copied()).collect();
        for identity in identities {
            let at = |day: NaiveDate| days[&day].get(&identity).copied();
            let history: Vec<_> = dates.iter().filter_map(|day| at(*day).map(|holding| (*day, holding))).collect();
            let steps = transitions(&dates, &history);
            for change in comparison.changes.iter().filter(|change| change.identity_id == identity) {
                let day = day_of(change, &steps).unwrap();
                told.changes.push(self.line(vendor, (change, day), (at(asked.from), at(asked.to))));
            }
            for step in &steps {
                let known = history.iter().rfind(|(day, _)| *day < step.day).map(|(_, holding)| *holding);
                let before = known.filter(|_| step.change.kind != ChangeKind::Added);
                let sides = (before, at(step.day));
                let holds = |holding: Option<Holding>| holding.is_some_and(|it| asked.scope.holds(it.organization_id));
                if holds(sides.0) || holds(sides.1) {
                    told.transitions.push(self.line(vendor, (&step.change, step.day), sides));
                }
            }
        }
    }

    fn line(
        &self,
        vendor: Vendor,
        (change, day): (&Change, NaiveDate),
        (before, after): (Option<Holding>, Option<Holding>),
    ) -> String {
        let kind = match change.kind {
            ChangeKind::Added => "ADDED",
            ChangeKind::Removed => "REMOVED",
            ChangeKind::OrganizationChanged { .. } => "ORGANIZATION_CHANGED",
            ChangeKind::BillingChanged { .. } => "BILLING_CHANGED",
        };
        let organization = |side: Option<Holding>| side.and_then(|holding| holding.organization_id);
        let billing = |side: Option<Holding>| side.and_then(|holding| holding.billing).map(Billing::code);
        show(
            (vendor_name(vendor), &self.keys[&change.identity_id], kind, &day.to_string()),
            [organization(before), organization(after)],
            [billing(before), billing(after)].map(|code| code.map(str::to_uppercase)),
        )
    }
}

fn show(
    (vendor, key, kind, day): (&str, &str, &str, &str),
    [from, to]: [Option<i64>; 2],
    [was, is]: [Option<String>; 2],
) -> String {
    format!("{vendor} {key} {kind} on {day}: {from:?} to {to:?}, {was:?} to {is:?}")
}

fn add_columns(sum: &mut Columns, row: &OrganizationUsage) {
    let more = [row.start, row.added, row.moved_in, row.removed, row.moved_out, row.end, row.billing_changed];
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
    assert_eq!(row.start + row.added + row.moved_in, row.end + row.removed + row.moved_out, "{row:?}");
}

const QUERY: &str = "query($vendor: VendorName, $from: Date!, $to: Date!, $organization: ID, $internal: Boolean!) {
    usageChanges(vendor: $vendor, from: $from, to: $to, organizationId: $organization, includeInternal: $internal) {
        unchanged totals { ...Columns }
        byOrganization(first: 500) { nodes { organization { id } totals { ...Columns } } }
        changes(first: 500) { totalCount nodes { ...Change } }
        transitions: changes(first: 500, transitions: true) { totalCount nodes { ...Change } } } }
    fragment Columns on UsageTotals { start added movedIn removed movedOut end billingChanged }
    fragment Change on UsageChange { vendor vendorDeviceKey kind date fromBilling toBilling
        fromOrganization { id } toOrganization { id } }";

/// The GraphQL id of an organization's row.
pub(crate) fn organization_id(row: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("Organization:{row}"))
}

fn organization_row(id: &Value) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(id.as_str()?).unwrap();
    String::from_utf8(bytes).unwrap().strip_prefix("Organization:").map(|row| row.parse().unwrap())
}

/// The row of the client of this name.
pub(crate) async fn client(world: &World, name: &str) -> i64 {
    let all = organization::Entity::find().all(world.rows()).await.unwrap();
    all.into_iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no client {name}")).id
}

/// What the hub says of a window.
pub(crate) async fn ask(world: &World, asked: &Asked) -> Told {
    let variables = json!({
        "vendor": asked.vendor.map(vendor_name), "from": asked.from.to_string(), "to": asked.to.to_string(),
        "organization": asked.scope.only.map(organization_id), "internal": asked.scope.internal.is_empty(),
    });
    let answer = world.graphql.ask(QUERY, variables).await.data()["usageChanges"].clone();
    let rows = answer["byOrganization"]["nodes"].as_array().unwrap().iter();
    Told {
        unchanged: answer["unchanged"].as_u64().unwrap(),
        total: columns(&answer["totals"]),
        rows: rows.map(|row| (organization_row(&row["organization"]["id"]), columns(&row["totals"]))).collect(),
        changes: lines(&answer["changes"]),
        transitions: lines(&answer["transitions"]),
    }
}

fn columns(totals: &Value) -> Columns {
    let names = ["start", "added", "movedIn", "removed", "movedOut", "end", "billingChanged"];
    names.map(|name| totals[name].as_u64().unwrap_or_else(|| panic!("no {name}: {totals:#}")))
}

fn lines(connection: &Value) -> Vec<String> {
    let nodes = connection["nodes"].as_array().unwrap();
    assert_eq!(connection["totalCount"], nodes.len(), "more than one page");
    let fact = |value: &Value| value.as_str().map(str::to_owned);
    let line = |node: &Value| {
        let words = (text(node, "vendor"), text(node, "vendorDeviceKey"), text(node, "kind"), text(node, "date"));
        let organizations = ["fromOrganization", "toOrganization"].map(|side| organization_row(&node[side]["id"]));
        show(words, organizations, [fact(&node["fromBilling"]), fact(&node["toBilling"])])
    };
    let mut lines: Vec<String> = nodes.iter().map(line).collect();
    lines.sort();
    lines
}

/// Drops a day's rows as retention does: the day itself, its ledger and its log stay.
pub(crate) async fn drop_day(world: &World, day: NaiveDate) {
    let writer = world.inventory.database().writer();
    for table in ["device_snapshot", "daily_counts", "daily_totals"] {
        writer.execute_unprepared(&format!("DELETE FROM {table} WHERE snapshot_date = '{day}'")).await.unwrap();
    }
    let mark =
        format!("UPDATE snapshot_day SET dropped_at = '2026-06-01T00:00:00+00:00' WHERE snapshot_date = '{day}'");
    writer.execute_unprepared(&mark).await.unwrap();
}

/// Rolls a day up as the last one of its month, as it is done before that month's days are dropped.
pub(crate) async fn roll_up(world: &World, day: NaiveDate, month_end: NaiveDate) {
    let columns = "vendor_id, site_id, device_type_id, billing_status_id, location_name, spare_reason, cnt";
    let writer = world.inventory.database().writer();
    let forget = format!("DELETE FROM month_end_counts WHERE month_end_date = '{month_end}'");
    writer.execute_unprepared(&forget).await.unwrap();
    let sql = format!(
        "INSERT INTO month_end_counts (month_end_date, counted_date, {columns}) SELECT '{month_end}', '{day}', {columns} \
         FROM daily_counts WHERE snapshot_date = '{day}'"
    );
    writer.execute_unprepared(&sql).await.unwrap();
}
