//! Files of rows for spreadsheets: `/export/{what}.{csv|xlsx}`.
//!
//! A file is what GraphQL answers to one document, page after page, with the rows as lines: so the filters are GraphQL's,
//! and order, rows and numbers can't differ from it. All pages are of one moment. This module knows documents, columns
//! and files; it refuses to read a table, to decide what a field means, and to hold more than a page of rows.

mod asked;
mod cell;
mod comma_file;
mod delivery;
mod excel_file;
mod formula;
mod pages;
mod report;
mod reports;

use std::{fmt, sync::Arc, time::Duration};

use async_graphql::ServerError;
use domain::{
    access::{Principal, Right},
    digest::sha256_hex,
};
use futures::future::BoxFuture;
use serde_json::Map;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use self::{
    asked::{Asked, Format},
    delivery::{Outlet, deliver},
    excel_file::ExcelFile,
    pages::{Pages, word_of},
};
use crate::{
    access::{Act, ActKind, Journal, Outcome},
    graphql::Api,
    http::{Content, ExportFile, ExportRefusal, ExportRequest, Exports},
    inventory::{Inventory, InventoryError},
};

/// Asks for the name of the organization whose rows are exported.
const ORGANIZATION: &str = "query ($id: ID!) { node(id: $id) { ... on Organization { name } } }";

/// What exports may take; the defaults suit a hub on one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLimits {
    /// How many are made at once. Each holds a database connection, and keeps old rows from being cleared away.
    pub at_once: usize,
    /// How long one may take until the client has all of it; then it is broken off.
    pub longest: Duration,
    /// Rows of one sheet at most, the one of headings included; more go on in a second sheet. Excel takes 1,048,576.
    pub sheet_rows: u32,
}

impl Default for ExportLimits {
    fn default() -> Self {
        Self { at_once: 4, longest: Duration::from_mins(10), sheet_rows: 1_048_576 }
    }
}

/// Makes the files.
pub struct Exporter {
    api: Api,
    inventory: Inventory,
    journal: Journal,
    limits: ExportLimits,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Exports for Exporter {
    fn export(&self, asked: ExportRequest) -> BoxFuture<'_, Result<ExportFile, ExportRefusal>> {
        Box::pin(async move {
            let (act, principal, is_wanted) = (begin(&asked), asked.principal.clone(), asked.wants_body);
            let made = self.make(asked).await;
            // Who has the file already takes nothing away.
            if is_wanted && !matches!(&made, Ok(ExportFile { content: Content::Known, .. })) {
                self.record(&principal, act, made.as_ref().err()).await;
            }
            made
        })
    }
}

/// Which rows somebody asks for, before it is known what comes of it. What no file takes is not kept: it may be a secret.
fn begin(asked: &ExportRequest) -> Act {
    let act = Act::new(ActKind::Export, &*asked.file, Outcome::BrokenOff);
    let told: Vec<_> = asked::known(asked).map(|(name, value)| format!("{name} {value}")).collect();
    if told.is_empty() {
        return act;
    }
    let target = told.join(", ");
    Act { arguments_digest: Some(sha256_hex(&target)), target: Some(target), ..act }
}

impl Exporter {
    /// With the default limits.
    pub fn new(api: Api, inventory: Inventory) -> Self {
        Self::with_limits(api, inventory, ExportLimits::default())
    }

    /// With these limits.
    pub fn with_limits(api: Api, inventory: Inventory, limits: ExportLimits) -> Self {
        let places = Arc::new(Semaphore::new(limits.at_once));
        let journal = Journal::new(&inventory);
        Self { api, inventory, journal, limits, places }
    }

    /// Keeps who took which rows away, or tried to. How many of them arrive is not known yet.
    async fn record(&self, principal: &Principal, act: Act, refusal: Option<&ExportRefusal>) {
        let (outcome, detail) = match refusal {
            None => (Outcome::Done, None),
            Some(ExportRefusal::Failed | ExportRefusal::TimedOut(_)) => (Outcome::Failed, None),
            Some(ExportRefusal::Unknown(_)) => (Outcome::Refused, Some("there is no such file")),
            Some(ExportRefusal::Busy { .. }) => (Outcome::Refused, Some("too many at once")),
            Some(ExportRefusal::Forbidden(_)) => (Outcome::Refused, Some("the right is missing")),
            Some(ExportRefusal::Parameters(_) | ExportRefusal::Graphql(_)) => (Outcome::Refused, Some("the request")),
        };
        let act = Act { outcome, detail: detail.map(str::to_owned), ..act };
        self.journal.record(principal.name(), principal.address(), vec![act]).await;
    }

