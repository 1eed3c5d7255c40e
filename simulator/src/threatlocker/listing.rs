use super::request::{ComputerParameters, NOBODY, OrderBy};
use crate::wire::{Object, Wire};
use crate::world::World;

/// What scopes and filters need to know of a computer, without its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// Position in the fleet; `None` for a computer that was added by hand.
    pub(crate) agent: Option<usize>,
    pub(crate) organization: String,
    pub(crate) deleted: bool,
    pub(crate) edited: bool,
}

/// All computers, deleted ones included, in no particular order.
pub(crate) struct ComputerList {
    entries: Vec<Entry>,
}

/// Whose computers a request may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// The parent and all below it.
    Everything,
    Organization(&'a str),
    Nothing,
}

impl ComputerList {
    pub(crate) fn of(world: &World) -> Self {
        let edits = &world.edits.computers;
        let fleet = world.fleet.agents().iter().enumerate().filter(|(_, agent)| !edits.removes(&agent.id));
        let mut entries: Vec<Entry> = fleet
            .map(|(at, agent)| {
                if edits.touches(&agent.id) {
                    return Entry::read(&agent.id, &world.edited_computer(at), Some(at));
                }
                Entry {
                    id: agent.id.clone(),
                    agent: Some(at),
                    organization: world.organization_guid(agent),
                    deleted: agent.deleted,
                    edited: false,
                }
            })
            .collect();
        for id in edits.added() {
            let row = edits.over(id, edits.added_row(id).unwrap_or_default());
            entries.retain(|old| old.id != id);
            entries.push(Entry::read(id, &row, None));
        }
        Self { entries }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Positions in ascending order; ties by id, so that the order is total.
    pub(crate) fn sorted(&self, world: &World, order: OrderBy) -> Vec<usize> {
        let key = |entry: &Entry| match (order, entry.agent) {
            (OrderBy::ComputerName, Some(at)) if !entry.edited => world.fleet.agents()[at].label.to_lowercase(),
            _ => sort_key(&world.computer_row(entry), order),
        };
        let mut keyed: Vec<(String, usize)> =
            self.entries.iter().enumerate().map(|(at, entry)| (key(entry), at)).collect();
        keyed.sort_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| self.entries[left.1].id.cmp(&self.entries[right.1].id))
        });
        keyed.into_iter().map(|(_, at)| at).collect()
    }
}

fn sort_key(row: &Object, order: OrderBy) -> String {
    match row.get(order.key()) {
        Some(Wire::Text(text)) => text.to_lowercase(),
        Some(Wire::Int(number)) => format!("{number:020}"),
        _ => String::new(),
    }
}

impl Entry {
    fn read(id: &str, row: &Object, agent: Option<usize>) -> Self {
        Self {
            id: id.to_owned(),
            agent,
            organization: row.text("organizationId").unwrap_or_default().to_owned(),
            deleted: row.flag("isDeleted"),
            edited: true,
        }
    }
}

impl World {
    /// The positions a request asks for, in its order. `tick` counts requests: with live data, sorting by last
    /// check-in moves some rows to the newest end at every one.
    pub(crate) fn select_computers(
        &self,
        asked: &ComputerParameters,
        scope: Scope<'_>,
        tick: Option<u64>,
    ) -> Vec<usize> {
        let order_by = OrderBy::named(&asked.order_by).unwrap_or(OrderBy::ComputerName);
        let list = self.computer_list();
        let order = self.computer_order(order_by);
        let wanted = |at: &usize| {
            let entry = &list.entries()[*at];
            scope.covers(entry) && (asked.show_deleted || !entry.deleted) && self.answers(asked, entry)
        };
        let mut chosen: Vec<usize> = order.iter().copied().filter(wanted).collect();
        if let (OrderBy::LastCheckin, Some(tick)) = (order_by, tick) {
            let luck = self.fleet.luck().of(tick);
            chosen.sort_by_key(|&at| luck.of(at as u64).chance("checks in", 25));
        }
        if !asked.is_ascending {
            chosen.reverse();
        }
        chosen
    }

    fn answers(&self, asked: &ComputerParameters, entry: &Entry) -> bool {
        if asked.computer_id != NOBODY && !asked.computer_id.eq_ignore_ascii_case(&entry.id) {
            return false;
        }
        let by_name = asked.search_text.is_empty() || self.answers_search(asked, entry);
        let plain = asked.action.is_empty() && asked.computer_group == NOBODY && asked.threatlocker_version == "All";
        if plain || !by_name {
            return by_name;
        }
        let row = self.computer_row(entry);
        let agrees = |key: &str, wanted: &str, all: &str| wanted == all || row.text(key) == Some(wanted);
        agrees("action", &asked.action, "")
            && agrees("computerGroupId", &asked.computer_group, NOBODY)
            && agrees("threatLockerVersion", &asked.threatlocker_version, "All")
    }

    fn answers_search(&self, asked: &ComputerParameters, entry: &Entry) -> bool {
        let text = asked.search_text.to_lowercase();
        let keys: &[&str] = match asked.search_by {
            Some(2) => &["username"],
            Some(3) => &["group"],
            Some(4) => &["lastCheckinIPAddress"],
            Some(5) => &["organization"],
            _ => &["computerName", "hostname"],
        };
        if let (Some(at), false, ["computerName", _]) = (entry.agent, entry.edited, keys) {
            // The search that people use needs no row.
            let agent = &self.fleet.agents()[at];
            return agent.label.to_lowercase().contains(&text) || agent.host.to_lowercase().contains(&text);
        }
        let row = self.computer_row(entry);
        keys.iter().any(|key| row.text(key).is_some_and(|value| value.to_lowercase().contains(&text)))
    }
}

impl Scope<'_> {
    fn covers(self, entry: &Entry) -> bool {
        match self {
            Self::Everything => true,
            Self::Organization(id) => entry.organization.eq_ignore_ascii_case(id),
            Self::Nothing => false,
        }
    }
}
