//! Who is asking.

/// Who is asking. Mutations are recorded under its name, which never comes from their input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    name: String,
}

impl Principal {
    /// The person at the machine: the only principal while the hub has no sign-in and listens on loopback only.
    pub fn local_operator() -> Self {
        Self { name: "local operator".to_owned() }
    }

    /// The name under which changes are recorded.
    pub fn name(&self) -> &str {
        &self.name
    }
}
