//! Figures of what is stored and of the pools, for those who watch the hub: few statements, each answered from an index.

use std::{collections::HashMap, sync::Arc, time::Duration};

use collectors::RequestWatch;
use domain::{checks::ExceptionType, vendor::Vendor};
use entity::{exception, held_collection, job_run};
use sea_orm::{
    ColumnTrait, DatabaseBackend, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{Database, Inventory, InventoryError, jobs::JobStatus, syncing::SyncState};
use crate::metrics::{Figures, Metrics, PoolFigures, VendorFigures};

impl Inventory {
    /// What this hub counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What is stored now.
    pub async fn read_figures(&self) -> Result<Figures, InventoryError> {
        let mut vendors = Vec::new();
        for vendor in Vendor::ALL {
            vendors.push(self.vendor_figures(vendor).await?);
        }
        let reader = self.database.reader();
        Ok(Figures {
            vendors,
            open_exceptions: self.count_open_exceptions().await?,
            held_collections: count(held_collection::Entity::find().count(reader).await?),
            open_runs: self.count_open_runs().await?,
        })
    }

    async fn vendor_figures(&self, vendor: Vendor) -> Result<VendorFigures, DbErr> {
        let newest = self.latest_day(self.database.reader(), vendor).await?;
        let newest = newest.map(|day| {
            let age = (self.now() - day.collected_at).to_std().unwrap_or_default();
            (day.device_count, age.as_secs_f64())
        });
        Ok(VendorFigures { vendor: vendor.slug(), configured: self.is_configured(vendor), newest })
    }

    async fn count_open_exceptions(&self) -> Result<Vec<(&'static str, i64)>, DbErr> {
        use exception::{Column, Entity};
        let by_type = Entity::find().select_only().column(Column::Type).column_as(Column::Id.count(), "open");
        // As the indexes of what is unresolved say it. What is snoozed is not open, here as in the API.
        let by_type = by_type.filter(Expr::cust("NOT exceptions.resolved"));
        let awake = Column::SnoozedUntil.is_null().or(Column::SnoozedUntil.lt(self.today()));
        let by_type = by_type.filter(awake).group_by(Column::Type);
        let found: Vec<(String, i64)> = by_type.into_tuple().all(self.database.reader()).await?;
        let found: HashMap<_, _> = found.into_iter().collect();
        let of_type = |one: ExceptionType| (one.code(), found.get(one.code()).copied().unwrap_or(0));
        Ok(ExceptionType::ALL.map(of_type).to_vec())
    }

    async fn count_open_runs(&self) -> Result<Vec<(&'static str, i64)>, DbErr> {
        use job_run::{Column, Entity};
        let by_status = Entity::find().select_only().column(Column::Status).column_as(Column::JobId.count(), "open");
        let by_status = by_status.filter(Column::EndedAt.is_null()).group_by(Column::Status);
        let found: Vec<(String, i64)> = by_status.into_tuple().all(self.database.reader()).await?;
        let found: HashMap<_, _> = found.into_iter().collect();
        let open = [JobStatus::Queued, JobStatus::Running];
        Ok(open.map(|status| (status.code(), found.get(status.code()).copied().unwrap_or(0))).to_vec())
    }

    /// Lets the collectors tell of their requests, and begins to count how their collections and syncs end.
    pub(crate) fn watch_collectors(&self) {
        let outcomes = JobStatus::ALL.into_iter().filter(|status| status.has_ended()).map(JobStatus::code);
        let of_syncs = SyncState::ALL.into_iter().filter(|state| state.has_ended()).map(SyncState::code);
        for (vendor, collector) in self.collectors.iter() {
            self.metrics.expect_collections(vendor.slug(), outcomes.clone());
            self.metrics.expect_syncs(vendor.slug(), of_syncs.clone());
            collector.watch(Arc::new(self.metrics.clone()));
        }
    }

    /// Counts a run that has ended.
    pub(crate) fn count_ended(&self, run: &job_run::Model) {
        let Some(ended) = run.ended_at else { return };
        let vendor = run.vendor_id.and_then(|id| self.reference.vendor(id)).map(Vendor::slug);
        let took = (ended - run.started_at.unwrap_or(ended)).to_std().unwrap_or_default();
        self.metrics.run_ended(&run.job_name, vendor, &run.status, took);
    }
}

impl Database {
    /// The system's name.
    pub(crate) fn system(&self) -> &'static str {
        match self.backend() {
            DatabaseBackend::Postgres => "postgresql",
            _ => "sqlite",
        }
    }

    /// How busy the pools are.
    pub fn pools(&self) -> Vec<PoolFigures> {
        match self.backend() {
            DatabaseBackend::Postgres => vec![pool("shared", self.writer())],
            _ => vec![pool("reader", self.reader().pool()), pool("writer", self.writer())],
        }
    }
}

fn pool(name: &'static str, connection: &DatabaseConnection) -> PoolFigures {
    let (open, idle, most) = if connection.get_database_backend() == DatabaseBackend::Postgres {
        let pool = connection.get_postgres_connection_pool();
        (pool.size(), pool.num_idle(), pool.options().get_max_connections())
    } else {
        let pool = connection.get_sqlite_connection_pool();
        (pool.size(), pool.num_idle(), pool.options().get_max_connections())
    };
    let idle = u32::try_from(idle).unwrap_or(open);
    PoolFigures { pool: name, idle, in_use: open.saturating_sub(idle), most }
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

impl RequestWatch for Metrics {
    fn request_ended(&self, vendor: Vendor, status: Option<u16>, took: Duration) {
        self.vendor_asked(vendor.slug(), status, took);
    }
}
