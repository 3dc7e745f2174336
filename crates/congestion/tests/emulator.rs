//! Congestion control on emulated lines, on virtual time: how soon it finds what a line carries, how much of it it
//! uses, and how long what it sends has to wait.

mod common;

use common::flow::{BOUNDS, OurFlow};
use common::run::{Outcome, run};
use common::scenarios::{self, Scenario};

/// Below this, sound suffers.
const SOUND: u32 = BOUNDS.floor;

fn ours(scenario: &Scenario) -> Outcome {
    let outcome = run(scenario, |number, wanted, now| Box::new(OurFlow::new(number, wanted, now)));
    let lowest = outcome.lowest(1.0, scenario.seconds as f64);
    assert!(lowest >= SOUND, "{}: {lowest} bit/s is too little for sound", scenario.name);
    outcome
}

/// Sound that never came, of all that was sent.
fn silence(outcome: &Outcome) -> f64 {
    let (sent, came) = outcome.sound[0];
    sent.saturating_sub(came) as f64 / sent as f64
}

#[test]
fn a_steady_line_is_found_at_once_and_used_without_a_queue() {
    // A packet of a picture alone takes 64 ms of the narrow line.
    for (scenario, most_queue) in [(scenarios::steady(), 50.0), (scenarios::narrow(), 100.0)] {
        let outcome = ours(&scenario);
        assert!(outcome.seconds_up(0.0).is_some_and(|seconds| seconds < 2.0), "{}", scenario.name);
        let (used, queue) = (outcome.utilisation(10.0, 60.0), outcome.queue_ms(10.0, 60.0));
        assert!(used > 0.85, "{}: {used:.2} used", scenario.name);
        assert!(queue < most_queue, "{}: {queue:.0} ms of queue", scenario.name);
        assert!(silence(&outcome) < 0.005, "{}: {:?}", scenario.name, outcome.sound);
    }
}

#[test]
fn a_line_that_falls_to_300_kbit_is_obeyed_within_two_seconds_and_its_return_found_within_fifteen() {
    for (seed, scenario) in (0..3)
        .flat_map(|seed| [scenarios::steps(), scenarios::bloated_steps()].map(|scenario| (seed, scenario)))
    {
        let outcome = ours(&Scenario { seed, ..scenario });
        let name = scenario.name;
        let down = outcome.seconds_down(20.0).expect("it settles");
        assert!(down <= 2.0, "{name}: {down:.1} s down");
        let up = outcome.seconds_up(50.0).expect("it comes back");
        assert!(up <= 15.0, "{name}: {up:.1} s up");
        let queue = outcome.queue_ms(20.0 + down + 2.0, 50.0);
        assert!(queue <= 100.0, "{name}: {queue:.0} ms of queue");
        let used = outcome.utilisation(24.0, 50.0);
        assert!(used > 0.75, "{name}: {used:.2} of 300 kbit/s used");
    }
}

#[test]
fn random_loss_costs_little_more_than_what_is_lost() {
    for (share, scenario) in scenarios::random_loss() {
        let outcome = ours(&scenario);
        let used = outcome.utilisation(20.0, 60.0);
        let least = if share <= 0.10 { 0.85 } else { 0.7 } * (1.0 - share);
        assert!(used > least, "{}: {used:.2} used", scenario.name);
        assert!(outcome.queue_ms(10.0, 60.0) <= 100.0, "{}", scenario.name);
    }
}

#[test]
fn bursts_of_loss_reordering_and_duplication_are_no_congestion() {
    for scenario in [scenarios::burst_loss(), scenarios::reordering(), scenarios::duplication()] {
        let outcome = ours(&scenario);
        let used = outcome.utilisation(20.0, 60.0);
        assert!(used > 0.75, "{}: {used:.2} used", scenario.name);
    }
}

#[test]
fn jitter_costs_less_than_half() {
    for (time, scenario) in scenarios::jitter() {
        let outcome = ours(&scenario);
        let used = outcome.utilisation(20.0, 60.0);
        assert!(used > 0.6, "{}: {used:.2} used", scenario.name);
        let queue = outcome.queue_ms(10.0, 60.0);
        assert!(queue <= 100.0, "{time} ms: {queue:.0} ms of queue");
    }
}

#[test]
fn a_deep_queue_stays_empty() {
    let outcome = ours(&scenarios::bufferbloat());
    let (used, queue) = (outcome.utilisation(10.0, 60.0), outcome.queue_ms(10.0, 60.0));
    assert!(used > 0.8 && queue <= 100.0, "{used:.2} used, {queue:.0} ms of queue");
}

#[test]
fn a_line_that_drops_what_is_too_much_is_found_by_its_loss() {
    let outcome = ours(&scenarios::policed());
    let used = outcome.utilisation(10.0, 60.0);
    // Whole frames do not fit a queue of 20 ms: what they lose of themselves holds the rate down.
    assert!(used > 0.5, "{used:.2} used");
    assert!(silence(&outcome) < 0.05, "{:?}", outcome.sound);
}

#[test]
fn two_of_ours_share_a_line_and_its_queue_stays_short() {
    let outcome = ours(&scenarios::two_flows());
    let rates = [outcome.rate(0, 60.0, 120.0), outcome.rate(1, 60.0, 120.0)];
    let (less, more) = (rates[0].min(rates[1]), rates[0].max(rates[1]));
    assert!(more < 3.0 * less, "{rates:?}");
    assert!(outcome.utilisation(60.0, 120.0) > 0.75);
    assert!(outcome.queue_ms(60.0, 120.0) <= 100.0);
}

#[test]
fn a_download_on_the_same_line_leaves_sound_and_a_small_picture() {
    let outcome = ours(&scenarios::greedy());
    let rate = outcome.rate(0, 30.0, 90.0);
    assert!(rate > 100_000.0, "{rate} bit/s");
    assert!(silence(&outcome) < 0.02, "{:?}", outcome.sound);
}

#[test]
fn who_sends_little_for_long_is_ready_when_much_is_wanted() {
    let outcome = ours(&scenarios::awakening());
    let up = outcome.seconds_up(30.0).expect("it is found");
    assert!(up <= 15.0, "{up:.1} s");
}

#[test]
fn an_outage_is_followed_by_what_was_before() {
    let outcome = ours(&scenarios::outage());
    let up = outcome.seconds_up(33.0).expect("it comes back");
    assert!(up <= 15.0, "{up:.1} s");
}

#[test]
fn lost_feedback_is_not_taken_for_lost_packets() {
    let used = ours(&scenarios::lost_feedback()).utilisation(10.0, 60.0);
    assert!(used > 0.75, "{used:.2} used");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let targets = || -> Vec<Vec<u32>> {
        let outcome = ours(&scenarios::burst_loss());
        outcome.samples.into_iter().map(|sample| sample.targets).collect()
    };
    assert_eq!(targets(), targets());
}
