//! The commands of docs/operations.md, as they are written there.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, process::Output};

use harness::{Backend, GraphqlClient, HubCommand, HubProcess, Refusal, Surroundings, TestDatabase};
use serde_json::Value;
use tokio::process::Command;

const COUNTS: &str = "{ availableDates { date deviceCount } devices(first: 3) { totalCount nodes { id hostname } } \
                      exceptions(first: 3) { totalCount nodes { id hostname } } jobRuns { nodes { id status } } }";

/// The block after `<!-- tried by tests: NAME -->`.
fn block(name: &str) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md")).unwrap();
    let mark = format!("<!-- tried by tests: {name} -->\n```sh\n");
    let after = page.split(&mark).nth(1).unwrap_or_else(|| panic!("no block {name}"));
    after.split("```").next().unwrap().to_owned()
}

/// Whether these programs are here; says so where they are not.
fn are_here(programs: &[&str]) -> bool {
    let is_here = |program: &&str| std::process::Command::new(program).arg("--version").output().is_ok();
    let missing: Vec<_> = programs.iter().copied().filter(|program| !is_here(program)).collect();
    if !missing.is_empty() {
        println!("{missing:?} are not on this machine: the commands were not tried");
    }
    missing.is_empty()
}

/// A place to run commands in: the hub's settings, the hub on the path, a folder for backups.
struct Console {
    environment: BTreeMap<String, String>,
    folder: tempfile::TempDir,
}

impl Console {
    fn of(mut environment: BTreeMap<String, String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(HubCommand::program(), folder.path().join("inventory-hub")).unwrap();
        let path = std::env::var("PATH").unwrap();
        environment.insert("PATH".to_owned(), format!("{}:{path}", folder.path().display()));
        environment.insert("BACKUPS".to_owned(), folder.path().display().to_string());
        Self { environment, folder }
    }

    fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    async fn run(&self, name: &str) -> Output {
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &block(name)]).env_clear().envs(&self.environment).current_dir(self.folder.path());
        let ended = tokio::time::timeout(harness::LONG, shell.kill_on_drop(true).output()).await;
        let output = ended.unwrap_or_else(|_| panic!("{name} does not end")).unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        output
    }
}

async fn told(hub: &mut HubProcess) -> Value {
    GraphqlClient::new(hub.url().await).query(COUNTS).await
}

/// A night, as the command line does it.
async fn night(outside: &Surroundings, settings: impl Fn(HubCommand) -> HubCommand) {
    for command in [&["collect", "ninja"][..], &["collect", "threatlocker"], &["check"]] {
        settings(outside.hub(command)).run().await.ended_with(0);
    }
}

#[tokio::test]
async fn an_sqlite_backup_that_was_made_while_the_hub_ran_restores_all_of_it() {
    if !are_here(&["sqlite3"]) {
        return;
    }
    let outside = Surroundings::on(Backend::Sqlite).await;
    let mut environment = outside.environment();
    environment.remove("DB_DSN");
    let data = environment["HUB_DATA_DIR"].clone();
    let console = Console::of(environment);
    let settings = |hub: HubCommand| hub.without("DB_DSN");
    night(&outside, settings).await;
    let mut hub = settings(outside.hub(&["serve"])).start();
    let before = told(&mut hub).await;
    assert!(before["exceptions"]["totalCount"].as_i64() > Some(0), "{before:#}");
    console.run("back-up-sqlite").await;
    hub.terminate().await;
    hub.finish().await.ended_with(0);
    fs::write(format!("{data}/inventory-hub.sqlite"), "a disk that failed").unwrap();
    console.run("restore-sqlite").await;
    assert_eq!(told(&mut settings(outside.hub(&["serve"])).start()).await, before);
}

#[tokio::test]
async fn a_postgresql_backup_that_was_made_while_the_hub_ran_restores_all_of_it() {
    if !are_here(&["psql", "pg_dump", "pg_restore"]) {
        return;
    }
    let outside = Surroundings::on(Backend::Postgres).await;
    let (admin, database) = administration(&outside.database);
    let console = Console::of(outside.environment()).set("ADMIN_DSN", admin).set("DATABASE", database);
    night(&outside, |hub| hub).await;
    let (mut hub, before) = {
        let mut hub = outside.hub(&["serve"]).start();
        let before = told(&mut hub).await;
        (hub, before)
    };
    assert!(before["exceptions"]["totalCount"].as_i64() > Some(0), "{before:#}");
    console.run("back-up-postgresql").await;
    hub.terminate().await;
    hub.finish().await.ended_with(0);
    console.run("restore-postgresql").await;
    hub = outside.hub(&["serve"]).start();
    assert_eq!(told(&mut hub).await, before);
}

/// The address of the server's administrator, and the name of the hub's database.
fn administration(database: &TestDatabase) -> (String, String) {
    let dsn = database.dsn();
    let (server, name) = dsn.rsplit_once('/').unwrap();
    (format!("{server}/postgres"), name.split('?').next().unwrap().to_owned())
}

#[tokio::test]
async fn two_servers_share_a_postgresql_and_each_stops_without_the_other() {
    let outside = Surroundings::on(Backend::Postgres).await;
    let [one, other] = [Refusal::anywhere().unwrap(), Refusal::anywhere().unwrap()];
    let ports = [&one, &other].map(|kept| kept.port().to_string());
    let console = Console::of(outside.environment()).set("PORT_A", &ports[0]).set("PORT_B", &ports[1]);
    let output = console.run("two-servers").await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.matches("Inventory Hub answers on").count(), 2, "{said}");
    assert!(said.matches(r#""ready":true"#).count() >= 3, "{said}");
}

#[tokio::test]
async fn a_rotated_secret_is_read_from_its_file_at_the_next_start() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let file = outside.database.folder().join("ninja_client_secret");
    let right = outside.environment()["NINJA_CLIENT_SECRET"].clone();
    let hub = outside.hub(&["collect", "ninja"]).without("NINJA_CLIENT_SECRET");
    let hub = hub.set("NINJA_CLIENT_SECRET_FILE", file.display().to_string());
    fs::write(&file, "a-secret-that-was-revoked").unwrap();
    let refused = hub.clone().run().await.ended_with(1);
    assert!(!refused.said().contains("a-secret-that-was-revoked"), "{refused:?}");
    fs::write(&file, right).unwrap();
    hub.run().await.ended_with(0);
}
