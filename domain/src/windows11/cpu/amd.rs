//! AMD: Ryzen 2000 on, Athlon 3000, EPYC of the second generation on.
//!
//! What is of the first Zen generation (family 23, models 1 and 17) is on none of the lists and refused by
//! `HardwareReadiness.ps1`: Ryzen 1000, Threadripper 1900, EPYC 7001, and the Raven Ridge models that are numbered 2000
//! (2200G, 2400G, 2200U, 2500U, 2700U, 2600H and their kind) or 200 (Athlon).

use super::family::{
    Family, Listing,
    Listing::{No, Unread, Yes},
    Members, Models, by_number, models,
};

pub(super) const FAMILIES: &[Family] = &[
    Family { name: "AMD Ryzen Threadripper", marks: &[&["threadripper"]], members: by_number(THREADRIPPER, Unread) },
    Family {
        name: "AMD Ryzen AI",
        marks: &[&["ryzen", "ai"], &["ryzen", "z1"], &["ryzen", "z2"]],
        members: Members::All(Yes),
    },
    Family { name: "AMD Ryzen Embedded", marks: &[&["ryzen", "embedded"]], members: by_number(EMBEDDED, Unread) },
    Family {
        name: "AMD Ryzen",
        marks: &[&["ryzen", "3"], &["ryzen", "5"], &["ryzen", "7"], &["ryzen", "9"], &["ryzen"]],
        members: by_number(RYZEN, Unread),
    },
    Family { name: "AMD EPYC", marks: &[&["epyc"]], members: by_number(EPYC, Yes) },
    Family {
        name: "AMD Athlon before 3000",
        marks: &[
            &["athlon", "xp"],
            &["athlon", "mp"],
            &["athlon", "64"],
            &["athlon", "ii"],
            &["athlon", "x2"],
            &["athlon", "x4"],
            &["athlon", "neo"],
            &["athlon", "dual"],
        ],
        members: Members::All(No),
    },
    Family {
        name: "AMD Athlon Gold and Silver",
        marks: &[&["athlon", "gold"], &["athlon", "silver"]],
        members: Members::All(Yes),
    },
    Family { name: "AMD Athlon", marks: &[&["athlon"]], members: by_number(ATHLON, No) },
    // Sold without a family name.
    Family { name: "AMD 3000e", marks: &[&["3015e"], &["3015ce"], &["3020e"]], members: Members::All(Yes) },
    Family {
        name: "AMD before Zen",
        marks: &[
            &["amd", "a4"],
            &["amd", "a6"],
            &["amd", "a8"],
            &["amd", "a9"],
            &["amd", "a10"],
            &["amd", "a12"],
            &["amd", "fx"],
            &["amd", "e"],
            &["amd", "e1"],
            &["amd", "e2"],
            &["amd", "c"],
            &["amd", "gx"],
            &["amd", "rx"],
            &["phenom"],
            &["sempron"],
            &["turion"],
            &["opteron"],
        ],
        members: Members::All(No),
    },
];

const THREADRIPPER: &[Models] = &[models("", (1900, 1999), No), models("", (2900, 9999), Yes)];

const RYZEN: &[Models] = &[
    models("", (1000, 1999), No),
    models("", (2000, 2999), No).ending(RAVEN_RIDGE),
    models("", (2000, 9999), Yes),
    // The names since 2025: Ryzen 5 150, Ryzen 7 260.
    models("", (100, 499), Yes),
];

/// What stands behind the numbers of the first generation that are called 2000; 2600, 2700X and 2600E are of the second.
const RAVEN_RIDGE: &[&str] = &["g", "ge", "u", "h"];

const EMBEDDED: &[Models] = &[
    models("r", (1000, 1999), No),
    models("v", (1000, 1999), No),
    models("r", (2000, 9999), Yes),
    models("v", (2000, 9999), Yes),
    models("", (5000, 9999), Yes),
];

/// The last digit of an EPYC is its generation; those of the first are told one by one, and with the embedded 3000.
const EPYC: &[Models] = &[
    epyc_of_the_first_generation(7001),
    epyc_of_the_first_generation(7251),
    epyc_of_the_first_generation(7261),
    epyc_of_the_first_generation(7281),
    epyc_of_the_first_generation(7301),
    epyc_of_the_first_generation(7351),
    epyc_of_the_first_generation(7371),
    epyc_of_the_first_generation(7401),
    epyc_of_the_first_generation(7451),
    epyc_of_the_first_generation(7501),
    epyc_of_the_first_generation(7551),
    epyc_of_the_first_generation(7571),
    epyc_of_the_first_generation(7601),
    models("", (3000, 3999), No),
];

const fn epyc_of_the_first_generation(number: u32) -> Models {
    models("", (number, number), Listing::No)
}

const ATHLON: &[Models] = &[
    models("", (200, 299), No),
    models("", (300, 399), Yes),
    models("", (3000, 3999), Yes),
    models("", (7100, 7299), Yes),
];
