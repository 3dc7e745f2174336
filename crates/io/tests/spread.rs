//! A conference on two workers, each with its thread and port: what is watched on one is asked for on the other.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use io::{Engine, EngineConfig};
use sfu::{
    Command, ConferenceId, EndpointId, EndpointParameters, Event, IceCredentials, MediaKind, Mid,
    ReceiveSection, Rid, Slot, SourceId, View, WorkerId,
};
use wire::ext::ExtensionMap;

const PATIENCE: Duration = Duration::from_secs(5);
const CONFERENCE: ConferenceId = ConferenceId(7);
const CAMERA: SourceId = SourceId(20);

#[test]
fn the_layer_that_somebody_watches_on_another_worker_is_asked_for_on_the_publishers_own() {
    let engine = start();
    let (owner, viewer) = (EndpointId(1), EndpointId(2));
    let command = |worker, command| engine.command(worker, command).expect("queued");
    command(0, Command::AddEndpoint(endpoint(owner)));
    command(0, Command::Publish { endpoint: owner, source: CAMERA, mid: mid("v") });
    command(1, Command::AddEndpoint(endpoint(viewer)));
    command(
        1,
        Command::Mirror {
            source: CAMERA,
            conference: CONFERENCE,
            kind: MediaKind::Video,
            layers: 3,
            home: WorkerId(0),
        },
    );
    // Neither the best nor the smallest, which are sent until somebody says what is watched.
    let view = View { max_height: 360, ..View::default() };
    command(1, Command::MapSlot { endpoint: viewer, mid: mid("s"), source: Some(CAMERA), view });
    assert_eq!(next(&engine, is_wanted), Event::LayersWanted { source: CAMERA, layers: 0b111 });
}

fn is_wanted(event: &Event) -> bool {
    matches!(event, Event::LayersWanted { .. })
}

fn next(engine: &Engine, fits: impl Fn(&Event) -> bool) -> Event {
    #[expect(clippy::disallowed_methods, reason = "a test waits for what another thread does")]
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(event) = engine.poll(64).into_iter().find(&fits) {
            return event;
        }
        #[expect(clippy::disallowed_methods, reason = "a test waits for what another thread does")]
        let now = Instant::now();
        assert!(now < end, "no such event");
        std::thread::yield_now();
    }
}

fn start() -> Engine {
    let config = EngineConfig {
        workers: 2,
        port: 0,
        addresses: vec![Ipv4Addr::LOCALHOST.into()],
        announced: vec![],
        segmentation: true,
    };
    Engine::start(config).expect("started")
}

fn mid(name: &str) -> Mid {
    Mid::from(name).expect("short")
}

fn endpoint(id: EndpointId) -> Box<EndpointParameters> {
    let ice = |side: &str| IceCredentials { ufrag: format!("{side}{}", id.0), password: "p".repeat(24) };
    let rids = ["q", "h", "f"].map(|rid| Rid::from(rid).expect("short"));
    Box::new(EndpointParameters {
        endpoint: id,
        conference: CONFERENCE,
        local_ice: ice("local"),
        remote_ice: ice("remote"),
        remote_fingerprints: vec![[0; 32]],
        codecs: vec![],
        extensions: ExtensionMap::default(),
        transport_cc: false,
        receive: vec![ReceiveSection {
            mid: mid("v"),
            kind: MediaKind::Video,
            ssrcs: vec![],
            rids: rids.to_vec(),
        }],
        slots: vec![Slot { mid: mid("s"), kind: MediaKind::Video, ssrc: 5, rtx_ssrc: None }],
        cname: "us".to_owned(),
    })
}
