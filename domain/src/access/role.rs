//! Roles, and what each may do.

/// What a user or an API token is to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and works: exceptions, syncs, collections, links.
    Technician,
    /// Does everything.
    Admin,
}

/// What is needed to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// To see what the hub knows.
    Read,
    /// To take it away as a file.
    Export,
    /// To do the daily work: resolve exceptions, sync devices, start and stop collections, decide links.
    Work,
    /// To decide what others rely on: bills, clients' names, schedules, held collections, users.
    Administer,
}

impl Role {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Technician, Self::Admin];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Technician => "technician",
            Self::Admin => "admin",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 4] = [Self::Read, Self::Export, Self::Work, Self::Administer];
}

/// Whether the role has the right.
pub const fn may(role: Role, right: Right) -> bool {
    match right {
        Right::Read | Right::Export => true,
        Right::Work => matches!(role, Role::Technician | Role::Admin),
        Right::Administer => matches!(role, Role::Admin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_rights_and_no_others() {
        for (role, rights) in [
            (Role::Viewer, vec![Right::Read, Right::Export]),
            (Role::Technician, vec![Right::Read, Right::Export, Right::Work]),
            (Role::Admin, Right::ALL.to_vec()),
        ] {
            let has: Vec<Right> = Right::ALL.into_iter().filter(|&right| may(role, right)).collect();
            assert_eq!(has, rights, "{role:?}");
        }
    }

    #[test]
    fn a_role_is_found_by_its_code_alone() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        for code in ["", "Admin", "root", "admin "] {
            assert_eq!(Role::from_code(code), None, "{code:?}");
        }
    }
}
