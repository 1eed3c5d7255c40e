//! `device_snapshot` has a partition for each day on PostgreSQL, so that dropping a day costs the same at any size; and
//! which day of a month was counted for its end, so that no day is dropped whose month is not counted.
//!
//! SQLite has no partitions: there a day is deleted in small portions, and its table stays as it is.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DatabaseBackend};

use crate::sql;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(month_end_day()).await?;
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            sql::run(manager, &[&rebuild(&PARTITIONED)]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            sql::run(manager, &[&rebuild(&WHOLE)]).await?;
        }
        sql::drop_tables(manager, &["month_end_day"]).await
    }
}

/// The day that stands for the end of a vendor's month, and how many devices it has: the proof that the month was counted,
/// which a day without devices could not give.
fn month_end_day() -> TableCreateStatement {
    Table::create()
        .table("month_end_day")
        .col(big_integer("vendor_id"))
        .col(date("month_end_date"))
        .col(date("counted_date"))
        .col(big_integer("device_count"))
        .col(timestamp_with_time_zone("counted_at"))
        .primary_key(Index::create().col("vendor_id").col("month_end_date"))
        .foreign_key(ForeignKey::create().from("month_end_day", "vendor_id").to("vendor", "id"))
        .to_owned()
}

/// What differs between a table of partitions and one that is whole.
struct Shape {
    /// After the list of columns.
    storage: &'static str,
    /// What is made before the rows are copied.
    prepare: &'static str,
    primary_key: &'static str,
}

const PARTITIONED: Shape =
    Shape { storage: "PARTITION BY RANGE (snapshot_date)", prepare: MAKE_PARTITIONS, primary_key: "id, snapshot_date" };

const WHOLE: Shape = Shape { storage: "", prepare: "", primary_key: "id" };

/// A partition for each day that the table before has. Named as the hub names them.
const MAKE_PARTITIONS: &str = "FOR day IN SELECT DISTINCT snapshot_date FROM device_snapshot_before LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF device_snapshot FOR VALUES FROM (%L) TO (%L)',
            'device_snapshot_' || to_char(day, 'YYYYMMDD'), day, day + 1);
    END LOOP;";

/// Makes the table anew in another shape, with its rows, columns, indexes, foreign keys and grants. Ids go on where they
/// were. Indexes come after the rows: built at once they take a fraction of the time. A view on the table refuses it, and
/// says its name.
fn rebuild(shape: &Shape) -> String {
    let Shape { storage, prepare, primary_key } = shape;
    format!(
        "DO $$
DECLARE
    keys text[]; indexes text[]; grants text[]; statement text; next_id bigint; day date;
BEGIN
    SELECT array_agg(format('ALTER TABLE device_snapshot ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
        ORDER BY conname) INTO keys
        FROM pg_constraint WHERE conrelid = 'device_snapshot'::regclass AND contype = 'f';
    SELECT array_agg(replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')) INTO indexes
        FROM pg_index WHERE indrelid = 'device_snapshot'::regclass AND NOT indisprimary;
    SELECT array_agg(format('GRANT %s ON device_snapshot TO %s', privilege_type,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)) INTO grants
        FROM pg_class, aclexplode(relacl) WHERE oid = 'device_snapshot'::regclass AND grantee <> relowner;
    SELECT COALESCE(MAX(id), 0) + 1 INTO next_id FROM device_snapshot;
    ALTER TABLE device_snapshot RENAME TO device_snapshot_before;
    CREATE TABLE device_snapshot (LIKE device_snapshot_before INCLUDING STORAGE INCLUDING COMMENTS) {storage};
    {prepare}
    INSERT INTO device_snapshot SELECT * FROM device_snapshot_before ORDER BY snapshot_date, id;
    DROP TABLE device_snapshot_before;
    DROP SEQUENCE IF EXISTS device_snapshot_id_seq;
    CREATE SEQUENCE device_snapshot_id_seq OWNED BY device_snapshot.id;
    PERFORM setval('device_snapshot_id_seq', next_id, false);
    ALTER TABLE device_snapshot ALTER COLUMN id SET DEFAULT nextval('device_snapshot_id_seq');
    ALTER TABLE device_snapshot ADD CONSTRAINT device_snapshot_pkey PRIMARY KEY ({primary_key});
    FOREACH statement IN ARRAY COALESCE(indexes, '{{}}') || COALESCE(keys, '{{}}') || COALESCE(grants, '{{}}') LOOP
        EXECUTE statement;
    END LOOP;
    ANALYZE device_snapshot;
END $$"
    )
}
