//! A line to the database that can be cut: a proxy on loopback.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::{Backend, TestDatabase};

/// A line; whoever comes while it is cut is hung up on.
#[derive(Debug)]
pub struct Line {
    is_cut: Arc<watch::Sender<bool>>,
    carrying: JoinHandle<()>,
}

impl Line {
    /// A PostgreSQL database of its own that is reached through a line.
    pub async fn to_postgres() -> (TestDatabase, Self) {
        let made = Self::try_to_postgres().await;
        made.unwrap_or_else(|error| panic!("no line to a database: {error:?}"))
    }

    #[expect(clippy::disallowed_methods, reason = "the line ends with the test")]
    async fn try_to_postgres() -> anyhow::Result<(TestDatabase, Self)> {
        let database = TestDatabase::create(Backend::Postgres).await?;
        let mut url: url::Url = database.dsn().parse()?;
        let host = url.host_str().unwrap_or("127.0.0.1").to_owned();
        let target = format!("{host}:{}", url.port().unwrap_or(5432));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let here: SocketAddr = listener.local_addr()?;
        let moved = url.set_ip_host(here.ip()).and_then(|()| url.set_port(Some(here.port())));
        moved.map_err(|()| anyhow::anyhow!("{target} can't be replaced in the database's address"))?;
        let is_cut = Arc::new(watch::Sender::new(false));
        let carrying = tokio::spawn(carry(listener, target, Arc::clone(&is_cut)));
        Ok((database.reached_by(url.to_string()), Self { is_cut, carrying }))
    }

    /// Every connection breaks, and no new one comes about.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// New connections come about again.
    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

#[expect(clippy::disallowed_methods, reason = "the line ends with the test")]
async fn carry(listener: TcpListener, target: String, is_cut: Arc<watch::Sender<bool>>) {
    while let Ok((mut near, _)) = listener.accept().await {
        if *is_cut.borrow() {
            continue;
        }
        let mut cut = is_cut.subscribe();
        let target = target.clone();
        tokio::spawn(async move {
            let Ok(mut far) = TcpStream::connect(target).await else { return };
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.wait_for(|is_cut| *is_cut) => {}
            }
        });
    }
}
