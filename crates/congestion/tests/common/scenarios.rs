//! The lines that congestion control has to live with.

use std::time::Duration;

use netem::{Conditions, GilbertElliott, Loss};

use super::ms;
use super::run::clean;

#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Bits per second and the time that the queue holds.
    Rate(u64, Duration),
    Loss(Loss),
    /// What the first flow would send if it could.
    Wanted(u32),
}

#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub seed: u64,
    pub seconds: u64,
    pub line: Conditions,
    pub back: Conditions,
    pub flows: u8,
    /// A download beside them.
    pub greedy: bool,
    /// Seconds between the starts of the flows.
    pub apart: u64,
    /// Bits per second that each flow would send.
    pub wanted: u32,
    /// What happens at which second.
    pub changes: Vec<(u64, Change)>,
}

/// One flow on 2 Mbit/s with a queue of 300 ms, 25 ms each way, that would send 3 Mbit/s.
pub fn steady() -> Scenario {
    Scenario {
        name: "steady 2 Mbit/s",
        seed: 11,
        seconds: 60,
        line: clean(2_000_000, 25, 300),
        back: Conditions { delay: ms(25), ..Conditions::default() },
        flows: 1,
        greedy: false,
        apart: 0,
        wanted: 3_000_000,
        changes: Vec::new(),
    }
}

fn with(name: &'static str, change: impl Fn(&mut Conditions)) -> Scenario {
    let mut scenario = Scenario { name, ..steady() };
    change(&mut scenario.line);
    scenario
}

pub fn random_loss() -> Vec<(f64, Scenario)> {
    let names = [
        (0.01, "random loss 1 %"),
        (0.02, "random loss 2 %"),
        (0.05, "random loss 5 %"),
        (0.10, "random loss 10 %"),
        (0.20, "random loss 20 %"),
        (0.30, "random loss 30 %"),
    ];
    names.map(|(share, name)| (share, with(name, |line| line.loss = Loss::Random(share)))).to_vec()
}

/// 4 % on average, ten packets at a time.
pub fn burst_loss() -> Scenario {
    let model = GilbertElliott { good_to_bad: 0.005, bad_to_good: 0.1, loss_good: 0.0, loss_bad: 0.8 };
    with("burst loss 4 %", |line| line.loss = Loss::Bursts(model))
}

pub fn reordering() -> Scenario {
    with("reordering 5 % by 20 ms", |line| (line.reorder, line.hold) = (0.05, ms(20)))
}

pub fn duplication() -> Scenario {
    with("duplication 5 %", |line| line.duplicate = 0.05)
}

pub fn jitter() -> Vec<(u64, Scenario)> {
    let names = [(50, "jitter 50 ms"), (100, "jitter 100 ms"), (200, "jitter 200 ms")];
    // Spread evenly over the time named.
    names
        .map(|(time, name)| {
            let change =
                |line: &mut Conditions| (line.delay, line.jitter) = (ms(25 + time / 2), ms(time / 2));
            (time, with(name, change))
        })
        .to_vec()
}

/// 2 Mbit/s, 300 kbit/s after 20 s, 2 Mbit/s again after 50 s.
pub fn steps() -> Scenario {
    let changes = vec![(20, Change::Rate(300_000, ms(300))), (50, Change::Rate(2_000_000, ms(300)))];
    Scenario { name: "2 M, 300 k, 2 M", seconds: 80, changes, ..steady() }
}

/// The same with queues of two seconds.
pub fn bloated_steps() -> Scenario {
    let changes = vec![(20, Change::Rate(300_000, ms(2000))), (50, Change::Rate(2_000_000, ms(2000)))];
    let line = clean(2_000_000, 25, 2000);
    Scenario { name: "2 M, 300 k, 2 M, queue of 2 s", seconds: 80, line, changes, ..steady() }
}

pub fn bufferbloat() -> Scenario {
    Scenario { name: "1 Mbit/s, queue of 2 s", line: clean(1_000_000, 25, 2000), ..steady() }
}

/// A line that drops what is too much, as policers do: no queue gives warning.
pub fn policed() -> Scenario {
    Scenario { name: "1 Mbit/s policed, queue of 20 ms", line: clean(1_000_000, 25, 20), ..steady() }
}

pub fn narrow() -> Scenario {
    Scenario { name: "steady 150 kbit/s", line: clean(150_000, 40, 500), ..steady() }
}

pub fn two_flows() -> Scenario {
    Scenario { name: "two flows on 2 Mbit/s", flows: 2, apart: 10, seconds: 120, ..steady() }
}

pub fn greedy() -> Scenario {
    Scenario { name: "a download beside it on 2 Mbit/s", greedy: true, apart: 15, seconds: 90, ..steady() }
}

/// Little is sent for half a minute; then much is wanted.
pub fn awakening() -> Scenario {
    let changes = vec![(30, Change::Wanted(3_000_000))];
    Scenario { name: "200 kbit/s wanted, then 3 Mbit/s", wanted: 200_000, changes, ..steady() }
}

/// Three seconds of nothing.
pub fn outage() -> Scenario {
    let changes = vec![(30, Change::Loss(Loss::Random(1.0))), (33, Change::Loss(Loss::Never))];
    Scenario { name: "outage of 3 s", changes, ..steady() }
}

pub fn lost_feedback() -> Scenario {
    let mut scenario = Scenario { name: "feedback loss 20 %", ..steady() };
    scenario.back.loss = Loss::Random(0.2);
    scenario
}

pub fn all() -> Vec<Scenario> {
    let mut all = vec![steady(), narrow()];
    all.extend(random_loss().into_iter().map(|(_, scenario)| scenario));
    all.extend([burst_loss(), reordering(), duplication()]);
    all.extend(jitter().into_iter().map(|(_, scenario)| scenario));
    all.extend([steps(), bloated_steps(), bufferbloat(), policed(), two_flows(), greedy()]);
    all.extend([awakening(), outage(), lost_feedback()]);
    all
}
