//! Measures every scenario with our estimator and with str0m's, three runs each, and prints one JSON object for
//! `python -m bench congestion`.

mod common;

use std::time::Instant;

use common::Flow;
use common::flow::OurFlow;
use common::foreign::ForeignFlow;
use common::run::{Outcome, run};
use common::scenarios::{self, Change, Scenario};

const SEEDS: u64 = 3;

type Make = fn(u8, u32, Instant) -> Box<dyn Flow>;

/// What is told of one run.
struct Figures {
    /// Share of the line used, in the second half.
    used: f64,
    /// What the line's queue adds, in ms, in the second half.
    queue: f64,
    queue_p95: f64,
    /// Seconds until it fits after the line fell, and until it is at 90 % of what the line then carries.
    down: Option<f64>,
    up: Option<f64>,
    lowest: f64,
}

fn measure(scenario: &Scenario, make: Make) -> Figures {
    let outcome = run(scenario, make);
    let end = scenario.seconds as f64;
    let (down, up) = turns(scenario, &outcome);
    Figures {
        used: outcome.utilisation(end / 2.0, end),
        queue: outcome.queue_ms(end / 2.0, end),
        queue_p95: outcome.queue_p95_ms(end / 2.0, end),
        down,
        up,
        lowest: f64::from(outcome.lowest(5.0, end)) / 1e3,
    }
}

/// Returns the seconds to settle after the line fell, and to be at 90 % after the last good change (or the start).
fn turns(scenario: &Scenario, outcome: &Outcome) -> (Option<f64>, Option<f64>) {
    let rate = |change: &Change| if let Change::Rate(rate, _) = change { Some(*rate) } else { None };
    let fell = scenario.changes.iter().find(|(_, change)| rate(change).is_some_and(|rate| rate < 1_000_000));
    let last = scenario.changes.last().map_or(0, |(at, _)| *at);
    (fell.and_then(|(at, _)| outcome.seconds_down(*at as f64)), outcome.seconds_up(last as f64))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("null".to_owned(), |value| format!("{value:.digits$}"))
}

fn row(scenario: &Scenario, make: Make) -> String {
    let runs: Vec<Figures> = (0..SEEDS)
        .map(|seed| measure(&Scenario { seed: scenario.seed + seed, ..scenario.clone() }, make))
        .collect();
    let of = |value: fn(&Figures) -> Option<f64>| median(runs.iter().filter_map(value).collect());
    format!(
        r#"{{"used": {}, "queue_ms": {}, "queue_p95_ms": {}, "seconds_down": {}, "seconds_up": {}, "lowest_kbit": {}}}"#,
        number(of(|run| Some(run.used)), 2),
        number(of(|run| Some(run.queue)), 0),
        number(of(|run| Some(run.queue_p95)), 0),
        number(of(|run| run.down), 1),
        number(of(|run| run.up), 1),
        number(of(|run| Some(run.lowest)), 0),
    )
}

#[test]
#[ignore = "prints figures for the benchmark and decides nothing"]
fn print_the_figures_of_all_scenarios() {
    let ours: Make = |number, wanted, now| Box::new(OurFlow::new(number, wanted, now));
    let foreign: Make = |number, wanted, now| Box::new(ForeignFlow::new(number, wanted, now));
    let rows: Vec<String> = scenarios::all()
        .iter()
        .map(|scenario| {
            format!(
                "  \"{}\": {{\"ours\": {}, \"str0m\": {}}}",
                scenario.name,
                row(scenario, ours),
                row(scenario, foreign)
            )
        })
        .collect();
    println!("{{\n{}\n}}", rows.join(",\n"));
}
