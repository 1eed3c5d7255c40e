//! One collection per vendor at a time, across all servers on one database (rules section 4).

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::vendor::Vendor;
use entity::vendor_lease::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{Inventory, InventoryError};

impl Inventory {
    /// Takes the vendor's lease for a job; `false` while another job holds it.
    pub(crate) async fn acquire_lease(&self, vendor: Vendor, job_id: &str) -> Result<bool, DbErr> {
        let now = self.now();
        let row = ActiveModel {
            vendor_id: Set(self.reference.vendor_id(vendor)),
            holder: Set(job_id.to_owned()),
            expires_at: Set(now + self.rules.lease),
        };
        let expired = Expr::col((Entity, Column::ExpiresAt)).lt(now);
        let rule = OnConflict::column(Column::VendorId)
            .update_columns([Column::Holder, Column::ExpiresAt])
            .action_and_where(expired)
            .to_owned();
        let taken = Entity::insert(row).on_conflict(rule).exec_without_returning(self.database.writer()).await?;
        Ok(taken > 0)
    }

    /// Extends the lease, or says that it was lost. Inside a transaction this also keeps others from taking it until
    /// the transaction ends.
    pub(crate) async fn renew_lease(
        &self,
        connection: &impl ConnectionTrait,
        vendor: Vendor,
        job_id: &str,
    ) -> Result<(), InventoryError> {
        let renewed = Entity::update_many()
            .col_expr(Column::ExpiresAt, Expr::value(self.expiry()))
            .filter(Column::VendorId.eq(self.reference.vendor_id(vendor)))
            .filter(Column::Holder.eq(job_id))
            .exec(connection)
            .await?;
        if renewed.rows_affected == 0 { Err(InventoryError::LeaseLost(vendor)) } else { Ok(()) }
    }

    /// Gives the lease back.
    pub(crate) async fn release_lease(&self, vendor: Vendor, job_id: &str) -> Result<(), DbErr> {
        Entity::delete_many()
            .filter(Column::VendorId.eq(self.reference.vendor_id(vendor)))
            .filter(Column::Holder.eq(job_id))
            .exec(self.database.writer())
            .await?;
        Ok(())
    }

    /// When something that is taken or renewed now runs out.
    pub(crate) fn expiry(&self) -> DateTime<Utc> {
        self.now() + self.rules.lease
    }
}

/// How often a lease is renewed: several times before it runs out.
pub(crate) fn renewal_interval(lease: Duration) -> Duration {
    (lease / 4).max(Duration::from_millis(100))
}
