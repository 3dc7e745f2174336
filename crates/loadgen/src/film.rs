//! Real pictures to replay: one encoding of VP8, from an IVF file, that begins with a key frame.

use thiserror::Error;

const SIGNATURE: &[u8] = b"DKIF";
const VP8: &[u8] = b"VP80";
/// Bytes before each frame: its length and its time.
const FRAME_HEADER: usize = 12;
/// More than a minute at the pace of any camera.
const FRAMES_MAX: usize = 10_000;

/// Why a file is no film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FilmError {
    /// No IVF, or another codec.
    #[error("this is no IVF file of VP8")]
    OtherFormat,
    /// A frame ends behind the file's end, is empty, or there are none or too many.
    #[error("the frames of this file are not whole")]
    Frames,
    /// Who joins could not decode it.
    #[error("the first frame is no key frame")]
    NoKeyFrame,
}

/// The frames of one encoding, in order, for ever: after the last comes the first.
#[derive(Clone, Debug)]
pub struct Film {
    frames: Vec<Vec<u8>>,
    next: usize,
}

impl Film {
    /// Reads an IVF file.
    pub fn read(file: &[u8]) -> Result<Self, FilmError> {
        let length = |at: usize| Some(usize::from(u16::from_le_bytes([*file.get(at)?, *file.get(at + 1)?])));
        if !file.starts_with(SIGNATURE) || file.get(8..12) != Some(VP8) {
            return Err(FilmError::OtherFormat);
        }
        let mut rest = length(6).and_then(|header| file.get(header..)).ok_or(FilmError::OtherFormat)?;
        let mut frames = Vec::new();
        while let Some(size) = rest.first_chunk() {
            let end = FRAME_HEADER.saturating_add(u32::from_le_bytes(*size) as usize);
            let frame = rest.get(FRAME_HEADER..end).filter(|frame| !frame.is_empty());
            frames.push(frame.ok_or(FilmError::Frames)?.to_vec());
            rest = &rest[end..];
        }
        if frames.is_empty() || frames.len() > FRAMES_MAX || !rest.is_empty() {
            return Err(FilmError::Frames);
        }
        if is_key(&frames[0]) { Ok(Self { frames, next: 0 }) } else { Err(FilmError::NoKeyFrame) }
    }

    /// Starts again, with the key frame.
    pub(crate) fn rewind(&mut self) {
        self.next = 0;
    }

    /// Returns the next frame, and whether it is a key frame.
    pub(crate) fn advance(&mut self) -> (&[u8], bool) {
        let at = self.next;
        self.next = (at + 1) % self.frames.len();
        (&self.frames[at], is_key(&self.frames[at]))
    }
}

/// RFC 6386 section 9.1: the lowest bit of a key frame is clear.
fn is_key(frame: &[u8]) -> bool {
    frame[0] & 1 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(frames: &[&[u8]]) -> Vec<u8> {
        let mut file = [SIGNATURE, &[0, 0, 32, 0], VP8, &[0; 20]].concat();
        for frame in frames {
            file.extend_from_slice(&(frame.len() as u32).to_le_bytes());
            file.extend_from_slice(&[0; 8]);
            file.extend_from_slice(frame);
        }
        file
    }

    #[test]
    fn frames_come_in_order_and_again_after_the_last_or_when_rewound() {
        let mut film = Film::read(&file(&[&[0, 7], &[1], &[3, 3]])).expect("a film");
        let mut take = || film.advance().0.to_vec();
        assert_eq!([take(), take(), take(), take()], [vec![0, 7], vec![1], vec![3, 3], vec![0, 7]]);
        film.rewind();
        assert_eq!(film.advance(), (&[0, 7][..], true));
        assert!(!film.advance().1);
    }

    #[test]
    fn a_file_that_is_no_film_is_refused() {
        assert_eq!(Film::read(b"RIFF").err(), Some(FilmError::OtherFormat));
        assert_eq!(Film::read(&file(&[])).err(), Some(FilmError::Frames));
        assert_eq!(Film::read(&file(&[&[]])).err(), Some(FilmError::Frames));
        assert_eq!(Film::read(&file(&[&[1, 2]])).err(), Some(FilmError::NoKeyFrame));
        let whole = file(&[&[0, 1, 2], &[1, 2]]);
        for len in 33..whole.len() {
            assert!(len == 47 || Film::read(&whole[..len]).is_err(), "{len}");
        }
    }
}
