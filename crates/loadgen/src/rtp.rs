//! RTP headers (RFC 3550) and header extensions (RFC 8285), read and written.

/// What a header says, and where it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub padding: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Bytes of the header with its extensions.
    pub len: usize,
    extension: (usize, u16),
}

/// Extension ids of one direction of a connection; 0 means not negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    pub mid: u8,
    pub rid: u8,
    pub repaired_rid: u8,
    pub audio_level: u8,
    pub send_time: u8,
    pub transport_cc: u8,
}

impl Header {
    /// Reads a header, or returns `None` if there is none.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; 12] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut len = 12 + 4 * usize::from(fixed[0] & 15);
        let mut extension = (len, 0);
        if fixed[0] & 0x10 != 0 {
            let head: &[u8; 4] = packet.get(len..)?.first_chunk()?;
            extension = (len + 4, u16::from_be_bytes([head[0], head[1]]));
            len += 4 + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
        }
        (packet.len() >= len).then_some(Self {
            padding: fixed[0] & 0x20 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            len,
            extension,
        })
    }

    /// Returns the value of the extension `id` in the packet this header was read from.
    pub(crate) fn extension<'a>(&self, packet: &'a [u8], id: u8) -> Option<&'a [u8]> {
        let mut rest = packet.get(self.extension.0..self.len)?;
        let short = self.extension.1 == 0xbede;
        if id == 0 || !short && self.extension.1 >> 4 != 0x100 {
            return None;
        }
        while let Some((&first, tail)) = rest.split_first() {
            let (found, len, tail) = match (short, first) {
                (_, 0) => {
                    rest = tail;
                    continue;
                }
                (true, _) if first >> 4 == 15 => return None,
                (true, _) => (first >> 4, usize::from(first & 15) + 1, tail),
                (false, _) => {
                    let (&len, tail) = tail.split_first()?;
                    (first, usize::from(len), tail)
                }
            };
            if found == id {
                return tail.get(..len);
            }
            rest = tail.get(len..)?;
        }
        None
    }
}

/// What a packet to be written says.
pub(crate) struct Outgoing {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

/// Appends a header with these extensions (those with id 0 are left out) and returns its length.
pub(crate) fn write(buffer: &mut Vec<u8>, packet: &Outgoing, extensions: &[(u8, &[u8])]) -> usize {
    let start = buffer.len();
    let with = extensions.iter().any(|(id, _)| *id != 0);
    buffer.push(0x80 | u8::from(with) << 4);
    buffer.push(packet.payload_type | u8::from(packet.marker) << 7);
    buffer.extend_from_slice(&packet.sequence.to_be_bytes());
    buffer.extend_from_slice(&packet.timestamp.to_be_bytes());
    buffer.extend_from_slice(&packet.ssrc.to_be_bytes());
    if with {
        write_extensions(buffer, extensions);
    }
    buffer.len() - start
}

fn write_extensions(buffer: &mut Vec<u8>, extensions: &[(u8, &[u8])]) {
    let short = extensions.iter().all(|(id, value)| *id < 15 && value.len() <= 16);
    let head = buffer.len();
    buffer.extend_from_slice(if short { &[0xbe, 0xde, 0, 0] } else { &[0x10, 0, 0, 0] });
    for (id, value) in extensions.iter().filter(|(id, value)| *id != 0 && !value.is_empty()) {
        match short {
            true => buffer.push(id << 4 | (value.len() - 1) as u8),
            false => buffer.extend_from_slice(&[*id, value.len() as u8]),
        }
        buffer.extend_from_slice(value);
    }
    let len = (buffer.len() - head - 4).div_ceil(4);
    buffer.resize(head + 4 + 4 * len, 0);
    buffer[head + 2..head + 4].copy_from_slice(&(len as u16).to_be_bytes());
}

/// Extends a 16-bit number to the one nearest to `near`.
pub(crate) fn extend(near: u64, number: u16) -> u64 {
    let distance = i64::from(number.wrapping_sub(near as u16) as i16);
    near.checked_add_signed(distance).unwrap_or(u64::from(number))
}
