//! Lets flows run through a scenario and measures them.

use std::time::{Duration, Instant};

use netem::{Conditions, Netem, Rate};

use super::scenarios::{Change, Scenario};
use super::{Flow, addresses, ms, start};

const STEP: Duration = Duration::from_millis(1);
/// A sample each tenth of a second.
const SAMPLE_STEPS: u64 = 100;

#[derive(Clone, Debug, Default)]
pub struct Sample {
    pub second: f64,
    /// Of each flow.
    pub targets: Vec<u32>,
    /// Bytes in this sample, of each flow.
    pub delivered: Vec<u64>,
    pub queue_ms: f64,
    /// What the line carries, bits per second.
    pub capacity: f64,
}

pub struct Outcome {
    pub samples: Vec<Sample>,
    /// Sound packets sent and arrived, of each flow.
    pub sound: Vec<(u64, u64)>,
}

/// Runs a scenario; `make` builds flow `number` that wants so many bits per second.
pub fn run(scenario: &Scenario, make: impl Fn(u8, u32, Instant) -> Box<dyn Flow>) -> Outcome {
    let t0 = start();
    let mut network = Netem::new(scenario.seed, Conditions::default());
    let mut flows: Vec<Box<dyn Flow>> =
        (1..=scenario.flows).map(|number| make(number, scenario.wanted, t0)).collect();
    if scenario.greedy {
        flows.push(Box::new(super::greedy::Greedy::new(scenario.flows + 1)));
    }
    let (sender, receiver) = addresses(1);
    for number in 2..=flows.len() as u8 {
        let (from, to) = addresses(number);
        network.share((from, to), (sender, receiver));
        network.share((to, from), (receiver, sender));
    }
    let mut line = scenario.line;
    network.set_conditions(sender, receiver, line);
    network.set_conditions(receiver, sender, scenario.back);
    let mut samples = Vec::new();
    let mut before = vec![0; flows.len()];
    for step in 0..scenario.seconds * 1000 {
        let now = t0 + STEP * step as u32;
        for (at, change) in &scenario.changes {
            if *at * 1000 == step {
                apply(*change, &mut line, &mut network, &mut flows);
            }
        }
        while let Some(delivery) = network.poll(now) {
            let [.., number] = match delivery.to.ip() {
                std::net::IpAddr::V4(address) => address.octets(),
                std::net::IpAddr::V6(_) => [0; 4],
            };
            let flow = &mut flows[usize::from(number) - 1];
            flow.receive(now, delivery.to, &delivery.bytes, &mut network);
        }
        for (place, flow) in flows.iter_mut().enumerate() {
            if step >= place as u64 * scenario.apart * 1000 {
                flow.step(now, &mut network);
            }
        }
        if step % SAMPLE_STEPS == SAMPLE_STEPS - 1 {
            let delivered: Vec<u64> = flows.iter().map(|flow| flow.delivered()).collect();
            samples.push(Sample {
                second: (step + 1) as f64 / 1000.0,
                targets: flows.iter().map(|flow| flow.target().unwrap_or_default()).collect(),
                delivered: delivered.iter().zip(&before).map(|(now, before)| now - before).collect(),
                queue_ms: network.queue_delay(now, sender, receiver).as_secs_f64() * 1e3,
                capacity: line.rate.map_or(f64::INFINITY, |rate| rate.bytes_per_second as f64 * 8.0),
            });
            before = delivered;
        }
    }
    Outcome { samples, sound: flows.iter().map(|flow| flow.sound()).collect() }
}

fn apply(change: Change, line: &mut Conditions, network: &mut Netem, flows: &mut [Box<dyn Flow>]) {
    let (sender, receiver) = addresses(1);
    match change {
        Change::Rate(bits_per_second, queue) => line.rate = Some(rate(bits_per_second, queue)),
        Change::Loss(loss) => line.loss = loss,
        Change::Wanted(bits_per_second) => flows[0].set_wanted(bits_per_second),
    }
    network.set_conditions(sender, receiver, *line);
}

/// A line of so many bits per second whose queue holds so much time.
pub fn rate(bits_per_second: u64, queue: Duration) -> Rate {
    let bytes_per_second = bits_per_second / 8;
    let queue_bytes = (bytes_per_second as f64 * queue.as_secs_f64()) as u64;
    Rate { bytes_per_second, burst_bytes: 0, queue_bytes }
}

impl Outcome {
    fn between(&self, from: f64, to: f64) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.second > from && sample.second <= to)
    }

    /// Returns what a flow delivered, in bits per second.
    pub fn rate(&self, flow: usize, from: f64, to: f64) -> f64 {
        self.between(from, to).map(|sample| sample.delivered[flow] as f64 * 8.0).sum::<f64>() / (to - from)
    }

    /// Returns the share of the line that all flows used.
    pub fn utilisation(&self, from: f64, to: f64) -> f64 {
        let capacity: f64 = self.between(from, to).map(|sample| sample.capacity / 10.0).sum();
        let delivered: u64 = self.between(from, to).flat_map(|sample| &sample.delivered).sum();
        delivered as f64 * 8.0 / capacity
    }

    /// Returns the mean time a packet would have waited in the line's queue.
    pub fn queue_ms(&self, from: f64, to: f64) -> f64 {
        let count = self.between(from, to).count().max(1);
        self.between(from, to).map(|sample| sample.queue_ms).sum::<f64>() / count as f64
    }

    /// Returns the 95th percentile of the same.
    pub fn queue_p95_ms(&self, from: f64, to: f64) -> f64 {
        let mut waits: Vec<f64> = self.between(from, to).map(|sample| sample.queue_ms).collect();
        waits.sort_by(f64::total_cmp);
        waits.get(waits.len() * 95 / 100).copied().unwrap_or_default()
    }

    /// Returns the lowest target of the first flow.
    pub fn lowest(&self, from: f64, to: f64) -> u32 {
        self.between(from, to).map(|sample| sample.targets[0]).min().unwrap_or_default()
    }

    /// Returns the seconds after `at` until the target stays at or below the line for a second.
    pub fn seconds_down(&self, at: f64) -> Option<f64> {
        let fits = |sample: &Sample| f64::from(sample.targets[0]) <= 1.05 * sample.capacity;
        self.settles(at, fits)
    }

    /// Returns the seconds after `at` until the target is at 90 % of what the line carries.
    pub fn seconds_up(&self, at: f64) -> Option<f64> {
        let reached = |sample: &&Sample| f64::from(sample.targets[0]) >= 0.9 * sample.capacity;
        self.samples.iter().filter(|sample| sample.second > at).find(reached).map(|sample| sample.second - at)
    }

    fn settles(&self, at: f64, fits: impl Fn(&Sample) -> bool) -> Option<f64> {
        let later: Vec<&Sample> = self.samples.iter().filter(|sample| sample.second > at).collect();
        let settled = later.windows(10).find(|window| window.iter().all(|sample| fits(sample)));
        settled.map(|window| window[0].second - at)
    }
}

/// A path without loss, so many milliseconds each way.
pub fn clean(bits_per_second: u64, delay_ms: u64, queue_ms: u64) -> Conditions {
    Conditions {
        delay: ms(delay_ms),
        rate: Some(rate(bits_per_second, ms(queue_ms))),
        ..Conditions::default()
    }
}
