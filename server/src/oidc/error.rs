//! What can go wrong between the hub and an issuer. No message repeats what the issuer or a browser sent.

/// Why nobody is vouched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It did not answer, or not in time.
    #[error("the issuer did not answer: {0}")]
    Unreachable(String),
    /// It answered with a status that is none of success.
    #[error("the issuer answered with status {0}")]
    Status(u16),
    /// Its answer is longer than any that makes sense.
    #[error("the issuer's answer is too large")]
    TooLarge,
    /// Its answer is not what the standard says; which part.
    #[error("the issuer's answer can't be read: {0}")]
    Unreadable(&'static str),
    /// It is not the issuer that is configured, or its endpoints can't be trusted.
    #[error("the issuer is not set up as the hub is: {0}")]
    Misconfigured(&'static str),
    /// It took the code for nothing: used before, expired, or somebody else's.
    #[error("the issuer refused the code")]
    CodeRefused,
    /// Its token is not one for this sign-in; which part.
    #[error("the issuer's token is not good: {0}")]
    BadToken(&'static str),
    /// As many sign-ins as are let wait are waiting for the issuer.
    #[error("too many sign-ins wait for the issuer")]
    Busy,
    /// None of the roles that the issuer says gives one here.
    #[error("the issuer gives no role in the hub")]
    NoRole,
}
