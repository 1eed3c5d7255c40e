//! What one request may ask and cost.

/// What one request may ask and cost; the defaults suit a dashboard with room to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphqlLimits {
    /// Selections of a document after its fragments are written out; aliases and directives count as one each.
    pub selections: u64,
    /// Fields inside fields; the introspection query of common tools needs 15.
    pub depth: u32,
    /// Fields after each list is multiplied by its page size.
    pub complexity: usize,
    /// Aliases of a document after its fragments are written out.
    pub aliases: u64,
    /// Directives of a document after its fragments are written out.
    pub directives: u64,
    /// Whether documents may ask for the schema. Without, the names of fields aren't suggested either.
    pub introspection: bool,
}

impl GraphqlLimits {
    /// Rows of a page when nobody says how many.
    pub const DEFAULT_PAGE_SIZE: u16 = 50;
    /// Rows of a page at most.
    pub const MAX_PAGE_SIZE: u16 = 500;
    /// Values of an `in` list, and ids of `nodes`, at most.
    pub const MAX_VALUES: usize = 1000;
    /// Values of one filter with all that it holds, at most: a statement of SQLite takes 32,766.
    pub const MAX_FILTER_VALUES: usize = 10_000;
}

impl Default for GraphqlLimits {
    fn default() -> Self {
        Self { selections: 10_000, depth: 16, complexity: 100_000, aliases: 500, directives: 500, introspection: true }
    }
}
