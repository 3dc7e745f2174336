//! How good or bad one direction of a path is.

use std::time::Duration;

/// One direction of a path. The default is a perfect network: at once, in order, lossless.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Which datagrams vanish.
    pub loss: Loss,
    /// Time under way.
    pub delay: Duration,
    /// Spread around `delay`, uniform in ±`jitter` and never below zero. Order is kept all the same.
    pub jitter: Duration,
    /// Probability, 0..=1, that a datagram is held back and overtaken by later ones.
    pub reorder: f64,
    /// How long it is then held back in addition.
    pub hold: Duration,
    /// Probability, 0..=1, that a datagram arrives twice.
    pub duplicate: f64,
    /// What fits through; `None` is unlimited.
    pub rate: Option<Rate>,
}

/// Which datagrams vanish.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Loss {
    /// None.
    #[default]
    Never,
    /// Each with this probability, 0..=1, whatever happened to the others.
    Random(f64),
    /// In bursts.
    Bursts(GilbertElliott),
}

/// Two-state loss (Gilbert 1960, Elliott 1963): the link wanders between a good and a bad state, one
/// step per datagram. All members are probabilities, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GilbertElliott {
    /// Good turns bad.
    pub good_to_bad: f64,
    /// Bad turns good; its inverse is the mean burst length in datagrams.
    pub bad_to_good: f64,
    /// Loss while good.
    pub loss_good: f64,
    /// Loss while bad.
    pub loss_bad: f64,
}

/// A token bucket before a finite first-in-first-out queue with tail drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Sustained rate; not 0.
    pub bytes_per_second: u64,
    /// Bytes that pass at once after a pause.
    pub burst_bytes: u64,
    /// Bytes that may wait; a datagram that would wait behind more is dropped.
    pub queue_bytes: u64,
}
