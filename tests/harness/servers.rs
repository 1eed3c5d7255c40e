//! A second hub on the world's database, and vendors that are away.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use collectors::{NinjaConfig, ThreatLockerConfig};
use domain::clock::Clock;
use server::{http::HttpOptions, inventory::Inventory};
use tokio::net::TcpSocket;

use crate::{Neighbour, World};

impl World {
    /// Another server on the same database and with the same clock, its settings of the vendors changed.
    pub async fn another_server(&self, change: impl FnOnce(&mut NinjaConfig, &mut ThreatLockerConfig)) -> Inventory {
        let made = self.try_another_server(change).await;
        made.unwrap_or_else(|error| panic!("another server could not be made: {error:?}"))
    }

    /// What a command line has on the same database where nothing else is set up: no vendor's credentials, no sink.
    pub async fn bare_shell(&self) -> Inventory {
        self.another_server(|_, _| {}).await.with_collectors([]).with_sinks(Vec::new(), None)
    }

    /// Another front door of this server, with these limits.
    pub async fn door(&self, options: HttpOptions) -> Neighbour {
        let neighbour = Neighbour::with(self.inventory.clone(), options).await;
        neighbour.unwrap_or_else(|error| panic!("another door could not be opened: {error:?}"))
    }

    /// Another server with a front door of its own.
    pub async fn neighbour(&self) -> Neighbour {
        let neighbour = Neighbour::serving(self.another_server(|_, _| {}).await).await;
        neighbour.unwrap_or_else(|error| panic!("another server could not serve: {error:?}"))
    }

    async fn try_another_server(
        &self,
        change: impl FnOnce(&mut NinjaConfig, &mut ThreatLockerConfig),
    ) -> anyhow::Result<Inventory> {
        let mut ninja = self.builder.ninja(&self.simulator, &self.vendors)?;
        let mut threatlocker = self.builder.threatlocker(&self.simulator, &self.vendors)?;
        change(&mut ninja, &mut threatlocker);
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let tokens = self.database.folder().join(format!("token-{}.json", uuid::Uuid::new_v4()));
        self.builder.server(self.database.open().await?, clock, (ninja, threatlocker), tokens).await
    }

    /// Both vendors refuse connections until they are [brought up](Self::vendors_up) again.
    pub async fn vendors_down(&mut self) -> Refusal {
        let address = self.vendors.addr();
        let elsewhere = self.simulator.clone().start(SocketAddr::new(address.ip(), 0)).await;
        let elsewhere = elsewhere.unwrap_or_else(|error| panic!("no free port: {error}"));
        std::mem::replace(&mut self.vendors, elsewhere).stop().await;
        Refusal::at(address).unwrap_or_else(|error| panic!("{address} can't be kept: {error}"))
    }

    /// The vendors answer again, where they did before.
    pub async fn vendors_up(&mut self, refusal: Refusal) {
        let back = self.simulator.clone().start(refusal.address).await;
        self.vendors = back.unwrap_or_else(|error| panic!("{} is taken: {error}", refusal.address));
    }
}

/// An address that is taken, so that no other test gets it, and on which nobody listens yet.
#[derive(Debug)]
pub struct Refusal {
    address: SocketAddr,
    kept: TcpSocket,
}

impl Refusal {
    /// At a port that is free; another process of the test may listen there.
    pub fn anywhere() -> std::io::Result<Self> {
        let mut refusal = Self::at((Ipv4Addr::LOCALHOST, 0).into())?;
        refusal.address = refusal.kept.local_addr()?;
        Ok(refusal)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    fn at(address: SocketAddr) -> std::io::Result<Self> {
        let kept = TcpSocket::new_v4()?;
        // As the listener that comes back does: two sockets share an address as long as one of them does not listen.
        kept.set_reuseaddr(true)?;
        kept.bind(address)?;
        Ok(Self { address, kept })
    }
}
