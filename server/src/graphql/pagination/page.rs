//! What a client asks of a list: how many rows, from which end, between which cursors.

use crate::graphql::{errors::Fault, limits::GraphqlLimits};

/// The four arguments of every connection.
#[derive(Clone, Debug, Default)]
pub(in crate::graphql) struct PageArguments {
    pub(in crate::graphql) first: Option<i32>,
    pub(in crate::graphql) after: Option<String>,
    pub(in crate::graphql) last: Option<i32>,
    pub(in crate::graphql) before: Option<String>,
}

/// How many rows, and from which end of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) size: u16,
    pub(super) backward: bool,
}

impl Window {
    /// One more than the page has, to see whether more rows follow.
    pub(super) fn rows_to_read(self) -> u64 {
        u64::from(self.size) + 1
    }
}

impl PageArguments {
    /// Neither end given: a page from the start.
    pub(super) fn window(&self) -> Result<Window, Fault> {
        match (self.first, self.last) {
            (None, None) => Ok(Window { size: GraphqlLimits::DEFAULT_PAGE_SIZE, backward: false }),
            (Some(first), None) => Ok(Window { size: size("first", first)?, backward: false }),
            (None, Some(last)) => Ok(Window { size: size("last", last)?, backward: true }),
            (Some(_), Some(_)) => Err(Fault::PageSize("`first` and `last` are two pages: ask for one of them".into())),
        }
    }
}

fn size(argument: &str, wanted: i32) -> Result<u16, Fault> {
    let max = GraphqlLimits::MAX_PAGE_SIZE;
    let size = u16::try_from(wanted).ok().filter(|size| (1..=max).contains(size));
    size.ok_or_else(|| Fault::PageSize(format!("`{argument}` is {wanted}, and must be from 1 to {max}")))
}

/// The complexity of a page: its rows times what is asked of each. A size that will be refused costs what the largest
/// allowed one does, so that the refusal is told and not the cost.
pub(in crate::graphql) fn page_cost(first: Option<i32>, last: Option<i32>, of_each: usize) -> usize {
    let wanted = first.or(last).unwrap_or_else(|| GraphqlLimits::DEFAULT_PAGE_SIZE.into());
    let rows = wanted.clamp(1, GraphqlLimits::MAX_PAGE_SIZE.into()).unsigned_abs() as usize;
    rows.saturating_mul(of_each).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(first: Option<i32>, last: Option<i32>) -> Result<Window, Fault> {
        PageArguments { first, last, ..PageArguments::default() }.window()
    }

    #[test]
    fn a_page_has_from_one_row_to_the_limit() {
        assert_eq!(window(None, None).unwrap(), Window { size: 50, backward: false });
        assert_eq!(window(Some(500), None).unwrap(), Window { size: 500, backward: false });
        assert_eq!(window(None, Some(1)).unwrap(), Window { size: 1, backward: true });
        for wrong in [0, -1, 501, 1_000_000_000, i32::MIN, i32::MAX] {
            assert!(matches!(window(Some(wrong), None), Err(Fault::PageSize(_))), "{wrong}");
            assert!(matches!(window(None, Some(wrong)), Err(Fault::PageSize(_))), "{wrong}");
        }
        assert!(matches!(window(Some(1), Some(1)), Err(Fault::PageSize(_))));
    }

    #[test]
    fn the_cost_of_a_page_grows_with_its_size_and_never_overflows() {
        assert_eq!(page_cost(Some(10), None, 3), 31);
        assert_eq!(page_cost(None, None, 3), 151);
        assert_eq!(page_cost(Some(-5), None, 3), 4);
        assert_eq!(page_cost(Some(i32::MAX), None, usize::MAX), usize::MAX);
    }
}
