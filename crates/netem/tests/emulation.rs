//! The emulator does what it is told, and the same every time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netem::{Conditions, Delivery, GilbertElliott, Loss, Netem, Rate};

const HOUR: Duration = Duration::from_secs(3600);

fn a() -> SocketAddr {
    ([10, 0, 0, 1], 1000).into()
}

fn b() -> SocketAddr {
    ([10, 0, 0, 2], 2000).into()
}

#[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
fn start() -> Instant {
    Instant::now()
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Sends `count` numbered datagrams of `len` bytes from a to b, `gap` apart.
fn send(net: &mut Netem, t0: Instant, count: u32, len: usize, gap: Duration) {
    for number in 0..count {
        let mut bytes = vec![0; len];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        net.send(t0 + gap * number, a(), b(), &bytes);
    }
}

fn drain(net: &mut Netem, now: Instant) -> Vec<Delivery> {
    std::iter::from_fn(|| net.poll(now)).collect()
}

fn number(delivery: &Delivery) -> u32 {
    u32::from_be_bytes(delivery.bytes[..4].try_into().expect("a numbered datagram"))
}

fn rough() -> Conditions {
    Conditions {
        loss: Loss::Random(0.1),
        delay: ms(40),
        jitter: ms(20),
        reorder: 0.1,
        hold: ms(30),
        duplicate: 0.1,
        rate: Some(Rate { bytes_per_second: 200_000, burst_bytes: 3000, queue_bytes: 10_000 }),
    }
}

#[test]
fn a_perfect_network_delivers_at_once_and_in_order() {
    let t0 = start();
    let mut net = Netem::new(1, Conditions::default());
    send(&mut net, t0, 3, 10, Duration::ZERO);
    assert_eq!(net.next_deadline(), Some(t0));
    let got = drain(&mut net, t0);
    assert_eq!(got.iter().map(number).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(got.iter().all(|d| d.at == t0 && d.from == a() && d.to == b()));
    assert_eq!(net.next_deadline(), None);
}

#[test]
fn nothing_arrives_before_its_delay() {
    let t0 = start();
    let mut net = Netem::new(1, Conditions { delay: ms(50), ..Conditions::default() });
    net.send(t0, a(), b(), b"x");
    assert_eq!(net.next_deadline(), Some(t0 + ms(50)));
    assert_eq!(net.poll(t0 + ms(49)), None);
    assert_eq!(net.poll(t0 + ms(50)).map(|d| d.bytes), Some(b"x".to_vec()));
}

#[test]
fn the_same_seed_gives_the_same_deliveries_and_another_seed_others() {
    let t0 = start();
    let run = |seed| {
        let mut net = Netem::new(seed, rough());
        send(&mut net, t0, 500, 1000, ms(4));
        drain(&mut net, t0 + HOUR)
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn the_loss_rate_is_the_one_configured() {
    let t0 = start();
    let mut net = Netem::new(3, Conditions { loss: Loss::Random(0.05), ..Conditions::default() });
    send(&mut net, t0, 20_000, 10, ms(1));
    let lost = net.statistics().lost;
    assert!((900..1100).contains(&lost), "lost {lost} of 20,000 at 5 %");
    assert_eq!(drain(&mut net, t0 + HOUR).len() as u64, 20_000 - lost);
}

#[test]
fn losses_come_in_bursts_of_the_configured_length() {
    let t0 = start();
    let model = GilbertElliott { good_to_bad: 0.02, bad_to_good: 0.2, loss_good: 0.0, loss_bad: 1.0 };
    let mut net = Netem::new(3, Conditions { loss: Loss::Bursts(model), ..Conditions::default() });
    send(&mut net, t0, 20_000, 10, ms(1));
    let got: Vec<u32> = drain(&mut net, t0 + HOUR).iter().map(number).collect();
    let gaps: Vec<u32> = got.windows(2).map(|w| w[1] - w[0] - 1).filter(|gap| *gap > 0).collect();
    let mean = f64::from(gaps.iter().sum::<u32>()) / gaps.len() as f64;
    assert!((4.0..6.0).contains(&mean), "mean burst {mean}, expected 1 / 0.2");
    let lost = net.statistics().lost as f64 / 20_000.0;
    assert!((0.07..0.115).contains(&lost), "lost {lost}, expected 0.02 / (0.02 + 0.2)");
}

#[test]
fn jitter_spreads_the_delay_but_keeps_the_order() {
    let t0 = start();
    let conditions = Conditions { delay: ms(40), jitter: ms(20), ..Conditions::default() };
    let mut net = Netem::new(5, conditions);
    send(&mut net, t0, 1000, 10, ms(30));
    let got = drain(&mut net, t0 + HOUR);
    assert!(got.iter().map(number).is_sorted());
    let delays = || got.iter().map(|d| d.at - (t0 + ms(30) * number(d)));
    assert!(delays().min().unwrap() < ms(30));
    assert!(delays().max().unwrap() > ms(50) && delays().max().unwrap() <= ms(60));
}

#[test]
fn a_held_back_datagram_is_overtaken() {
    let t0 = start();
    let conditions = Conditions { reorder: 0.2, hold: ms(5), ..Conditions::default() };
    let mut net = Netem::new(5, conditions);
    send(&mut net, t0, 1000, 10, ms(1));
    let held = net.statistics().held_back;
    assert!((150..250).contains(&held), "held back {held} of 1,000 at 20 %");
    let got = drain(&mut net, t0 + HOUR);
    assert_eq!(got.len(), 1000);
    let overtaken = got.windows(2).filter(|w| number(&w[0]) > number(&w[1])).count();
    assert!(overtaken > 100, "{overtaken} inversions");
}

#[test]
fn duplicates_arrive_twice() {
    let t0 = start();
    let mut net = Netem::new(5, Conditions { duplicate: 0.3, ..Conditions::default() });
    send(&mut net, t0, 1000, 10, ms(1));
    let duplicated = net.statistics().duplicated;
    assert!((250..350).contains(&duplicated), "duplicated {duplicated} of 1,000 at 30 %");
    assert_eq!(drain(&mut net, t0 + HOUR).len() as u64, 1000 + duplicated);
}

#[test]
fn a_rate_limit_paces_after_the_burst_and_the_full_queue_drops() {
    let t0 = start();
    let rate = Rate { bytes_per_second: 100_000, burst_bytes: 2000, queue_bytes: 5000 };
    let mut net = Netem::new(5, Conditions { rate: Some(rate), ..Conditions::default() });
    send(&mut net, t0, 20, 1000, Duration::ZERO);
    let at: Vec<u128> = drain(&mut net, t0 + HOUR).iter().map(|d| (d.at - t0).as_millis()).collect();
    assert_eq!(at, [0, 0, 10, 20, 30, 40, 50]);
    assert_eq!(net.statistics().queue_dropped, 13);
}

#[test]
fn a_steady_stream_below_the_rate_passes_unharmed() {
    let t0 = start();
    let rate = Rate { bytes_per_second: 100_000, burst_bytes: 1500, queue_bytes: 0 };
    let mut net = Netem::new(5, Conditions { rate: Some(rate), ..Conditions::default() });
    send(&mut net, t0, 500, 1000, ms(10));
    assert_eq!(drain(&mut net, t0 + HOUR).len(), 500);
}

#[test]
fn each_direction_has_its_own_conditions() {
    let t0 = start();
    let mut net = Netem::new(5, Conditions::default());
    net.set_conditions(a(), b(), Conditions { loss: Loss::Random(1.0), ..Conditions::default() });
    net.send(t0, a(), b(), b"there");
    net.send(t0, b(), a(), b"back");
    assert_eq!(drain(&mut net, t0).into_iter().map(|d| d.bytes).collect::<Vec<_>>(), [b"back"]);
}

#[test]
fn paths_that_share_a_link_share_its_queue_and_the_wait_in_it_is_known() {
    let t0 = start();
    let mut net = Netem::new(1, Conditions::default());
    let rate = Some(Rate { bytes_per_second: 100_000, burst_bytes: 0, queue_bytes: 100_000 });
    net.set_conditions(a(), b(), Conditions { rate, ..Conditions::default() });
    let c: SocketAddr = ([10, 0, 0, 3], 3000).into();
    net.share((c, b()), (a(), b()));
    net.send(t0, a(), b(), &[0; 1000]);
    net.send(t0, c, b(), &[0; 1000]);
    assert_eq!(net.queue_delay(t0, a(), b()), ms(20));
    let got = drain(&mut net, t0 + HOUR);
    assert_eq!(got.iter().map(|d| (d.from, d.at - t0)).collect::<Vec<_>>(), [(a(), ms(10)), (c, ms(20))]);
}
