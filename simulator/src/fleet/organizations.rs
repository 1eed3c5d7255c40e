use super::guid;
use crate::dice::Luck;

/// The organization id that some Ninja devices carry and no organization list holds.
pub(crate) const ORPHAN_ORGANIZATION: i64 = 990_001;

/// One client, as both vendors know it.
#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) index: usize,
    pub(crate) ninja_id: i64,
    pub(crate) guid: String,
    pub(crate) ninja_name: String,
    pub(crate) threatlocker_name: String,
    /// One to four capital letters that start the client's host names.
    pub(crate) code: String,
    /// How many machines it has compared with the others.
    pub(crate) weight: usize,
}

/// A place inside an organization.
pub(crate) struct Location {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    pub(crate) address: Option<&'static str>,
}

/// Names at Ninja, and at ThreatLocker where they differ there. The second and third are two clients with one name.
const NAMES: &[(&str, Option<&str>)] = &[
    ("Example MSP Internal", None),
    ("Lakeside Dental", None),
    ("Lakeside Dental", None),
    ("Northwind", Some("NORTHWIND ")),
    ("Müller & Söhne GmbH", None),
    ("Smith & Partners LLP", Some("Smith and Partners LLP")),
    ("Hernández Family Law ", Some("Hernández Family Law")),
    ("Bayou City Plumbing", None),
    ("Gulf Coast Orthopedics", Some("Gulf  Coast Orthopedics")),
    ("Pontchartrain Title & Escrow", None),
    ("St. Martin Parish Library", None),
    ("Crescent Steel Works", None),
    ("Magnolia Pediatrics", None),
    ("Delta Marine Services", Some("DELTA MARINE SERVICES")),
    ("Oak & Iron Builders", None),
    ("Riverbend Veterinary", None),
    ("Ōtani Imports", None),
    ("Café du Parc", None),
    ("Bluebonnet Credit Union", None),
    ("Harbor Light Church", None),
    ("Kowalski Engineering", None),
    ("Teche Sugar Cooperative", None),
    ("Acadian Air Charter", None),
    ("Redstick Roofing", None),
    ("Lafourche Seafood Co.", None),
    ("Vermilion Surveying", None),
    ("Garden District Realty", None),
    ("Zydeco Media", None),
    ("Fontaine & Fils", None),
    ("Cypress Insurance Group", None),
    ("Pelican Pharmacy", None),
    ("Westbank Auto Parts", None),
    ("Åkerman Architects", None),
    ("Sabine River Logistics", None),
    ("Toledo Bend Marina", None),
    ("Evangeline Printing", None),
    ("Atchafalaya Conservation Trust", None),
    ("Bonnet Carré Construction", None),
    ("Iberia Oilfield Rentals", None),
    ("Jefferson Hearing Center", None),
];
const SURNAMES: &[&str] =
    &["Baker", "Carter", "Duval", "Evans", "Fischer", "Grant", "Hebert", "Ibarra", "Jansen", "Klein"];
const TRADES: &[&str] =
    &["Dental", "Electric", "Farms", "Freight", "Law", "Optics", "Realty", "Supply", "Tools", "Wines"];

pub(crate) fn found(luck: Luck, count: usize) -> Vec<Organization> {
    (0..count.max(1)).map(|index| organization(luck.of(index as u64), index)).collect()
}

fn organization(luck: Luck, index: usize) -> Organization {
    let (ninja_name, other) = NAMES.get(index).map_or_else(
        || (format!("{} {} {index}", luck.pick("surname", SURNAMES), luck.pick("trade", TRADES)), None),
        |(name, other)| ((*name).to_owned(), *other),
    );
    // A client whose name truly differs between the vendors mismatches with all its devices until somebody maps it.
    let weight = if index == 5 { 1 } else { 2 + luck.below("weight", 11) };
    Organization {
        index,
        ninja_id: 5 + 3 * i64::try_from(index).unwrap_or(0),
        guid: guid(luck),
        threatlocker_name: other.map_or_else(|| ninja_name.clone(), str::to_owned),
        code: code(&ninja_name),
        ninja_name,
        weight,
    }
}

fn code(name: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).take(4).collect();
    letters.to_ascii_uppercase()
}

impl Organization {
    fn place(&self, offset: i64) -> i64 {
        9 + 10 * i64::try_from(self.index).unwrap_or(0) + offset
    }

    pub(crate) fn main_office(&self) -> i64 {
        self.place(0)
    }

    /// The second place of every other client.
    pub(crate) fn warehouse(&self) -> Option<i64> {
        self.index.is_multiple_of(2).then(|| self.place(1))
    }

    /// "Client Spare Closet", which every fourth client has.
    pub(crate) fn closet(&self) -> Option<i64> {
        (self.index % 4 == 1).then(|| self.place(2))
    }

    /// "ES Spare", which only the provider's own organization has.
    pub(crate) fn own_spares(&self) -> Option<i64> {
        (self.index == 0).then(|| self.place(3))
    }

    pub(crate) fn locations(&self) -> Vec<Location> {
        let mut places = vec![Location { id: self.main_office(), name: "Main Office", address: Some("Hauptstr. 1") }];
        let more =
            [(self.warehouse(), "Lager"), (self.closet(), "Client Spare Closet"), (self.own_spares(), "ES Spare")];
        places.extend(more.into_iter().filter_map(|(id, name)| Some(Location { id: id?, name, address: None })));
        places
    }

    /// The DNS domain of its machines.
    pub(crate) fn domain(&self) -> String {
        format!("{}.example", self.code.to_ascii_lowercase())
    }
}
