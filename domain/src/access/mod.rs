//! Who may do what: roles and their rights, which organizations somebody may see, and who somebody is.
//!
//! It decides by what it is handed and knows no password, no token and no table.

mod customer;
mod name;
mod principal;
mod reach;
mod role;

pub use self::{
    customer::customer,
    name::{folded_name, is_plain_name},
    principal::Principal,
    reach::Reach,
    role::{Right, Role, may},
};
