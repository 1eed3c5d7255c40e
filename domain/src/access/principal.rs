//! Who is asking.

use std::net::IpAddr;

use super::{Reach, Right, Role, may};

/// Who is asking, and from where. Changes are recorded under its name, which never comes from an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    name: String,
    role: Role,
    reach: Reach,
    address: Option<IpAddr>,
    session_id: Option<String>,
}

impl Principal {
    /// Somebody who has proved to be it.
    pub const fn new(name: String, role: Role, reach: Reach) -> Self {
        Self { name, role, reach, address: None, session_id: None }
    }

    /// The person at the machine: the only principal of a hub without sign-in, which listens on loopback only.
    pub fn local_operator() -> Self {
        Self::new("local operator".to_owned(), Role::Admin, Reach::Everything)
    }

    /// The same, asking from this address; `None` where it is not known.
    #[must_use]
    pub fn at(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// The same, signed in by this session.
    #[must_use]
    pub fn in_session(self, session_id: String) -> Self {
        Self { session_id: Some(session_id), ..self }
    }

    /// The name under which changes are recorded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Which organizations may be seen.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Where the request came from; `None` where that is not known.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The session by which they are signed in; `None` for a service, and where nobody signs in.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// Whether the role has the right.
    pub const fn may(&self, right: Right) -> bool {
        may(self.role, right)
    }
}
