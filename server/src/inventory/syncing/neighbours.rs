//! Whose exceptions a change of one identity may open or close, where everything is linked anew anyway.

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::serial;
use entity::{device_identity, device_snapshot};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoSimpleExpr, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};

use crate::inventory::InventoryError;

/// The identities whose exceptions a change of this one may open or close: those of its device, and those of the day
/// with its host name or serial number, whose duplicate, link or rival it is or was.
pub(crate) async fn list_neighbours(
    transaction: &DatabaseTransaction,
    identity_id: i64,
    date: NaiveDate,
) -> Result<HashSet<i64>, InventoryError> {
    use device_snapshot::{Column, Entity};
    let mut found = HashSet::from([identity_id]);
    if let Some(device_id) = find_device(transaction, identity_id).await? {
        let of_device = device_identity::Column::DeviceId.eq(device_id);
        let identities = device_identity::Entity::find().filter(of_device).all(transaction).await?;
        found.extend(identities.into_iter().map(|identity| identity.id));
    }
    let of_day = || Entity::find().select_only().filter(Column::SnapshotDate.eq(date));
    let name = of_day().column(Column::CanonicalHostname).filter(Column::DeviceIdentityId.eq(identity_id)).into_query();
    let serial = of_day().column(Column::SerialNumber).filter(Column::DeviceIdentityId.eq(identity_id));
    let serial = serial.into_tuple::<Option<String>>().one(transaction).await?.flatten();
    let serial = serial.as_deref().and_then(serial::key);
    let neighbours = of_day()
        .column(Column::DeviceIdentityId)
        .filter(
            Condition::any()
                .add(Column::CanonicalHostname.in_subquery(name))
                .add_option(serial.map(|key| spelt_plainly(Column::SerialNumber).eq(key))),
        )
        .into_tuple::<i64>()
        .all(transaction)
        .await?;
    found.extend(neighbours);
    Ok(found)
}

/// A serial number as [`serial::key`] makes it, as far as SQL can: vendors write one with spaces, dashes and letter case
/// of their own.
pub(crate) fn spelt_plainly(serial: device_snapshot::Column) -> Expr {
    let text = serial.into_simple_expr();
    let without = |text: Expr, sign: &str| Expr::from(Func::cust("replace").args([text, sign.into(), "".into()]));
    Func::lower(without(without(text, " "), "-")).into()
}

pub(crate) async fn find_device(
    transaction: &DatabaseTransaction,
    identity_id: i64,
) -> Result<Option<i64>, InventoryError> {
    let identity = device_identity::Entity::find_by_id(identity_id).one(transaction).await?;
    Ok(identity.and_then(|identity| identity.device_id))
}
