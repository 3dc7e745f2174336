//! How fast a receiver may be sent to: congestion control at the sender, from transport-wide feedback.
//!
//! Google congestion control as published (draft-ietf-rmcat-gcc-02; Carlucci et al., "Analysis and Design
//! of the Google Congestion Control for WebRTC", 2016) with the numbers that libwebrtc uses: the trend of
//! one-way delay says when a queue builds up ([`trendline`]), what was acknowledged says how much the line
//! carries ([`acknowledged`]), from both follows the rate ([`rate`]); loss bounds it ([`loss`]); short
//! bursts find out about more than is needed now ([`probe`]); and what is sent is spread ([`pacer`]).
//!
//! Pure: time is an argument, nothing is drawn at random, nothing is allocated after construction, and
//! the work per packet is constant. It knows no RTP and no sockets. Sizes are whole IP packets.
//!
//! Start reading at [`Controller`].

mod acknowledged;
mod controller;
mod floor;
mod groups;
mod history;
mod idle;
mod loss;
mod pacer;
mod probe;
mod rate;
mod round_trip;
mod search;
mod trendline;

pub use controller::{Bounds, Controller, Statistics};
pub use loss::LossBound;

/// Microseconds since a controller began.
type Micros = u64;

const SECOND: Micros = 1_000_000;

/// Returns seconds between two moments, 0 when `later` is not later.
fn seconds(earlier: Micros, later: Micros) -> f64 {
    later.saturating_sub(earlier) as f64 / SECOND as f64
}
