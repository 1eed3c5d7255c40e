//! docs/security.md tells which setting and which test stands for each point of OWASP's GraphQL cheat sheet: they exist.

use std::{collections::BTreeSet, fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The names of all functions that are tests.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let after_marks = text.split("test]\n").skip(1);
            let names = after_marks.filter_map(|rest| rest.split("fn ").nth(1)?.split(['(', '<']).next());
            found.extend(names.map(str::to_owned));
        }
    }
}

/// The cells of the table's rows.
fn rows(page: &str) -> Vec<Vec<String>> {
    let lines = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

/// What is between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_setting_and_every_test_of_the_table_exists() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let keys = fs::read_to_string(root().join("server/src/config/keys.rs")).unwrap();
    let limits = fs::read_to_string(root().join("server/src/graphql/limits.rs")).unwrap();
    let pages = ["operations.md", "alerts.md", "access.md"];
    let told = pages.map(|page| fs::read_to_string(root().join("docs").join(page)).unwrap());
    let operations = told.concat();
    let environment = fs::read_to_string(root().join(".env.example")).unwrap();
    let mut tests = BTreeSet::new();
    for folder in ["server/src", "domain/src", "tests/integration"] {
        tests_below(&root().join(folder), &mut tests);
    }
    assert!(tests.len() > 300 && tests.contains("every_setting_and_every_test_of_the_table_exists"), "{}", tests.len());
    let (mut settings, mut claims) = (0, 0);
    for row in rows(&page).iter().filter(|row| row[0] != "point") {
        assert_eq!(row.len(), 4, "point, what is there, settings, tests: {row:?}");
        for name in names(&row[2]) {
            let is_setting = keys.contains(&format!("\"{name}\"")) || limits.contains(&format!("{name}:"));
            assert!(is_setting, "{name} of «{}» is no setting", row[0]);
            let is_told =
                limits.contains(&format!("{name}:")) || (operations.contains(name) && environment.contains(name));
            assert!(is_told, "{name} is told in docs/{{operations,alerts,access}}.md, and in .env.example");
            settings += 1;
        }
        for name in names(&row[3]) {
            assert!(tests.contains(name), "{name} of «{}» is no test", row[0]);
            claims += 1;
        }
        let is_absent = row[1].starts_with("not there");
        assert!(is_absent || row[3].contains('`'), "«{}» has no test and does not say that it is not there", row[0]);
    }
    assert!(settings > 15 && claims > 40, "{settings} settings, {claims} tests");
}
