//! Why a message was not sent, one variant per reaction. No variant holds a text from outside: URLs, answers and mail
//! servers' words may hold secrets.

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Its address is no public one, and others are not allowed. Trying again does not help.
    #[error("the address is private or reserved; HUB_ALERTS_ALLOW_PRIVATE would allow it")]
    NotAllowed,
    /// It answered with a redirect, which is not followed. Trying again does not help.
    #[error("answered with a redirect (HTTP {0}), which is not followed: set the address it should go to")]
    Redirected(u16),
    /// It answered with another status than 2xx.
    #[error("answered with HTTP {0}")]
    Refused(u16),
    /// It did not answer in time.
    #[error("did not answer in time")]
    TimedOut,
    /// No connection: the name is unknown, nobody listens, or its certificate is not trusted.
    #[error("could not be connected to")]
    Unreachable,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// The mail server said no to a command.
    #[error("the mail server refused {step}{}", code.map(|code| format!(" with {code}")).unwrap_or_default())]
    MailRefused {
        /// What it refused.
        step: &'static str,
        /// Its reply code; `None` where it gave none.
        code: Option<u16>,
    },
    /// The message can't be written as an e-mail.
    #[error("no e-mail could be made of the message")]
    NoEmail,
}

impl SendError {
    /// Whether it can't get better by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotAllowed | Self::Redirected(_) | Self::NoEmail)
    }
}

/// The HTTP client of a sink could not be made, mostly because the system has no certificate authorities.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client of alerts can't be made; are the system's certificate authorities there?")]
pub struct SinkSetupError;
