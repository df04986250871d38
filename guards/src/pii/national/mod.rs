//! Numbers that states give to people, a file for each state.

pub(crate) mod au;
pub(crate) mod de;
pub(crate) mod es;
pub(crate) mod fr;
pub(crate) mod india;
pub(crate) mod it;
pub(crate) mod uk;
pub(crate) mod us;
