//! Intel: Core of the 8th generation on, what came with them under other names, and Xeons since Skylake-SP.

use super::family::{
    Family, Listing,
    Listing::{No, OnlyIn, Unread, Yes},
    Members, Models, by_number, models,
};

pub(super) const FAMILIES: &[Family] = &[
    Family { name: "Intel Core Ultra", marks: &[&["core", "ultra"]], members: Members::All(Yes) },
    Family {
        name: "Intel Core before the i series",
        marks: &[&["core", "2"], &["core2"], &["core", "duo"], &["core", "solo"]],
        members: Members::All(No),
    },
    Family { name: "Intel Core i3, i5, i7, i9", marks: &[&["i3"], &["i5"], &["i7"], &["i9"]], members: CORE_I },
    Family {
        name: "Intel Core m",
        marks: &[&["core", "m"], &["core", "m3"], &["core", "m5"], &["core", "m7"]],
        members: by_number(&[models("", (8000, 8999), Yes)], No),
    },
    Family {
        name: "Intel Core 3, 5, 7, 9",
        marks: &[&["core", "3"], &["core", "5"], &["core", "7"], &["core", "9"]],
        members: by_number(&[models("", (100, 999), Yes), models("n", (300, 399), Yes)], Unread),
    },
    Family {
        name: "Intel Pentium before Gold and Silver",
        marks: &[&["pentium", "ii"], &["pentium", "iii"], &["pentium", "m"], &["pentium", "d"], &["pentium", "dual"]],
        members: Members::All(No),
    },
    Family { name: "Intel Pentium", marks: &[&["pentium"]], members: by_number(PENTIUM, No) },
    Family {
        name: "Intel Celeron M, D and Dual-Core",
        marks: &[&["celeron", "m"], &["celeron", "d"], &["celeron", "dual"]],
        members: Members::All(No),
    },
    Family { name: "Intel Celeron", marks: &[&["celeron"]], members: by_number(CELERON, No) },
    // Elkhart Lake and Amston Lake; `x5-Z8350` is x and 5, an Atom of old.
    Family { name: "Intel Atom", marks: &[&["atom"]], members: by_number(&[models("x", (6000, 7999), Yes)], No) },
    Family {
        name: "Intel Xeon W",
        marks: &[&["xeon", "w"], &["xeon", "w3"], &["xeon", "w5"], &["xeon", "w7"], &["xeon", "w9"]],
        members: by_number(&[models("", (1200, 3999), Yes), models("", (10_000, 11_999), Yes)], Unread),
    },
    Family {
        name: "Intel Xeon Scalable",
        marks: &[&["xeon", "bronze"], &["xeon", "silver"], &["xeon", "gold"], &["xeon", "platinum"], &["xeon", "max"]],
        members: by_number(&[models("", (3100, 9999), Yes)], Unread),
    },
    Family {
        name: "Intel Xeon E",
        marks: &[&["xeon", "e"]],
        members: by_number(&[models("", (2100, 2999), Yes)], Unread),
    },
    // Skylake-D and Ice Lake-D; D-1500 and D-1600 are Broadwell.
    Family {
        name: "Intel Xeon D",
        marks: &[&["xeon", "d"]],
        members: by_number(&[models("", (1700, 1899), Yes), models("", (2100, 2899), Yes)], No),
    },
    Family {
        name: "Intel Xeon E3, E5, E7, Phi",
        marks: &[&["xeon", "e3"], &["xeon", "e5"], &["xeon", "e7"], &["xeon", "phi"]],
        members: Members::All(No),
    },
    Family { name: "Intel Xeon 6", marks: &[&["xeon", "6"]], members: Members::All(Yes) },
    // Xeon 6 without its 6 (6740E); the rest are those of 2006 to 2011: 5160, X5650, W3520.
    Family { name: "Intel Xeon", marks: &[&["xeon"]], members: by_number(&[models("", (6300, 6999), Yes)], No) },
    // N50 to N355, U300, 300: sold without a family name. Last, because every Intel name has the word.
    Family {
        name: "Intel Processor",
        marks: &[&["intel"]],
        members: by_number(
            &[models("n", (10, 999), Yes), models("u", (300, 399), Yes), models("", (300, 319), Yes)],
            Unread,
        ),
    },
];

/// Three digits are the first generation, four that begin with 1 and five the 10th and later, other four digits begin with
/// their generation.
const CORE_I: Members = Members::ByNumber {
    rows: &[
        // The X series of 2017 is Skylake-X, which is listed; 7640X and 7740X are Kaby Lake, which is not.
        models("", (7800, 7800), Yes).ending(&["x"]),
        models("", (7820, 7820), Yes).ending(&["x"]),
        models("", (7900, 7999), Yes).ending(&["x", "xe"]),
        models("", (7820, 7820), IN_FEW_MACHINES).ending(&["hq"]),
        models("", (8000, 9999), Yes),
        models("", (1000, 1999), Yes),
        models("", (10_000, 19_999), Yes),
        // Lakefield (i5-L16G7) and the N series (i3-N305).
        models("l", (10, 99), Yes),
        models("n", (300, 399), Yes),
    ],
    rest: No,
    first_generation: Some(8),
};

/// The one processor of the 7th generation that counts where the machine's drivers do (`HardwareReadiness.ps1`).
const IN_FEW_MACHINES: Listing = OnlyIn(&["surface studio 2", "precision 5520"]);

/// Coffee Lake (G5400) and later, Kaby Lake Refresh (4417U, 4425Y), Gemini Lake (J5005, N5000) and later. N4200, J4205 and
/// G4560 are older than they look.
const PENTIUM: &[Models] = &[
    models("", (4417, 4417), Yes),
    models("", (4425, 4425), Yes),
    models("", (5405, 9999), Yes),
    models("g", (5400, 9999), Yes),
    models("j", (5000, 9999), Yes),
    models("n", (5000, 9999), Yes),
];

/// The same for Celeron: 3867U, 4205U, G4900, J4005, N4000 and later.
const CELERON: &[Models] = &[
    models("", (3867, 3867), Yes),
    models("", (4205, 9999), Yes),
    models("g", (4900, 9999), Yes),
    models("j", (4000, 9999), Yes),
    models("n", (4000, 9999), Yes),
];
