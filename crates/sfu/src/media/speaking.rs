//! Who speaks, from the audio levels that clients measure (RFC 6464), with hysteresis.

use std::time::{Duration, Instant};

/// Louder than -45 dBov counts as speech.
const THRESHOLD: u8 = 45;
/// This much speech within the window begins it …
const ENOUGH: Duration = Duration::from_millis(100);
const WINDOW: Duration = Duration::from_millis(200);
/// … and this much silence ends it.
const HANGOVER: Duration = Duration::from_millis(600);
/// A packet speaks for the time since the one before, but not for a pause in sending.
const LONGEST_PACKET: Duration = Duration::from_millis(60);
const SHORTEST_PACKET: Duration = Duration::from_millis(10);

/// The state of one microphone.
#[derive(Default)]
pub(crate) struct SpeakingDetector {
    speaking: bool,
    last_packet: Option<Instant>,
    last_loud: Option<Instant>,
    window: Option<Instant>,
    loud: Duration,
    /// When the first sound of the speech that goes on came.
    began: Option<Instant>,
}

impl SpeakingDetector {
    /// Takes the level of a packet, 0 (loudest) to 127; returns the new state when it changed.
    pub(crate) fn packet(&mut self, now: Instant, level: u8) -> Option<bool> {
        let since = self.last_packet.map_or(SHORTEST_PACKET, |last| now.saturating_duration_since(last));
        self.last_packet = Some(now);
        if level >= THRESHOLD {
            return self.silence(now);
        }
        self.last_loud = Some(now);
        if self.window.is_none_or(|start| now.saturating_duration_since(start) > WINDOW) {
            self.window = Some(now);
            self.loud = Duration::ZERO;
        }
        self.loud += since.clamp(SHORTEST_PACKET, LONGEST_PACKET);
        let begins = !self.speaking && self.loud >= ENOUGH;
        if begins {
            self.speaking = true;
            self.began = self.window;
        }
        begins.then_some(true)
    }

    /// Lets time pass without sound; returns the new state when it changed.
    pub(crate) fn silence(&mut self, now: Instant) -> Option<bool> {
        if self.deadline().is_none_or(|at| now < at) {
            return None;
        }
        *self = Self { last_packet: self.last_packet, ..Self::default() };
        Some(false)
    }

    /// Returns when the speech that goes on began; `None` while nobody speaks.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.began
    }

    /// Returns when silence will have lasted long enough; `None` while nobody speaks.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.last_loud.filter(|_| self.speaking).map(|last| last + HANGOVER)
    }

    /// Stops at once; returns whether there was speech.
    pub(crate) fn stop(&mut self) -> bool {
        std::mem::take(self).speaking
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Feeds one level per 20 ms and returns the changes with their times.
    fn run(levels: &[u8]) -> Vec<(u64, bool)> {
        let now = start();
        let mut detector = SpeakingDetector::default();
        let changes =
            levels.iter().zip(0u64..).map(|(level, n)| (n * 20, detector.packet(now + ms(n * 20), *level)));
        changes.filter_map(|(at, change)| change.map(|to| (at, to))).collect()
    }

    #[test]
    fn a_tenth_of_a_second_of_sound_begins_speech_and_600_ms_of_silence_end_it() {
        let levels: Vec<u8> = [[20; 50], [127; 50]].concat();
        assert_eq!(run(&levels), [(100, true), (49 * 20 + 600, false)]);
    }

    #[test]
    fn speech_began_with_its_first_sound_and_not_when_it_was_noticed() {
        let now = start();
        let mut detector = SpeakingDetector::default();
        for n in 0..100 {
            detector.packet(now + ms(n * 20), if n < 30 { 127 } else { 20 });
            let noticed = n >= 34;
            assert_eq!(detector.began(), noticed.then_some(now + ms(600)), "{n}");
        }
        detector.silence(now + ms(5000));
        assert_eq!(detector.began(), None);
    }

    #[test]
    fn a_click_is_not_speech() {
        let mut levels = vec![127; 100];
        levels[10] = 5;
        levels[11] = 5;
        assert_eq!(run(&levels), []);
    }

    #[test]
    fn pauses_between_words_do_not_end_speech() {
        let levels: Vec<u8> = [20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 90, 90, 90, 90, 90].repeat(10);
        assert_eq!(run(&levels), [(100, true)]);
    }

    #[test]
    fn a_microphone_that_stops_sending_stops_speaking() {
        let now = start();
        let mut detector = SpeakingDetector::default();
        for n in 0..10 {
            detector.packet(now + ms(n * 20), 10);
        }
        assert_eq!(detector.deadline(), Some(now + ms(180 + 600)));
        assert_eq!(detector.silence(now + ms(779)), None);
        assert_eq!(detector.silence(now + ms(780)), Some(false));
        assert_eq!(detector.deadline(), None);
    }
}
