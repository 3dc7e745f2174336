//! What can go wrong, one enum per operation. All are reasons to drop a packet, none stops a transport.

/// Why keys could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The keying material, key or salt has not the length the profile asks for.
    #[error("keying material of the wrong length")]
    WrongLength,
    /// The cipher refused the key.
    #[error("the cipher refused the key")]
    Refused,
}

/// Why a packet was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is too short to hold its header, tag and index.
    #[error("too short")]
    TooShort,
    /// It was opened before, or is older than the replay window.
    #[error("replayed or too old")]
    Replayed,
    /// It is not from who has the key, or was changed on the way. Its bytes are now of no use.
    #[error("authentication failed")]
    AuthFailed,
    /// Its SSRC is new and all places for SSRCs are pinned.
    #[error("too many SSRCs")]
    TooManySsrcs,
    /// It is RTCP that says it is not encrypted, which WebRTC does not allow.
    #[error("not encrypted")]
    NotEncrypted,
}

/// Why a packet was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The buffer has no room for the packet and its tag, or the header is shorter than RTP's.
    #[error("the buffer is too small")]
    NoRoom,
    /// The index is not one of the sequence number in the header, or not within 48 bits.
    #[error("index and header disagree")]
    IndexMismatch,
    /// The keys have protected as many packets as they may.
    #[error("keys are used up")]
    Exhausted,
    /// More SSRCs than this context tracks.
    #[error("too many SSRCs")]
    TooManySsrcs,
}
