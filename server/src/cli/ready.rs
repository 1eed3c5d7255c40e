//! `ready`: what `/readyz` of a server on this machine says, for health checks where there is no HTTP client.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::tls_client;
use crate::config::Settings;

/// Longer than `/readyz` takes with a database that does not answer.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let answer = timeout(PATIENCE, ask(settings)).await.context("the server does not answer in time")??;
    let (head, body) = answer.split_once("\r\n\r\n").context("what answers is no HTTP server")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    println!("{body}");
    ensure!(matches!(status, "200" | "503"), "what answers is no Inventory Hub (status {status})");
    Ok(if status == "200" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn ask(settings: &Settings) -> anyhow::Result<String> {
    let address = settings.listen;
    let stream = TcpStream::connect(address).await.with_context(|| format!("nobody answers on {address}"))?;
    let Some(files) = &settings.edge.tls else { return converse(stream, address).await };
    let stream = tls_client::connect(stream, address.ip(), &files.certificate).await?;
    converse(stream, address).await
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, address: SocketAddr) -> anyhow::Result<String> {
    // HTTP/1.0: the answer ends with the connection, and is in one piece.
    stream.write_all(format!("GET /readyz HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
