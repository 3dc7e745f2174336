//! What one receiver's line takes, as far as its feedback tells, and who wants to know.

/// A change of the estimate smaller than this share is not worth another allocation.
const WORTH_TELLING: f64 = 0.15;

/// The congestion control of one receiver.
#[derive(Default)]
#[allow(dead_code, reason = "allocation is what asks")]
pub(crate) struct Congestion {
    /// What the receiver believes it can take (draft-alvestrand-rmcat-remb-03), bits per second.
    remb: Option<u32>,
    /// What allocation uses now, bits per second.
    allocated: u32,
    /// The estimate when [`Congestion::take_changed`] last said yes.
    told: Option<u32>,
}

#[allow(dead_code, reason = "allocation is what asks")]
impl Congestion {
    /// Returns what the line takes in bits per second, headers and UDP/IP included; `None` while nothing
    /// tells.
    pub(crate) fn available(&self) -> Option<u32> {
        self.remb
    }

    /// Takes what allocation uses now and what it would use if it could, bits per second.
    pub(crate) fn set_demand(&mut self, allocated: u32, _desired: u32) {
        self.allocated = allocated;
    }

    /// Says whether the estimate moved by more than 15 % since this last said yes, or fell below what is
    /// allocated.
    pub(crate) fn take_changed(&mut self) -> bool {
        let Some(now) = self.available() else { return false };
        let Some(told) = self.told else {
            self.told = Some(now);
            return true;
        };
        let moved = f64::from(now.abs_diff(told)) > WORTH_TELLING * f64::from(told);
        let short = now < self.allocated && now != told;
        if moved || short {
            self.told = Some(now);
        }
        moved || short
    }

    /// Takes what the receiver believes it can take.
    pub(crate) fn remb(&mut self, bits_per_second: u64) {
        self.remb = Some(u32::try_from(bits_per_second).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_told_when_it_moved_enough_or_fell_below_what_is_used() {
        let mut congestion = Congestion::default();
        assert!(!congestion.take_changed());
        congestion.remb(1_000_000);
        assert_eq!((congestion.take_changed(), congestion.take_changed()), (true, false));
        congestion.remb(900_000);
        assert!(!congestion.take_changed());
        congestion.set_demand(950_000, 2_000_000);
        assert_eq!((congestion.take_changed(), congestion.take_changed()), (true, false));
        congestion.remb(2_000_000);
        assert!(congestion.take_changed());
    }
}
