use std::collections::HashMap;

use super::request::OrganizationParameters;
use crate::fleet::guid;
use crate::fleet::organizations::Organization;
use crate::moment::Moment;
use crate::wire::{Object, Wire};
use crate::world::World;

impl World {
    /// The organization that the API key belongs to: the provider, which owns no computers.
    pub(crate) fn parent_guid(&self) -> String {
        guid(self.fleet.luck().of(990_000))
    }

    /// Whether there is a child organization with that id.
    pub(crate) fn is_child(&self, id: &str) -> bool {
        self.fleet.organizations().iter().any(|one| one.guid.eq_ignore_ascii_case(id))
            || self.edits.threatlocker_organizations.added().any(|one| one.eq_ignore_ascii_case(id))
    }

    /// The rows of the children. The parent is not among them.
    pub(crate) fn child_organizations(&self) -> Vec<Object> {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for agent in self.fleet.agents().iter().filter(|agent| !agent.deleted && !agent.orphan) {
            *counts.entry(agent.organization).or_default() += 1;
        }
        let edits = &self.edits.threatlocker_organizations;
        let children = self.fleet.organizations().iter().filter(|one| !edits.removes(&one.guid));
        let mut rows: Vec<Object> = children
            .map(|one| edits.over(&one.guid, self.child(one, counts.get(&one.index).copied().unwrap_or(0))))
            .collect();
        rows.extend(edits.added().filter_map(|id| Some(edits.over(id, edits.added_row(id)?))));
        rows
    }

    /// The children that a request asks for, in its order.
    pub(crate) fn select_organizations(&self, asked: &OrganizationParameters) -> Vec<Object> {
        let wanted = asked.search_text.to_lowercase();
        let mut rows = self.child_organizations();
        rows.retain(|row| row.text("name").unwrap_or_default().to_lowercase().contains(&wanted));
        let key = match asked.order_by.to_ascii_lowercase().as_str() {
            "billingmethod" => "billingMethod",
            "businessclassificationname" => "businessClassificationName",
            "dateadded" => "dateAdded",
            _ => "name",
        };
        let text = |row: &Object, key: &str| row.text(key).unwrap_or_default().to_lowercase();
        rows.sort_by_cached_key(|row| (text(row, key), text(row, "organizationId")));
        if !asked.is_ascending {
            rows.reverse();
        }
        rows
    }

    fn child(&self, one: &Organization, computers: usize) -> Object {
        let parent = self.parent_guid();
        let added = Moment::nights_before(self.fleet.plan().first_day, 200 + i32::try_from(one.index).unwrap_or(0));
        let mut row = Object::new();
        row.put("organizationId", one.guid.clone()).put("name", one.threatlocker_name.clone());
        row.put("displayName", one.threatlocker_name.trim().to_owned()).put("parentId", parent.clone());
        row.put("computerCount", computers).put("activeCount", 0).put("manualCount", 0).put("lockdown", computers);
        row.put("dateAdded", added.iso_text(0, true)).put("products", vec![product(one)]);
        let mut above = Object::new();
        above.put("organizationId", parent).put("displayName", "Example MSP");
        let mut denied = Object::new();
        denied.put("organizationId", one.guid.clone()).put("oneDay", 0).put("threeDays", 3).put("sevenDays", 9);
        row.put("organizationParents", vec![Wire::from(above)]).put("computerDenyCountDtos", vec![Wire::from(denied)]);
        row.put("billingMethod", "").put("billingJson", "").put("businessClassification", 0);
        row.put("businessClassificationName", "").put("licenseSetting", "").put("isIRChild", false);
        row.put("itarCompliant", false).put("cyberHeroManagementActive", false);
        row.put("cyberHeroManagementConfigured", false).put("json", "{\"ApplicationControl\":2}");
        row
    }
}

fn product(one: &Organization) -> Wire {
    let mut row = Object::new();
    row.put("name", "Protect").put("displayName", "ThreatLocker Protect").put("organizationId", one.guid.clone());
    row.put("productId", 1).put("isThreatLockerProtect", true).put("isThreatLockerUnified", false);
    row.put("productTrialId", Wire::Null).put("disablingProduct", false).put("isOverage", false);
    Wire::from(row)
}
