//! Numbered pages over live data: vendor-apis.md traps 27-31, 33, 45.

use domain::collection::Completeness;
use serde_json::{Value, json};

use super::{
    fake::{Asked, Reply},
    ninja::{keys, reason},
    threatlocker::{COMPUTERS, Rig, computer, computers, guid, instance_with, page},
};
use crate::Collector;

fn bare(rows: &[Value]) -> Reply {
    Reply::json(serde_json::to_string(rows).unwrap())
}

fn number(asked: &Asked) -> usize {
    usize::try_from(asked.json()["pageNumber"].as_u64().unwrap()).unwrap()
}

/// Collects from a vendor that answers like this; the collection and how many pages were asked for.
async fn collect(
    route: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
) -> (domain::collection::Collection, usize) {
    let fake = instance_with(vec![]).on(COMPUTERS, route).start().await;
    let collection = Rig::new(&fake).collect().await;
    (collection, fake.asked(COMPUTERS).len())
}

#[tokio::test]
async fn fleets_around_the_page_size_are_read_to_the_end() {
    for size in [0, 1, 2, 3, 4, 6, 7, 9] {
        let rows = computers(1..=size);
        let (collection, asked) = collect(move |asked, _| page(asked, &rows, 500)).await;
        assert_eq!(collection.completeness, Completeness::Complete, "{size}");
        assert_eq!(collection.observations.len(), size);
        assert_eq!(asked, size.div_ceil(3) + 1, "{size}");
    }
}

#[tokio::test]
async fn a_page_size_that_is_not_honoured_does_not_end_the_list() {
    for size in [1, 2, 100] {
        let rows = computers(1..=7);
        let cut = move |asked: &Asked, _| {
            let page: Vec<_> = rows.iter().skip((number(asked) - 1) * size).take(size).cloned().collect();
            bare(&page).with("pagination", json!({"totalItems": 7, "totalPages": 7_usize.div_ceil(size)}).to_string())
        };
        let (collection, _) = collect(cut).await;
        assert_eq!((collection.completeness, collection.observations.len()), (Completeness::Complete, 7), "{size}");
    }
}

