//! A family of processors, and how a name is compared with it.

use super::{model::Model, words::Name};

/// Whether Microsoft lists a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Yes,
    No,
    /// In machines of these models, folded.
    OnlyIn(&'static [&'static str]),
    /// The model cannot be told.
    Unread,
}

/// A family of processors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    /// As people call it.
    pub(super) name: &'static str,
    /// Words that stand one after the other in the names of the family; one of these runs is enough.
    pub(super) marks: &'static [&'static [&'static str]],
    pub(super) members: Members,
}

/// Which models of a family are listed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Members {
    /// All of them stand alike, whatever their number.
    All(Listing),
    /// By number: the first row that fits decides, then `rest`.
    ByNumber {
        rows: &'static [Models],
        rest: Listing,
        /// The first listed generation, for names that tell the generation and no number.
        first_generation: Option<u32>,
    },
}

/// Model numbers from one to another, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Models {
    prefix: &'static str,
    from: u32,
    to: u32,
    /// Only with one of these behind the number; empty is any.
    suffixes: &'static [&'static str],
    listing: Listing,
}

/// Models with these letters before a number between these.
pub(super) const fn models(prefix: &'static str, (from, to): (u32, u32), listing: Listing) -> Models {
    Models { prefix, from, to, suffixes: &[], listing }
}

impl Models {
    /// Those of them with one of these behind the number.
    pub(super) const fn ending(self, suffixes: &'static [&'static str]) -> Self {
        Self { suffixes, ..self }
    }

    fn has(&self, model: &Model<'_>) -> bool {
        self.prefix == model.prefix
            && (self.from..=self.to).contains(&model.number)
            && (self.suffixes.is_empty() || self.suffixes.contains(&model.suffix))
    }
}

/// Members by number.
pub(super) const fn by_number(rows: &'static [Models], rest: Listing) -> Members {
    Members::ByNumber { rows, rest, first_generation: None }
}

impl Family {
    /// Whether the processor is listed; `None` when it is of another family.
    pub(super) fn listing(&self, name: &Name) -> Option<Listing> {
        let behind = self.marks.iter().find_map(|mark| name.behind(mark))?;
        let (rows, rest, first_generation) = match self.members {
            Members::All(listing) => return Some(listing),
            Members::ByNumber { rows, rest, first_generation } => (rows, rest, first_generation),
        };
        let Some(model) = Model::first_of(behind) else {
            let by_generation = |(first, told)| if told >= first { Listing::Yes } else { Listing::No };
            return Some(first_generation.zip(name.generation).map_or(Listing::Unread, by_generation));
        };
        Some(rows.iter().find(|row| row.has(&model)).map_or(rest, |row| row.listing))
    }
}
