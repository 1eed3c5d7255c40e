//! One collection per vendor at a time, across all servers on one database (rules section 4).

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::vendor::Vendor;
use entity::{
    job_run,
    vendor_lease::{ActiveModel, Column, Entity},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::inventory::{Inventory, InventoryError};

impl Inventory {
    /// Takes the vendor for the next attempt of a run; `false` while another run has it. An earlier attempt of the same run
    /// gives way: it is over. So does what a clock that was ahead has taken for longer than any lease is now; it stores
    /// nothing any more.
    pub(super) async fn take_vendor(
        &self,
        connection: &impl ConnectionTrait,
        vendor_id: i64,
        run: &job_run::Model,
    ) -> Result<bool, DbErr> {
        let now = self.now();
        let next = job_run::Model { attempt: run.attempt + 1, ..run.clone() };
        let row = ActiveModel {
            vendor_id: Set(vendor_id),
            holder: Set(token(&next)),
            expires_at: Set(now + self.rules.lease),
        };
        let expires_at = || Expr::col((Entity, Column::ExpiresAt));
        let expired = expires_at().lt(now).or(expires_at().gt(now + self.rules.lease * 2));
        let own = Expr::col((Entity, Column::Holder)).eq(token(run));
        let rule = OnConflict::column(Column::VendorId)
            .update_columns([Column::Holder, Column::ExpiresAt])
            .action_and_where(expired.or(own))
            .to_owned();
        Ok(Entity::insert(row).on_conflict(rule).exec_without_returning(connection).await? > 0)
    }

    /// Extends the lease, or says that it was lost. Inside a transaction this also keeps others from taking it until
    /// the transaction ends.
    pub(crate) async fn renew_vendor(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Vendor,
        run: &job_run::Model,
    ) -> Result<(), InventoryError> {
        let renewed = Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(self.expiry()))
            .filter(Column::VendorId.eq(self.reference.vendor_id(vendor)))
            .filter(Column::Holder.eq(token(run)))
            .exec(connection)
            .await?;
        if renewed.rows_affected == 0 { Err(InventoryError::LeaseLost(vendor)) } else { Ok(()) }
    }

    /// When something that is taken or renewed now runs out.
    pub(crate) fn expiry(&self) -> DateTime<Utc> {
        self.now() + self.rules.lease
    }
}

/// What holds a vendor: an attempt of a run, so that an earlier attempt of the same run renews and frees nothing.
pub(super) fn token(run: &job_run::Model) -> String {
    format!("{}#{}", run.job_id, run.attempt)
}

/// How often a lease is renewed: several times before it runs out.
pub(super) fn renewal_interval(lease: Duration) -> Duration {
    (lease / 4).max(Duration::from_millis(100))
}
