//! Qualcomm's Snapdragon for Windows, and processors of others that no list has.

use super::family::{
    Family,
    Listing::{No, Yes},
    Members, Models, by_number, models,
};

pub(super) const FAMILIES: &[Family] = &[
    Family {
        name: "Qualcomm Snapdragon X",
        marks: &[&["snapdragon", "x"], &["snapdragon", "x2"], &["oryon"]],
        members: Members::All(Yes),
    },
    Family {
        name: "Microsoft SQ",
        marks: &[&["microsoft", "sq1"], &["microsoft", "sq2"], &["microsoft", "sq3"]],
        members: Members::All(Yes),
    },
    Family {
        name: "Qualcomm for embedded machines",
        marks: &[&["qcm5430"], &["qcm6490"], &["qcs5430"], &["qcs6490"]],
        members: Members::All(Yes),
    },
    Family { name: "Qualcomm Snapdragon", marks: &[&["snapdragon"]], members: by_number(SNAPDRAGON, No) },
    Family { name: "Apple", marks: &[&["apple"]], members: Members::All(No) },
    Family {
        name: "a maker that no list names",
        marks: &[&["via", "nano"], &["via", "c7"], &["via", "eden"], &["zhaoxin"], &["hygon"], &["transmeta"]],
        members: Members::All(No),
    },
];

/// 850, 7c, 7c Gen 2, 7c+ Gen 3, 8c, 8cx and its generations; 835 and the ones for telephones are not listed.
const SNAPDRAGON: &[Models] = &[
    models("", (850, 850), Yes),
    models("", (7, 7), Yes).ending(&["c", "c+"]),
    models("", (8, 8), Yes).ending(&["c", "cx"]),
];
