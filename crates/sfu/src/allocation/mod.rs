//! Who gets which picture, and how good, out of what one receiver's line carries.
//!
//! Pure: it knows ladders of steps, views and a budget; it must not know slots, packets or how the
//! budget was found. [`ladder`] says what could be shown, [`share`] what fits, [`steady`] what of it to
//! do now so that pictures do not flicker between two steps.

mod demand;
mod ladder;
mod receiver;
mod share;
mod steady;

pub(crate) use demand::Demand;
pub(crate) use ladder::ladder;
pub(crate) use receiver::{Receiver, Told};
pub(crate) use share::Candidate;

/// Pictures that one receiver can be shown at once.
pub(crate) const MAX_CANDIDATES: usize = crate::endpoint::MAX_SLOTS;
