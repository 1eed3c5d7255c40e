//! The state machine of one graphql-transport-ws connection: initialise once, then operations by id until the end.

use std::{convert::Infallible, time::Duration};

use async_graphql::{Executor, Request};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use domain::access::Principal;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{
    operations::Operations,
    protocol::{ClientMessage, End, ServerMessage},
};
use crate::http::{
    Edge,
    answer::{Code, Refusal},
    caller::Caller,
    guest::Guest,
    principal, rates,
    started::Event,
};

/// How long a peer may take to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection stays whose peer sent more than is read of it.
const UNREAD_LINGER: Duration = Duration::from_millis(250);

pub(super) struct Connection<E> {
    socket: WebSocket,
    edge: Edge<E>,
    guest: Guest,
    /// Where the other end is: every operation is counted for it.
    caller: Caller,
    operations: Operations,
    /// Whether anything came from the peer since the last ping.
    heard: bool,
    /// Whether the server stops: what runs is finished, nothing more begins.
    stopping: bool,
}

impl<E: Executor> Connection<E> {
    pub(super) fn new(socket: WebSocket, edge: Edge<E>, guest: Guest, caller: Caller) -> Self {
        Self { socket, edge, guest, caller, operations: Operations::default(), heard: true, stopping: false }
    }

    /// Serves the socket to its end. `agreed` tells whether the client offered our subprotocol.
    pub(super) async fn serve(mut self, agreed: bool) {
        let _counted = self.edge.options.metrics.websocket_opened();
        let Err(end) = if agreed { self.converse().await } else { Err(End::subprotocol()) };
        self.operations = Operations::default();
        match end {
            End::Close(code, reason) => {
                tracing::debug!(code, reason, "closing a websocket");
                self.close(code, reason).await;
            }
            End::Left => self.part().await,
            End::Gone => {}
        }
    }

    async fn converse(&mut self) -> Result<Infallible, End> {
        let limit = self.edge.options.websocket.init_timeout;
        let stop = self.edge.options.stop.clone();
        tokio::select! {
            initialised = timeout(limit, self.initialise()) => initialised.map_err(|_elapsed| End::init_timeout())??,
            () = stop.cancelled() => return Err(End::stopping()),
        }
        self.operate().await
    }

    /// Until `connection_init` has come and is acknowledged.
    async fn initialise(&mut self) -> Result<(), End> {
        loop {
            match self.receive().await? {
                Some(ClientMessage::ConnectionInit(payload)) => {
                    self.guest.introduce(payload.as_ref()).await?;
                    return self.send(&ServerMessage::ConnectionAck).await;
                }
                Some(ClientMessage::Ping(payload)) => self.send(&ServerMessage::Pong { payload }).await?,
                Some(ClientMessage::Subscribe(..)) => return Err(End::unauthorized()),
                Some(ClientMessage::Pong | ClientMessage::Complete(_)) | None => {}
            }
        }
    }

    /// Between acknowledgement and the end; only an error ends it. When the server stops, subscriptions end at once (their
    /// clients subscribe again elsewhere), and queries and mutations are answered first: a mutation that was carried out
    /// must not look like one that was not.
    async fn operate(&mut self) -> Result<Infallible, End> {
        let stop = self.edge.options.stop.clone();
        let mut ping = interval(self.edge.options.websocket.keep_alive);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        let mut again = interval(self.edge.options.websocket.identify_again);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        again.reset();
        while !(self.stopping && self.operations.is_empty()) {
            tokio::select! {
                () = stop.cancelled(), if !self.stopping => {
                    self.stopping = true;
                    self.operations.stop_subscriptions();
                }
                message = self.socket.recv() => self.react(message).await?,
                (id, event) = self.operations.next() => self.report(&id, event).await?,
                _ = ping.tick() => self.keep_alive().await?,
                _ = again.tick(), if self.guest.may_leave() => drop(self.guest.identify_again().await?),
                () = self.guest.revoked() => drop(self.guest.identify_again().await?),
            }
        }
        Err(End::stopping())
    }

    async fn receive(&mut self) -> Result<Option<ClientMessage>, End> {
        let message = self.socket.recv().await;
        self.heard = true;
        read(message)
    }