#[tokio::test]
async fn a_missing_malformed_or_stale_header_does_not_truncate() {
    for header in [
        None,
        Some("not json"),
        Some("[]"),
        Some(r#"{"totalitems":8,"totalpages":3}"#),
        Some(r#"{"totalItems":"many"}"#),
        Some(r#"{"totalItems":3,"totalPages":1}"#),
    ] {
        let rows = computers(1..=8);
        let cut = move |asked: &Asked, _| {
            let page: Vec<_> = rows.iter().skip((number(asked) - 1) * 3).take(3).cloned().collect();
            header.map_or(bare(&page), |header| bare(&page).with("PAGINATION", header))
        };
        let (collection, _) = collect(cut).await;
        assert_eq!((collection.completeness, collection.observations.len()), (Completeness::Complete, 8), "{header:?}");
    }
}

#[tokio::test]
async fn a_total_with_keys_in_lower_case_is_understood() {
    let header = r#"{"currentpage":1,"totalitems":5,"totalpages":2}"#;
    let (collection, _) = collect(move |_, _| bare(&computers(1..=3)).with("Pagination", header)).await;
    assert!(reason(&collection).contains("3 of 5 rows"), "{collection:?}");
}

#[tokio::test]
async fn rows_tell_the_total_where_the_header_does_not() {
    let mut rows = computers(1..=3);
    for row in &mut rows {
        row["totalRows"] = json!(4);
    }
    let (collection, asked) = collect(move |asked, _| if number(asked) == 1 { bare(&rows) } else { bare(&[]) }).await;
    assert!(reason(&collection).contains("3 of 4 rows"), "{collection:?}");
    assert_eq!(asked, 6, "three walks of two pages");
}

#[tokio::test]
async fn a_page_repeated_for_ever_ends_and_is_partial_unless_the_total_was_reached() {
    let header = |total: usize| json!({"totalItems": total, "totalPages": 2}).to_string();
    let (collection, asked) = collect(move |_, _| bare(&computers(1..=3)).with("Pagination", header(5))).await;
    assert!(reason(&collection).contains("3 of 5 rows"), "{collection:?}");
    assert_eq!((collection.observations.len(), asked), (3, 6));

    let (collection, asked) = collect(move |_, _| bare(&computers(1..=3)).with("Pagination", header(3))).await;
    assert_eq!((collection.completeness, collection.observations.len(), asked), (Completeness::Complete, 3, 2));

    let (collection, _) = collect(|_, _| bare(&computers(1..=3))).await;
    assert!(reason(&collection).contains("names no total"), "{collection:?}");
}

#[tokio::test]
async fn an_error_past_the_end_does_not_spoil_a_total_that_was_reached() {
    let rows = computers(1..=5);
    let cut = move |asked: &Asked, _| {
        if number(asked) > 2 { Reply::status(500, r#"{"StatusCode":500}"#) } else { page(asked, &rows, 500) }
    };
    let (collection, _) = collect(cut).await;
    assert_eq!((collection.completeness, collection.observations.len()), (Completeness::Complete, 5));
}

#[tokio::test]
async fn a_row_that_comes_or_goes_between_pages_costs_a_second_walk_and_nothing_else() {
    // From the second request on another fleet is there.
    for (later, expected) in [(computers(2..=8), 7), (computers(0..=8), 9)] {
        let rows = computers(1..=8);
        let wanted: Vec<_> = later.iter().map(|row| row["computerId"].as_str().unwrap().to_owned()).collect();
        let (collection, asked) =
            collect(move |asked, nth| page(asked, if nth == 1 { &rows } else { &later }, 500)).await;
        assert_eq!((&collection.completeness, collection.observations.len()), (&Completeness::Complete, expected));
        assert_eq!(keys(&collection), wanted, "nothing was stepped over, though the number was right at once");
        assert!(asked > 4, "walked again: {asked}");
    }
}

#[tokio::test]
async fn rows_are_deduplicated_by_id_in_any_letter_case() {
    let mut twin = computer(2);
    twin["computerId"] = json!(guid(2).to_uppercase());
    let rows = [computer(1), computer(2), twin, computer(3)];
    let (collection, _) = collect(move |asked, _| {
        let page: Vec<_> = rows.iter().skip((number(asked) - 1) * 3).take(3).cloned().collect();
        bare(&page).with("Pagination", r#"{"totalItems":3,"totalPages":2}"#)
    })
    .await;
    assert_eq!(keys(&collection), [guid(1), guid(2), guid(3)]);
    assert_eq!(collection.completeness, Completeness::Complete);
}

#[tokio::test]
async fn no_rows_are_an_answer_only_when_nothing_speaks_against_it() {
    for reply in [
        Reply::json("[]"),
        Reply::json(""),
        Reply::bare(200, ""),
        Reply::json("[]").with("Pagination", r#"{"totalItems":0}"#),
    ] {
        let text = format!("{reply:?}");
        let (collection, asked) = collect(move |_, _| reply.clone()).await;
        assert_eq!(
            (collection.completeness, collection.observations.len(), asked),
            (Completeness::Complete, 0, 1),
            "{text}"
        );
    }
    let (collection, _) = collect(|_, _| Reply::json("[]").with("Pagination", r#"{"totalItems":400}"#)).await;
    assert!(reason(&collection).contains("0 of 400 rows"), "{collection:?}");
}

#[tokio::test]
async fn a_later_page_that_fails_keeps_what_was_seen_as_partial() {
    let rows = computers(1..=6);
    let (collection, _) =
        collect(move |asked, _| if number(asked) == 2 { Reply::status(503, "{}") } else { page(asked, &rows, 500) })
            .await;
    assert!(reason(&collection).contains("HTTP 503"), "{collection:?}");
    assert_eq!(collection.observations.len(), 3);
}

#[tokio::test]
async fn progress_never_shows_more_pages_than_it_announces() {
    struct Bounded;
    impl crate::Progress for Bounded {
        fn pages(&self, fetched: u64, of: Option<u64>, rows: u64) {
            assert!(of.is_some_and(|of| fetched <= of && of <= 4), "{fetched} of {of:?}, {rows} rows");
        }
    }
    let fake = instance_with(computers(1..=7)).start().await;
    Rig::new(&fake).collector.collect(&Bounded).await.unwrap();
}
