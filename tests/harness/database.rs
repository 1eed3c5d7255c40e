//! A database of its own for every test, on either system.

use anyhow::Context;
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use server::inventory::Database;
use tempfile::TempDir;
use uuid::Uuid;

/// Which database system a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// The throw-away cluster that `scripts/with-postgres` starts.
    Postgres,
}

/// An empty database that is gone after the test.
#[derive(Debug)]
pub enum TestDatabase {
    /// A file in a folder of its own.
    Sqlite(TempDir),
    /// A database of its own in the test cluster.
    Postgres(PostgresDatabase, TempDir),
}

/// A database in the test cluster, dropped with this: those of a whole run together would fill a disk.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: SecretString,
}

impl TestDatabase {
    /// Makes one. Without PostgreSQL a test fails, it is never skipped.
    pub async fn create(backend: Backend) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        match backend {
            Backend::Sqlite => Ok(Self::Sqlite(folder)),
            Backend::Postgres => Ok(Self::Postgres(PostgresDatabase::create().await?, folder)),
        }
    }

    /// Opens a connection of the hub's kind; several may be open at once.
    pub async fn open(&self) -> anyhow::Result<Database> {
        Ok(match self {
            Self::Sqlite(folder) => Database::open_sqlite(&folder.path().join("hub.db")).await?,
            Self::Postgres(database, _) => Database::connect_postgres(&database.url).await?,
        })
    }

    /// The value of `DB_DSN` for a hub process of its own.
    pub fn dsn(&self) -> String {
        use secrecy::ExposeSecret;
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}", folder.path().join("hub.db").display()),
            Self::Postgres(database, _) => database.url.expose_secret().to_owned(),
        }
    }

    /// The same database by another address.
    #[must_use]
    pub(crate) fn reached_by(mut self, url: String) -> Self {
        if let Self::Postgres(database, _) = &mut self {
            database.url = url.into();
        }
        self
    }

    /// Takes the database away from under a hub: dropped on PostgreSQL; on SQLite, where a deleted file lives on for those
    /// who have it open, its connections are closed.
    pub async fn take_away(&self, hub: &server::inventory::Inventory) {
        let taken = match self {
            Self::Sqlite(_) => hub.database().reader().pool().close_by_ref().await.map_err(anyhow::Error::from),
            Self::Postgres(database, _) => drop_postgres(&database.name).await,
        };
        taken.unwrap_or_else(|error| panic!("the database can't be taken away: {error:?}"));
    }

    /// A folder that goes with the test.
    pub fn folder(&self) -> &std::path::Path {
        match self {
            Self::Sqlite(folder) | Self::Postgres(_, folder) => folder.path(),
        }
    }
}

async fn drop_postgres(name: &str) -> anyhow::Result<()> {
    let admin = administrate().await?.1;
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    Ok(admin.close().await?)
}

/// The server's address, and a connection of its administrator.
async fn administrate() -> anyhow::Result<(String, sea_orm::DatabaseConnection)> {
    let server = std::env::var("HUB_TEST_POSTGRES")
        .context("HUB_TEST_POSTGRES is not set: run tests by `make test`, or under scripts/with-postgres")?;
    let mut options = sea_orm::ConnectOptions::new(server.as_str());
    options.max_connections(1).sqlx_logging(false);
    let admin = sea_orm::Database::connect(options).await.context("the test PostgreSQL can't be reached")?;
    Ok((server, admin))
}

impl PostgresDatabase {
    async fn create() -> anyhow::Result<Self> {
        let (server, admin) = administrate().await?;
        let name = format!("hub_{}", Uuid::new_v4().simple());
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        admin.close().await?;
        let (front, query) =
            server.split_once('?').map_or((server.as_str(), None), |(front, query)| (front, Some(query)));
        let host = front.rsplit_once('/').map_or(front, |(host, _)| host);
        let url = query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"));
        Ok(Self { name, url: url.into() })
    }
}

impl Drop for PostgresDatabase {
    /// Waits, on a thread with a runtime of its own, as the test's may be gone already.
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(drop_postgres(&name))
        });
        match dropping.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the database {} stays: {error:?}", self.name),
            Err(_) => eprintln!("the database {} stays: its dropping panicked", self.name),
        }
    }
}