    async fn react(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard = true;
        match read(message)? {
            Some(ClientMessage::ConnectionInit(_)) => Err(End::second_init()),
            Some(ClientMessage::Ping(payload)) => self.send(&ServerMessage::Pong { payload }).await,
            // The close that follows tells the client to ask elsewhere.
            Some(ClientMessage::Subscribe(..)) if self.stopping => Ok(()),
            Some(ClientMessage::Subscribe(id, request)) => self.subscribe(id, *request).await,
            Some(ClientMessage::Complete(id)) => {
                self.operations.stop(&id);
                Ok(())
            }
            Some(ClientMessage::Pong) | None => Ok(()),
        }
    }

    async fn subscribe(&mut self, id: String, request: Request) -> Result<(), End> {
        let limit = self.edge.options.websocket.operation_limit;
        if self.operations.contains(&id) {
            return Err(End::duplicate(&id));
        }
        if self.operations.len() >= limit {
            let message = format!("one connection runs at most {limit} operations at once");
            let error = Refusal::new(Code::TooManyOperations, message).into_error();
            return self.send(&ServerMessage::Error { id: &id, payload: &[error] }).await;
        }
        let (request, allowed) = match self.admit().await? {
            Ok(principal) => (request.data(principal), Ok(())),
            Err(refusal) => (request, Err(refusal)),
        };
        self.operations.start(id, &self.edge, request, allowed);
        Ok(())
    }

    /// Whose operation may begin now, or why none may. Who has asked too often is not even looked up.
    async fn admit(&mut self) -> Result<Result<Principal, Refusal>, End> {
        if let Err(refusal) = rates::take(self.edge.rates.as_deref(), self.caller) {
            return Ok(Err(refusal));
        }
        let Some(principal) = self.guest.identify_again().await? else { return Ok(Err(principal::unavailable())) };
        let taken = rates::take_of(self.edge.rates.as_deref(), &principal);
        Ok(taken.map(|()| principal))
    }

    async fn report(&mut self, id: &str, event: Event) -> Result<(), End> {
        match event {
            Event::Next(outcome) => self.send(&ServerMessage::Next { id, payload: outcome.body() }).await,
            Event::Error(errors) => self.send(&ServerMessage::Error { id, payload: &errors }).await,
            Event::Complete => self.send(&ServerMessage::Complete { id }).await,
        }
    }

    async fn keep_alive(&mut self) -> Result<(), End> {
        if !std::mem::take(&mut self.heard) {
            return Err(End::Gone);
        }
        self.write(Message::Ping(axum::body::Bytes::new())).await
    }

    async fn send(&mut self, message: &ServerMessage<'_>) -> Result<(), End> {
        match serde_json::to_string(message) {
            Ok(text) => self.write(Message::Text(text.into())).await,
            Err(error) => {
                tracing::error!(%error, "a message could not be written as JSON");
                Err(End::Close(axum::extract::ws::close_code::ERROR, "Internal error".to_owned()))
            }
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        let limit = self.edge.options.websocket.keep_alive;
        match timeout(limit, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// The library has the answer to the peer's close ready, and writes it when it is asked for what comes next. Dropped before
    /// that, the peer would take its orderly end for a broken connection.
    async fn part(&mut self) {
        let answered = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        // A peer that doesn't take the answer is dropped all the same.
        let _ = timeout(CLOSE_TIMEOUT, answered).await;
    }

    /// Says why, then waits for the peer's own close: a connection dropped with bytes unread could lose the reason.
    async fn close(&mut self, code: u16, reason: String) {
        let frame = CloseFrame { code, reason: reason.into() };
        let farewell = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A peer that doesn't answer is dropped all the same.
        let _ = timeout(CLOSE_TIMEOUT, farewell).await;
        if code == axum::extract::ws::close_code::SIZE {
            // The rest of the message can't be read any more: closed at once, the connection would be reset before the peer
            // has read why.
            let _ = timeout(UNREAD_LINGER, std::future::pending::<()>()).await;
        }
    }
}

/// One frame: a message of the protocol, nothing to react to, or the end.
fn read(message: Option<Result<Message, axum::Error>>) -> Result<Option<ClientMessage>, End> {
    match message {
        Some(Ok(Message::Text(text))) => ClientMessage::parse(&text).map(Some),
        Some(Ok(Message::Binary(_))) => Err(End::bad_message("binary")),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        // axum hides the library's error type; its text is all there is to tell a large message from a lost peer.
        Some(Err(error)) if error.to_string().contains("too long") => Err(End::too_large()),
        Some(Ok(Message::Close(_))) => Err(End::Left),
        Some(Err(_)) | None => Err(End::Gone),
    }
}
