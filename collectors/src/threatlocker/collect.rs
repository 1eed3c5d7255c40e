//! A whole run: computers of the scope and everything below it, and the organizations.

use std::collections::BTreeMap;

use domain::{
    collection::Collection,
    observation::{Observation, Place},
};

use super::{
    VENDOR,
    client::{Client, ReadOnlyCall},
    normalize::{self, OrganizationNames},
    paging::{List, Pace, list},
    scope::{self, Organization},
    wire::{ComputerQuery, OrganizationQuery},
};
use crate::{Progress, assembly::Remarks, error::CollectError};

pub(super) async fn collect(
    client: &Client,
    scope: Option<&str>,
    progress: &dyn Progress,
) -> Result<Collection, CollectError> {
    let mut remarks = Remarks::default();
    let mut pace = Pace { progress, pages: 0 };
    let computers = list(client, ReadOnlyCall::Computers, &ComputerQuery::all(client.page_size), &mut pace).await?;
    remarks.ended("computers", &computers.end);
    let children = children(client, &mut remarks).await;
    let names = children.iter().flatten().map(|org| (org.place.key.clone(), org.place.name.clone())).collect();
    let observations = observations(computers, &names, &mut remarks);
    match (scope, &children) {
        (Some(scope), Some(children)) => {
            if let Some(violation) = scope::violation(scope, &observations, children) {
                remarks.missing("organization scope", violation);
            }
        }
        (Some(_), None) => remarks.note("organization scope: not verified, without the child organizations".to_owned()),
        (None, _) => {}
    }
    let organizations = organizations(names, &observations);
    Ok(remarks.into_collection(VENDOR, observations, organizations))
}

fn observations(computers: List, names: &OrganizationNames, remarks: &mut Remarks) -> Vec<Observation> {
    let mut observations = Vec::with_capacity(computers.rows.len());
    let mut assumed_utc = 0;
    for row in computers.rows {
        match normalize::observation(row, names) {
            Ok(read) => {
                assumed_utc += u32::from(read.assumed_utc);
                observations.push(read.observation);
            }
            Err(aside) => remarks.set_aside(aside),
        }
    }
    if assumed_utc > 0 {
        remarks.note(format!("computers with times that name no zone, read as UTC: {assumed_utc}"));
    }
    observations
}

/// The child organizations; `None` where the instance does not tell. The call is not in the vendor's published
/// description, so a plain refusal of it (4xx, or the 500 that bad input gets) is a note: rows name their organizations
/// anyway.
async fn children(client: &Client, remarks: &mut Remarks) -> Option<Vec<Organization>> {
    let query = OrganizationQuery::all(client.page_size);
    let mut quiet = Pace { progress: &(), pages: 0 };
    match list(client, ReadOnlyCall::ChildOrganizations, &query, &mut quiet).await {
        Ok(list) => {
            if let crate::assembly::End::Unproved(why) = &list.end {
                remarks.note(format!("child organizations: perhaps not all of them ({why})"));
            }
            Some(list.rows.iter().filter_map(|row| Organization::read(row)).collect())
        }
        Err(error) if matches!(error.status(), Some(400..=404 | 417 | 500)) => {
            remarks.note(format!("child organizations: capability not offered ({error})"));
            None
        }
        Err(error) => {
            remarks.missing("child organizations", error);
            None
        }
    }
}

/// The child list, and what computers name beside it: the home organization, and children that the list left out.
fn organizations(listed: OrganizationNames, observations: &[Observation]) -> Vec<Place> {
    let mut names: BTreeMap<String, Option<String>> = listed.into_iter().collect();
    for place in observations.iter().filter_map(|device| device.organization.as_ref()) {
        let name = names.entry(place.key.clone()).or_default();
        if name.is_none() {
            name.clone_from(&place.name);
        }
    }
    names.into_iter().map(|(key, name)| Place { key, name }).collect()
}
