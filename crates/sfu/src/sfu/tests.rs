//! What only the inside can show: the fence, and that nothing is left of who leaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::command::{Command, EndpointParameters, IceCredentials, MediaKind, ReceiveSection, Slot, View};
use crate::config::{Certificate, Limits};
use crate::counters::DropReason;
use crate::ids::{ConferenceId, Mid};
use crate::media::tests::{VP8, start};
use proptest::prelude::*;

fn engine(now: Instant) -> Sfu {
    let made = dimpl::certificate::generate_self_signed_certificate().expect("a certificate");
    let certificate = Certificate { certificate_der: made.certificate, private_key_der: made.private_key };
    Sfu::new(Config {
        certificate: Arc::new(certificate),
        started: now,
        unix_time_at_start: Duration::from_secs(1_800_000_000),
        seed: 1,
        equalise: true,
        limits: Limits { endpoints: 4, ..Limits::default() },
    })
}

fn mid(name: &str) -> Mid {
    Mid::from(name).expect("short")
}

fn parameters(endpoint: u64, conference: u64, ice: u64) -> Box<EndpointParameters> {
    let ice = |side: &str| IceCredentials { ufrag: format!("{side}{ice}"), password: "p".repeat(24) };
    Box::new(EndpointParameters {
        endpoint: EndpointId(endpoint),
        conference: ConferenceId(conference),
        local_ice: ice("local"),
        remote_ice: ice("remote"),
        remote_fingerprints: vec![[0; 32]],
        codecs: vec![VP8],
        extensions: wire::ext::ExtensionMap::default(),
        transport_cc: false,
        receive: vec![ReceiveSection {
            mid: mid("v"),
            kind: MediaKind::Video,
            ssrcs: vec![(1000 + endpoint as u32, None)],
            rids: Vec::new(),
        }],
        slots: vec![Slot { mid: mid("s"), kind: MediaKind::Video, ssrc: 5, rtx_ssrc: None }],
        cname: "us".to_owned(),
    })
}

fn publish(endpoint: u64) -> Command {
    Command::Publish { endpoint: EndpointId(endpoint), source: SourceId(endpoint), mid: mid("v") }
}

fn show(endpoint: u64, source: u64) -> Command {
    Command::MapSlot {
        endpoint: EndpointId(endpoint),
        mid: mid("s"),
        source: Some(SourceId(source)),
        view: View::default(),
    }
}

fn drain(sfu: &mut Sfu, now: Instant) -> Vec<Event> {
    let mut batch = SendBatch::new(100_000, 64);
    while sfu.poll_transmit(now, &mut batch) {
        batch.clear();
    }
    std::iter::from_fn(|| sfu.poll_event()).collect()
}

fn assert_empty(sfu: &Sfu) {
    assert!(sfu.endpoints.is_empty() && sfu.sections.is_empty());
    assert!(sfu.ids.is_empty() && sfu.ufrags.is_empty() && sfu.routes.is_empty() && sfu.sources.is_empty());
    assert_eq!((sfu.counters.endpoints, sfu.counters.sources), (0, 0));
    assert_eq!((sfu.counters.routes, sfu.counters.ssrcs, sfu.handshakes), (0, 0, 0));
}

#[test]
fn a_bug_met_by_one_endpoint_ends_that_endpoint_only() {
    let now = start();
    let mut sfu = engine(now);
    for endpoint in [1, 2] {
        sfu.command(now, Command::AddEndpoint(parameters(endpoint, 7, endpoint)));
        sfu.command(now, publish(endpoint));
    }
    sfu.command(now, show(2, 1));
    drain(&mut sfu, now);
    let victim = sfu.ids[&EndpointId(1)];
    sfu.endpoints[victim].fail_next_step = true;
    let later = now + Duration::from_secs(31);
    sfu.timeout(later);
    let events = drain(&mut sfu, later);
    let closed = |endpoint, reason| Event::TransportStateChanged {
        endpoint: EndpointId(endpoint),
        state: TransportState::Closed(reason),
    };
    assert!(events.contains(&closed(1, CloseReason::Fault)));
    assert!(events.contains(&closed(2, CloseReason::ConnectTimeout)));
    let ended = events.iter().filter(|event| matches!(event, Event::TransportStateChanged { .. })).count();
    assert_eq!((sfu.counters().faults, ended), (1, 2));
    assert_empty(&sfu);
}

#[test]
fn a_source_is_not_shown_in_another_conference() {
    let now = start();
    let mut sfu = engine(now);
    sfu.command(now, Command::AddEndpoint(parameters(1, 7, 1)));
    sfu.command(now, Command::AddEndpoint(parameters(2, 8, 2)));
    sfu.command(now, publish(1));
    sfu.command(now, show(2, 1));
    assert_eq!(sfu.counters().dropped(DropReason::CommandRefused), 1);
    assert!(sfu.endpoints.iter().all(|(_, endpoint)| endpoint.slots[0].mapping().is_none()));
    assert!(sfu.sections.iter().all(|(_, section)| section.subscribers.is_empty()));
}

