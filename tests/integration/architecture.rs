//! Who may use whom: read from the manifests and the `use` lines.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Which of our crates a crate may depend on.
const MAY_DEPEND: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("engine", &[]),
    ("entity", &["domain"]),
    ("migration", &[]),
    ("collectors", &["domain"]),
    ("simulator", &[]),
    ("server", &["collectors", "domain", "engine", "entity", "migration", "simulator"]),
];

/// Words that must not appear in the sources of a part of the server, and why.
const FORBIDDEN: [(&str, &str, &str); 53] = [
    ("inventory", "crate::graphql", "the use cases know no GraphQL"),
    ("inventory", "crate::http", "the use cases know no HTTP"),
    ("inventory", "crate::scheduler", "the use cases don't know when"),
    ("graphql", "crate::scheduler", "GraphQL and scheduler meet in inventory"),
    ("graphql", "crate::http", "GraphQL doesn't know what carries it"),
    ("graphql", ".begin(", "only inventory opens transactions"),
    ("graphql", "ActiveModel", "only inventory writes"),
    ("inventory", "crate::export", "the use cases know no files"),
    ("graphql", "crate::export", "GraphQL doesn't know what carries it"),
    ("http", "crate::export", "HTTP carries files and knows none"),
    ("export", "entity::", "a file has what GraphQL answers, and no row of its own"),
    ("export", ".begin(", "only inventory opens transactions"),
    ("metrics", "crate::inventory", "counting is below everything"),
    ("metrics", "crate::graphql", "counting is below everything"),
    ("metrics", "crate::http", "counting is below everything"),
    ("telemetry", "crate::inventory", "where spans go is below what they are about"),
    ("telemetry", "crate::http", "where spans go is below what they are about"),
    ("observing", "entity::", "figures are read by inventory"),
    ("observing", "crate::graphql", "those who watch ask no GraphQL"),
    ("scheduler", "crate::graphql", "GraphQL and scheduler meet in inventory"),
    ("scheduler", "entity::", "the scheduler only decides when"),
    ("scheduler", ".begin", "only inventory opens transactions"),
    ("cli", ".begin", "only inventory opens transactions"),
    ("http", ".begin", "only inventory opens transactions"),
    ("sinks", "crate::inventory", "a sink knows no use case"),
    ("sinks", "crate::graphql", "a sink knows no GraphQL"),
    ("sinks", "crate::config", "a sink is told its settings"),
    ("sinks", "entity::", "a sink knows no table"),
    ("http", "crate::hooks", "HTTP carries what vendors post and knows none of it"),
    ("hooks", "crate::graphql", "a webhook is a wish and asks for no answer"),
    ("hooks", "entity::", "a webhook wishes by a use case, and knows no row"),
    ("hooks", ".begin", "only inventory opens transactions"),
    ("access", "crate::graphql", "users and tokens know no GraphQL"),
    ("access", "crate::http", "users and tokens know no HTTP"),
    ("access", "crate::config", "sign-in is told its settings"),
    ("access", "crate::scheduler", "users and tokens don't know when"),
    ("access", "crate::export", "users and tokens know no files"),
    ("inventory", "crate::access", "the use cases are told who acts, and don't ask what they may"),
    ("http", "crate::access", "HTTP asks who may come in through its trait"),
    ("http", "crate::entrance", "HTTP asks who may come in through its trait"),
    ("entrance", "crate::inventory", "the entrance knows users and nothing that they see"),
    ("entrance", "crate::graphql", "the entrance knows users and nothing that they see"),
    ("entrance", "entity::", "the entrance knows no row"),
    ("entrance", ".begin", "only access opens transactions of users"),
    ("oidc", "crate::inventory", "an issuer is asked, and nothing is stored"),
    ("oidc", "crate::access", "an issuer vouches, and knows no user"),
    ("oidc", "crate::graphql", "an issuer knows no GraphQL"),
    ("oidc", "crate::http", "an issuer knows no route"),
    ("oidc", "crate::config", "an issuer is told its settings"),
    ("oidc", "entity::", "an issuer knows no table"),
    ("http", "crate::oidc", "HTTP asks who may come in through its trait"),
    ("access", "crate::oidc", "users are told who is vouched for"),
    ("http", "crate::inventory", "HTTP carries GraphQL and nothing else"),
];

#[test]
fn crates_depend_only_on_those_below_them() {
    for (name, allowed) in MAY_DEPEND {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
        let shipped = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for (other, _) in MAY_DEPEND {
            let (by_name, by_path) = (format!("{other}.workspace"), format!("path = \"../{other}\""));
            let depends = shipped.lines().any(|line| line.starts_with(&by_name) || line.contains(&by_path));
            assert!(!depends || allowed.contains(&other), "{name} must not depend on {other}: see ARCHITECTURE.md");
        }
    }
}

#[test]
fn modules_of_the_server_use_only_what_is_below_them() {
    for (module, word, reason) in FORBIDDEN {
        for (file, text) in sources(&root().join("server/src").join(module)) {
            let code = without_comments(&text);
            let says = match word.strip_prefix("crate::") {
                Some(module) => names_module(&code, module),
                None => code.contains(word),
            };
            assert!(!says, "{file} says `{word}`: {reason}");
        }
    }
}

#[test]
fn no_file_is_called_after_nothing() {
    for crate_name in MAY_DEPEND.map(|(name, _)| name) {
        for (file, _) in sources(&root().join(crate_name).join("src")) {
            let stem = Path::new(&file).file_stem().unwrap().to_string_lossy().into_owned();
            let empty = ["utils", "util", "helpers", "common", "misc", "manager"].contains(&stem.as_str());
            assert!(!empty, "{file}: name it after what is in it");
        }
    }
}

/// The code of a file without comments and white space.
fn without_comments(text: &str) -> String {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(str::chars).filter(|character| !character.is_whitespace()).collect()
}

/// Whether the code names a module of the server, by its path or inside a `use crate::{…}` block.
fn names_module(code: &str, module: &str) -> bool {
    let is_path = code.contains(&format!("crate::{module}"));
    let blocks = code.match_indices("usecrate::{").map(|(at, mark)| &code[at + mark.len()..]);
    is_path || blocks.into_iter().any(|block| first_level(block).iter().any(|name| name == module))
}

/// The first path segments of a `{…}` import block.
fn first_level(block: &str) -> Vec<String> {
    let (mut depth, mut names, mut name) = (0, Vec::new(), String::new());
    for character in block.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut name)),
            _ if depth == 0 => name.push(character),
            _ => {}
        }
    }
    names.push(name);
    names.into_iter().map(|name| name.split("::").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn imports_are_read_as_they_are_written() {
    let code = without_comments("use crate::{\n    graphql::{Api, Node}, // why\n    http,\n};");
    assert!(names_module(&code, "graphql") && names_module(&code, "http"));
    assert!(!names_module(&code, "Api") && !names_module(&code, "scheduler"));
}

/// Every Rust file below a folder, with its path and its text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}
