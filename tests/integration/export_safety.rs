//! No text that somebody else wrote runs on the desk of whoever opens an export, and none is lost.

use std::io::Cursor;

use calamine::Xlsx;
use entity::exception;
use harness::{Backend, History, World, write_history};
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

/// A text, and how a CSV has it.
const TEXTS: [(&str, &str); 16] = [
    ("=HYPERLINK(\"http://evil.example\",\"click\")", "'=HYPERLINK(\"http://evil.example\",\"click\")"),
    ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
    ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
    ("@SUM(1+1)*cmd|' /C calc'!A0", "'@SUM(1+1)*cmd|' /C calc'!A0"),
    ("\t=1+1", "'\t'=1+1"),
    ("\r=1+1", "'\r'=1+1"),
    ("＝1+1", "'＝1+1"),
    (" =1+1", " '=1+1"),
    ("x;=1+1", "x;'=1+1"),
    ("two\nlines, \"quoted\" 😀 前台", "two\nlines, \"quoted\" 😀 前台"),
    ("http://evil.example/", "http://evil.example/"),
    ("0012345678901234567890", "0012345678901234567890"),
    ("control \u{1}\u{b}\u{1f}\u{fffe}\u{ffff} characters", "control \u{1}\u{b}\u{1f}\u{fffe}\u{ffff} characters"),
    ("_x0041_ <b>&amp;</b> ]]>", "_x0041_ <b>&amp;</b> ]]>"),
    (" spaces around ", " spaces around "),
    ("'quoted", "'quoted"),
];

/// Writes these texts as the notes of exceptions, in the order of an export by id of the host name and id.
async fn noted(backend: Backend, texts: &[&str]) -> World {
    use exception::{Column, Entity};
    let world = World::on(backend).start().await;
    let writer = world.inventory.database().writer();
    write_history(writer, History { exceptions: 20, organizations: 2, today: world.day(0) }).await.unwrap();
    let rows = Entity::find().order_by_asc(Column::Hostname).order_by_asc(Column::Id).all(writer).await.unwrap();
    assert!(rows.len() >= texts.len());
    for (row, text) in rows.iter().zip(texts) {
        let noted = Entity::update_many().col_expr(Column::Notes, Expr::value(*text));
        noted.filter(Column::Id.eq(row.id)).exec(writer).await.unwrap();
    }
    world
}

const BY_NAME: [(&str, &str); 1] = [("orderBy", r#"{"field":"HOSTNAME"}"#)];

#[rstest]
#[tokio::test]
async fn a_text_is_a_text_in_every_form(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = noted(backend, &TEXTS.map(|(text, _)| text)).await;
    let csv = world.graphql.csv("exceptions", &BY_NAME).await;
    let sheets = world.graphql.xlsx("exceptions", &BY_NAME).await;
    let graphql = world.graphql.every("exceptions", "orderBy: { field: HOSTNAME }", "notes").await;
    for (number, (text, in_csv)) in TEXTS.into_iter().enumerate() {
        assert_eq!(graphql[number]["notes"], text);
        assert_eq!(csv[number]["Notes"], in_csv);
        assert_eq!(sheets[0].1[number]["Notes"], text);
    }
    let file = world.graphql.download("exceptions.xlsx", &BY_NAME).await.unwrap().bytes;
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    assert!(workbook.hyperlinks_by_sheet_name("Exceptions").unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_device_s_name_runs_nowhere(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let id = world.simulator.view(|vendors| {
        let rows = vendors.ninja_devices();
        let plain =
            rows.iter().find(|row| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED");
        plain.unwrap()["id"].as_i64().unwrap()
    });
    let name = "=1+cmd|'/C'!A0";
    world.simulator.edit(|vendors| {
        vendors.rename_ninja_device(id, name);
        vendors.ninja_device(id).set("displayName", "@SUM(A1:A9)");
    });
    world.night(0).await;
    let csv = world.graphql.csv("devices", &[]).await;
    let line = csv.iter().find(|line| line["Host name"] == format!("'{name}")).unwrap();
    assert_eq!(line["Display name"], "'@SUM(A1:A9)");
    let sheets = world.graphql.xlsx("devices", &[]).await;
    assert!(sheets[0].1.iter().any(|line| line["Host name"] == name && line["Display name"] == "@SUM(A1:A9)"));
}

#[rstest]
#[tokio::test]
async fn a_text_that_no_cell_holds_is_cut_and_says_so(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (fits, long) = ("é".repeat(32_767), "😀".repeat(20_000));
    let world = noted(backend, &[&fits, &long]).await;
    let csv = world.graphql.csv("exceptions", &BY_NAME).await;
    assert_eq!([&csv[0]["Notes"], &csv[1]["Notes"]], [&fits, &long]);
    let sheets = world.graphql.xlsx("exceptions", &BY_NAME).await;
    let lines = &sheets[0].1;
    assert_eq!(lines[0]["Notes"], fits);
    let (kept, told) = lines[1]["Notes"].split_once(" [").unwrap();
    assert_eq!(told, "cut here: the CSV has the whole text]");
    assert!(long.starts_with(kept) && lines[1]["Notes"].encode_utf16().count() <= 32_767);
    assert!(kept.encode_utf16().count() > 32_700);
}
