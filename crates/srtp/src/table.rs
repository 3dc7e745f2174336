//! What is known of each SSRC of a sender, bounded: the greatest indices and the replay windows.

use crate::MAX_INBOUND_SSRCS;
use crate::window::{RtcpWindow, RtpWindow};

/// The state of one SSRC.
#[derive(Clone, Debug)]
pub(crate) struct SsrcState {
    ssrc: u32,
    pinned: bool,
    /// When it was last authenticated, counted in authenticated packets of the whole table.
    last_used: u64,
    pub(crate) rtp: RtpWindow,
    pub(crate) rtcp: RtcpWindow,
}

impl SsrcState {
    fn new(ssrc: u32) -> Self {
        Self { ssrc, pinned: false, last_used: 0, rtp: RtpWindow::new(), rtcp: RtcpWindow::new() }
    }
}

/// At most [`MAX_INBOUND_SSRCS`] states; a new one takes the place of the least recently authenticated that is not
/// pinned.
#[derive(Debug, Default)]
pub(crate) struct SsrcTable {
    states: Vec<SsrcState>,
    clock: u64,
}

impl SsrcTable {
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    pub(crate) fn find(&self, ssrc: u32) -> Option<&SsrcState> {
        self.states.iter().find(|state| state.ssrc == ssrc)
    }

    /// Returns whether a state for a new SSRC could be had.
    pub(crate) fn has_place(&self) -> bool {
        self.states.len() < MAX_INBOUND_SSRCS || self.states.iter().any(|state| !state.pinned)
    }

    /// Returns the state of `ssrc`, made when there is none, as the most recently authenticated.
    pub(crate) fn touch(&mut self, ssrc: u32) -> Option<&mut SsrcState> {
        self.clock = self.clock.saturating_add(1);
        let clock = self.clock;
        let state = self.entry(ssrc)?;
        state.last_used = clock;
        Some(state)
    }

    /// Keeps the state of `ssrc` from being replaced; false when every place is pinned already.
    pub(crate) fn pin(&mut self, ssrc: u32) -> bool {
        self.entry(ssrc).map(|state| state.pinned = true).is_some()
    }

    /// Lets the state of `ssrc` be replaced again.
    pub(crate) fn unpin(&mut self, ssrc: u32) {
        if let Some(state) = self.states.iter_mut().find(|state| state.ssrc == ssrc) {
            state.pinned = false;
        }
    }

    fn entry(&mut self, ssrc: u32) -> Option<&mut SsrcState> {
        if let Some(at) = self.states.iter().position(|state| state.ssrc == ssrc) {
            return self.states.get_mut(at);
        }
        if self.states.len() < MAX_INBOUND_SSRCS {
            self.states.push(SsrcState::new(ssrc));
            return self.states.last_mut();
        }
        let oldest =
            self.states.iter_mut().filter(|state| !state.pinned).min_by_key(|state| state.last_used)?;
        *oldest = SsrcState::new(ssrc);
        Some(oldest)
    }
}