    /// The first page is read before anything is answered, so that a bad filter is told as an error; not for who has the
    /// file of these rows, whose filter was good.
    async fn make(&self, request: ExportRequest) -> Result<ExportFile, ExportRefusal> {
        if !request.principal.may(Right::Export) {
            let role = request.principal.role().code();
            return Err(ExportRefusal::Forbidden(format!("the role {role} may not export")));
        }
        let asked = Asked::read(&request)?;
        let busy = ExportRefusal::Busy { retry_after: Duration::from_secs(10) };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy)?;
        let deadline = Instant::now() + self.limits.longest;
        let content_type = asked.format.content_type();
        let work = timeout_at(deadline, self.prepare((asked, &request), place)).await;
        let work = work.map_err(|_elapsed| ExportRefusal::TimedOut(self.limits.longest))??;
        let (name, version) = (work.asked.file_name(work.moment.today()), work.version.clone());
        let content = if work.is_known || !request.wants_body {
            let content = if work.is_known { Content::Known } else { Content::NotAsked };
            work.moment.end_moment().await.map_err(failed)?;
            content
        } else {
            let limit = (deadline, self.limits.longest);
            Content::Made(deliver(self.inventory.tasks(), limit, |outlet| work.run(outlet)).await?)
        };
        Ok(ExportFile { name, content_type, version, content })
    }

    async fn prepare(
        &self,
        (mut asked, request): (Asked, &ExportRequest),
        place: OwnedSemaphorePermit,
    ) -> Result<Work, ExportRefusal> {
        let principal = &request.principal;
        let seen = self.inventory.within(principal.reach()).await.map_err(failed)?;
        let moment = seen.read_moment().await.map_err(failed)?;
        // What is in the file: which rows, what of them is asked for, and what of that may be seen.
        let rows = moment.version().await.map_err(failed)?;
        let version = format!("{rows} {asked:?} {:?}", principal.reach());
        let is_known = request.knows(&version);
        let api = self.api.at(moment.clone());
        let tables = asked
            .tables
            .iter()
            .map(|table| Pages::new((api.clone(), principal.clone()), table, asked.variables.clone()));
        let mut tables: Vec<Pages> = tables.collect();
        if let Some(first) = tables.first_mut().filter(|_| !is_known) {
            first.read_ahead().await.map_err(ExportRefusal::Graphql)?;
        }
        if !is_known {
            name(&mut asked, (&api, principal)).await.map_err(ExportRefusal::Graphql)?;
        }
        Ok(Work { moment, version, is_known, asked, tables, sheet_rows: self.limits.sheet_rows, _place: place })
    }
}

/// Asks for what the file's name tells beside the parameters. What makes no sense was refused with the first page.
async fn name(asked: &mut Asked, asks: (&Api, &Principal)) -> Result<(), ServerError> {
    if let Some(id) = asked.organization_id.clone() {
        let variables = Map::from_iter([("id".to_owned(), id.into())]);
        let name = word_of(asks, (ORGANIZATION, "node.name"), &variables).await?;
        asked.name_organization(name);
    }
    if let Some(title) = asked.title() {
        let word = word_of(asks, (title.document, title.field), &asked.variables).await?;
        if let Some(word) = word {
            asked.name_title(title, word);
        }
    }
    Ok(())
}

/// An export that can be made.
struct Work {
    moment: Inventory,
    version: String,
    is_known: bool,
    asked: Asked,
    tables: Vec<Pages>,
    sheet_rows: u32,
    _place: OwnedSemaphorePermit,
}

impl Work {
    async fn run(self, outlet: Outlet) -> Result<(), ExportRefusal> {
        match self.asked.format {
            Format::Csv => self.write_comma_file(&outlet).await,
            Format::Xlsx => self.write_excel_file(outlet).await,
        }
    }

    async fn write_comma_file(mut self, outlet: &Outlet) -> Result<(), ExportRefusal> {
        // A CSV has one table: the one that was asked for.
        for pages in &mut self.tables {
            outlet.send(comma_file::head(pages.table()).map_err(broken)?).await?;
            while let Some(rows) = pages.next().await.map_err(ExportRefusal::Graphql)? {
                outlet.send(comma_file::lines(&rows).map_err(broken)?).await?;
            }
        }
        self.moment.end_moment().await.map_err(failed)
    }

    async fn write_excel_file(mut self, outlet: Outlet) -> Result<(), ExportRefusal> {
        let mut file = ExcelFile::new(self.sheet_rows);
        for pages in &mut self.tables {
            file.start_table(pages.table()).map_err(broken)?;
            while let Some(rows) = pages.next().await.map_err(ExportRefusal::Graphql)? {
                file.write(&rows).map_err(broken)?;
            }
        }
        self.moment.end_moment().await.map_err(failed)?;
        let writing = tokio::task::spawn_blocking(move || file.finish(outlet.into_writer()));
        writing.await.map_err(broken)?.map_err(broken)
    }
}

fn failed(error: InventoryError) -> ExportRefusal {
    broken(error)
}

/// The cause goes to the log only.
fn broken(cause: impl std::error::Error + 'static) -> ExportRefusal {
    tracing::error!(error = &cause as &dyn std::error::Error, "an export failed");
    ExportRefusal::Failed
}
