//! The few header fields that protection depends on.

/// Bytes of an RTP header without CSRCs and extensions.
pub(crate) const RTP_HEADER_LEN: usize = 12;
/// Bytes of an RTCP packet that stay in the clear.
pub(crate) const RTCP_HEADER_LEN: usize = 8;

/// Returns the SSRC and sequence number of an RTP packet.
pub(crate) fn rtp(packet: &[u8]) -> Option<(u32, u16)> {
    let [_, _, s0, s1, _, _, _, _, a, b, c, d] = *packet.first_chunk::<RTP_HEADER_LEN>()?;
    Some((u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([s0, s1])))
}

/// Returns the sender's SSRC of an RTCP packet.
pub(crate) fn rtcp(packet: &[u8]) -> Option<u32> {
    let [_, _, _, _, a, b, c, d] = *packet.first_chunk::<RTCP_HEADER_LEN>()?;
    Some(u32::from_be_bytes([a, b, c, d]))
}
