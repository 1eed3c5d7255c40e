//! Whether the process answers. It asks no database: a probe that fails with the database restarts a healthy process.

/// `GET /healthz`.
pub(crate) async fn alive() -> &'static str {
    "ok"
}
