//! What the simulated vendors do differently from a good day. Plain data: paging and token behaviour are parameters
//! that the vendors read, transport trouble is a list of [`Fault`]s that a layer in front of both applies.

mod faults;
mod gate;
mod shape;

use std::time::Duration;

pub use self::faults::{Effect, Fault, RetryAfter, Vendor, When};
pub(crate) use self::faults::{Strike, Tail};
pub use self::gate::Gate;

/// Everything that can be switched. The default is a good day.
#[derive(Debug, Clone, Default)]
pub struct Switches {
    /// NinjaOne's behaviour.
    pub ninja: NinjaSwitches,
    /// ThreatLocker's behaviour.
    pub threatlocker: ThreatLockerSwitches,
    /// Transport trouble, in front of both. The first that answers wins; waits and cuts add up.
    pub faults: Vec<Fault>,
}

/// NinjaOne's behaviour.
#[derive(Debug, Clone)]
pub struct NinjaSwitches {
    /// A refresh token works once, and its answer brings the next. Without it the answer has no `refresh_token`, and
    /// the old one works for ever.
    pub rotate_refresh: bool,
    /// How long an access token works.
    pub token_ttl: Duration,
    /// The tenant lives elsewhere: the token URL knows no client, the API no token.
    pub wrong_region: bool,
    /// Page size of lists and reports when the request names none (undocumented; community clients rely on 1000).
    pub default_page_size: usize,
    /// Whether a report keeps its cursor's name from page to page.
    pub cursor_name: CursorName,
    /// How long a report's cursor lives.
    pub cursor_ttl: Duration,
    /// What a cursor answers after that.
    pub expired_cursor: ExpiredCursor,
    /// Order of rows inside a page of devices.
    pub ids: IdOrder,
    /// The device filter is dropped without a word.
    pub df_ignored: bool,
    /// Trouble between pages.
    pub paging: Paging,
    /// Trouble inside rows.
    pub rows: RowShape,
}

impl Default for NinjaSwitches {
    fn default() -> Self {
        Self {
            rotate_refresh: true,
            token_ttl: Duration::from_hours(1),
            wrong_region: false,
            default_page_size: 1000,
            cursor_name: CursorName::default(),
            cursor_ttl: Duration::from_mins(15),
            expired_cursor: ExpiredCursor::default(),
            ids: IdOrder::default(),
            df_ignored: false,
            paging: Paging::default(),
            rows: RowShape::default(),
        }
    }
}

/// Whether a report keeps its cursor's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CursorName {
    /// The name stays, the offset moves: the usual case.
    #[default]
    Constant,
    /// Every page brings a new name; the old one is closed.
    Changing,
}

/// What a cursor answers when its time is over. A name that never was answers 404 always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiredCursor {
    /// 404 NOT_FOUND.
    #[default]
    NotFound,
    /// 400 with the parameter's name.
    BadRequest,
    /// 200 with no rows and no cursor, as if the report were over.
    EmptyPage,
}

/// Order of rows inside a page. A page always holds the lowest ids above `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdOrder {
    /// The last row has the highest id.
    #[default]
    Ascending,
    /// The last row has any id of the page.
    Shuffled,
}

/// Trouble between the pages of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paging {
    /// From this page (2 or more, counted from 1) on, the page before it comes again and again.
    pub page_repeat_at: Option<usize>,
    /// That many times, a new row appears after a page that was not the last. At Ninja it has the highest id and
    /// comes at the end; at ThreatLocker it sorts to the front, and the next page repeats a row.
    pub insert_row_between_pages: u32,
    /// That many times, a row disappears after a page that was not the last. At Ninja it is the next row, which is
    /// then never seen; at ThreatLocker the first row of the page, and the next page skips one.
    pub delete_row_between_pages: u32,
}

/// Trouble inside rows: of devices, organizations, locations and reports at Ninja, of computers at ThreatLocker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowShape {
    /// Keys that no row has.
    pub drop_keys: Vec<String>,
    /// Every optional key of a row is there, as `null`.
    pub null_optional_fields: bool,
}

/// ThreatLocker's behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreatLockerSwitches {
    /// The key belongs to another instance: every call answers 403 TOKEN_REVOKED.
    pub wrong_region: bool,
    /// How TOKEN_REVOKED is framed.
    pub revoked: Revoked,
    /// The header that carries the totals.
    pub pagination_header: PaginationHeader,
    /// No page has more rows than this, whatever was asked. Pages follow each other without holes all the same.
    pub page_cap: Option<usize>,
    /// Every page has that many rows more than asked.
    pub overfill: usize,
    /// What an empty list looks like.
    pub empty: EmptyList,
    /// The key sees no child organization, so that lists with `childOrganizations` are empty too.
    pub parent_token_without_children: bool,
    /// With `orderBy: lastcheckin` rows keep their places while one pages. Live data does not.
    pub steady_last_checkin: bool,
    /// Trouble between pages.
    pub paging: Paging,
    /// Trouble inside rows.
    pub rows: RowShape,
}

/// How TOKEN_REVOKED is framed; nobody has published it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Revoked {
    /// The bare word.
    #[default]
    Text,
    /// `{"Message":"TOKEN_REVOKED"}`.
    Json,
}

/// The header that carries the totals of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaginationHeader {
    /// `Pagination` with the truth. (Header names travel in lower case here, as HTTP allows.)
    #[default]
    On,
    /// None.
    Off,
    /// The name is lower case and so are the keys inside: `{"currentpage":1,...}`.
    Lowercase,
    /// The first page's numbers on every page, of a moment when there was one row less.
    Stale,
    /// Something that is not JSON.
    Malformed,
}

/// What ThreatLocker sends when there are no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyList {
    /// `[]`.
    #[default]
    Brackets,
    /// Nothing at all.
    ZeroBytes,
}
