//! The views of a reach, as SQL.

use std::{collections::BTreeSet, fmt::Write};

use sea_orm::DatabaseBackend;

use super::tables::{Sight, TABLES};

/// Lays a temporary view before every table that is not seen whole. `base` is the schema of the tables.
pub(super) fn statements(backend: DatabaseBackend, base: &str, organizations: &BTreeSet<i64>) -> String {
    let base = format!("\"{}\"", base.replace('"', "\"\""));
    let ids: Vec<String> = organizations.iter().map(ToString::to_string).collect();
    // No list is empty in SQL; NULL equals nothing.
    let ids = if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") };
    let no_details = if backend == DatabaseBackend::Postgres { "'{}'::jsonb" } else { "'{}'" };
    let mut all = String::new();
    for (table, sight) in &TABLES {
        let Some(select) = select(table, *sight) else { continue };
        let select = select.replace("{base}", &base).replace("{ids}", &ids).replace("{no_details}", no_details);
        // Writing to a text does not fail.
        let _ = writeln!(all, "CREATE TEMPORARY VIEW \"{table}\" AS {select};");
    }
    all
}

fn select(table: &str, sight: Sight) -> Option<String> {
    let rows = |condition: &str| format!("SELECT t.* FROM {{base}}.\"{table}\" t WHERE {condition}");
    Some(match sight {
        Sight::Whole => return None,
        Sight::Nothing => rows("1 = 0"),
        Sight::Rows(condition) => rows(condition),
        Sight::Changed(columns, changed, condition) => {
            let told = columns().into_iter().map(|column| {
                let change = changed.iter().find(|(changed, _)| *changed == column);
                change.map_or_else(|| format!("t.\"{column}\""), |(_, value)| format!("{value} AS \"{column}\""))
            });
            let told = told.collect::<Vec<_>>().join(", ");
            format!("SELECT {told} FROM {{base}}.\"{table}\" t WHERE {condition}")
        }
        Sight::Found(query) => query.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_see_no_organization_sees_none() {
        let views = statements(DatabaseBackend::Sqlite, "main", &BTreeSet::new());
        assert!(views.contains("FROM \"main\".\"organization\" t WHERE id IN (NULL);"), "{views}");
        assert!(!views.contains('{'.to_string().repeat(2).as_str()) && !views.contains("{base}"), "{views}");
    }

    #[test]
    fn every_changed_column_is_one_of_the_table() {
        for (table, sight) in TABLES {
            let Sight::Changed(columns, changed, _) = sight else { continue };
            for (column, _) in changed {
                assert!(columns().iter().any(|known| known == column), "{table}.{column}");
            }
        }
    }
}
