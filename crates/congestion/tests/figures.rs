//! Prints what becomes of each scenario: `cargo test -p congestion --test figures -- --ignored --nocapture`.

mod common;

use common::flow::OurFlow;
use common::run::run;
use common::scenarios;

#[test]
#[ignore = "prints figures for the benchmark and decides nothing"]
fn print_the_figures_of_all_scenarios() {
    for scenario in scenarios::all() {
        let outcome = run(&scenario, |number, wanted, now| Box::new(OurFlow::new(number, wanted, now)));
        let end = scenario.seconds as f64;
        let from = end / 2.0;
        println!(
            "{:36} use {:.2} queue {:5.0} p95 {:5.0} up {:?} lowest {} ours {:.0}k; down {:?} again {:?}; sound {:?}",
            scenario.name,
            outcome.utilisation(from, end),
            outcome.queue_ms(from, end),
            outcome.queue_p95_ms(from, end),
            outcome.seconds_up(0.0),
            outcome.lowest(5.0, end),
            outcome.rate(0, from, end) / 1e3,
            outcome.seconds_down(20.0),
            outcome.seconds_up(50.0),
            outcome.sound,
        );
        if std::env::var("TRACE").is_ok_and(|name| scenario.name.contains(&name)) {
            for sample in outcome.samples.iter().step_by(2) {
                println!(
                    "{:5.1} {:?} {:?} {:.0}",
                    sample.second, sample.targets, sample.delivered, sample.queue_ms
                );
            }
        }
    }
}