#[test]
fn an_ssrc_that_another_endpoint_announced_binds_nothing_of_it() {
    let now = start();
    let mut sfu = engine(now);
    let mut thief = parameters(2, 7, 2);
    thief.receive[0].ssrcs = parameters(1, 7, 1).receive[0].ssrcs.clone();
    sfu.command(now, Command::AddEndpoint(parameters(1, 7, 1)));
    sfu.command(now, Command::AddEndpoint(thief));
    let bound: Vec<_> = sfu.endpoints.iter().map(|(_, endpoint)| endpoint.ssrcs.find(1001)).collect();
    assert_eq!(bound.len(), 2);
    assert!(bound.iter().all(Option::is_some));
    sfu.command(now, Command::RemoveEndpoint { endpoint: EndpointId(2) });
    let owner = sfu.ids[&EndpointId(1)];
    assert!(sfu.endpoints[owner].ssrcs.find(1001).is_some());
}

#[derive(Clone, Debug)]
enum Step {
    Add(u64, u64),
    Update(u64, u64),
    Remove(u64),
    Publish(u64),
    Unpublish(u64),
    Enable(u64, bool),
    Show(u64, Option<u64>),
    Ask(u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..6u64;
    prop_oneof![
        3 => (who.clone(), 0..2u64).prop_map(|(id, conference)| Step::Add(id, conference)),
        1 => (who.clone(), 0..8u64).prop_map(|(id, ice)| Step::Update(id, ice)),
        1 => who.clone().prop_map(Step::Remove),
        3 => who.clone().prop_map(Step::Publish),
        1 => who.clone().prop_map(Step::Unpublish),
        1 => (who.clone(), any::<bool>()).prop_map(|(source, enabled)| Step::Enable(source, enabled)),
        4 => (who.clone(), proptest::option::of(who.clone())).prop_map(|(id, source)| Step::Show(id, source)),
        1 => who.prop_map(Step::Ask),
        1 => (0..40_000u64).prop_map(Step::Wait),
    ]
}

fn apply(sfu: &mut Sfu, now: Instant, step: &Step) {
    let command = match *step {
        Step::Add(id, conference) => Command::AddEndpoint(parameters(id, conference, id)),
        Step::Update(id, ice) => Command::UpdateEndpoint(parameters(id, 0, ice)),
        Step::Remove(id) => Command::RemoveEndpoint { endpoint: EndpointId(id) },
        Step::Publish(id) => publish(id),
        Step::Unpublish(id) => Command::Unpublish { source: SourceId(id) },
        Step::Enable(id, enabled) => Command::SetSourceEnabled { source: SourceId(id), enabled },
        Step::Show(id, source) => Command::MapSlot {
            endpoint: EndpointId(id),
            mid: mid("s"),
            source: source.map(SourceId),
            view: View::default(),
        },
        Step::Ask(id) => Command::RequestStatistics { endpoint: EndpointId(id), request: id },
        Step::Wait(_) => return sfu.timeout(now),
    };
    sfu.command(now, command);
}

/// Every reference between tables leads somewhere and back.
fn assert_consistent(sfu: &Sfu) {
    let mut shown = 0;
    for (index, endpoint) in &sfu.endpoints {
        for (position, slot) in endpoint.slots.iter().enumerate() {
            let Some(mapping) = slot.mapping() else { continue };
            shown += 1;
            let section = &sfu.sections[mapping.section];
            assert_eq!((section.source, section.conference), (Some(mapping.source), endpoint.conference));
            assert_eq!(sfu.sources.get(&mapping.source), Some(&mapping.section));
            assert!(section.subscribers.iter().any(|s| s.endpoint == index && s.slot == position));
        }
    }
    assert_eq!(shown, sfu.sections.iter().map(|(_, section)| section.subscribers.len()).sum::<usize>());
    assert_eq!(sfu.counters.endpoints as usize, sfu.ids.len());
    assert_eq!(sfu.counters.sources as usize, sfu.sources.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_sequence_of_commands_leaves_consistent_tables_and_nothing_once_all_left(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut now = start();
        let mut sfu = engine(now);
        for step in &steps {
            if let Step::Wait(ms) = step {
                now += Duration::from_millis(*ms);
            }
            apply(&mut sfu, now, step);
            assert_consistent(&sfu);
            drain(&mut sfu, now);
        }
        for id in 0..6 {
            apply(&mut sfu, now, &Step::Remove(id));
        }
        drain(&mut sfu, now);
        assert_empty(&sfu);
        prop_assert_eq!(sfu.counters().faults, 0);
    }
}
