//! A connectivity check through real sockets: answered to those who know the password, from the
//! address that was asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use io::{Engine, EngineConfig};
use sfu::{Command, ConferenceId, EndpointId, EndpointParameters, Event, IceCredentials};
use wire::ext::ExtensionMap;
use wire::stun::{BindingRequest, Class, IceRole, Message, TransactionId, write_binding_request};

const PATIENCE: Duration = Duration::from_secs(5);
const PASSWORD: &str = "our-password-of-24-chars";

#[test]
fn a_check_is_answered_from_the_address_that_was_asked_with_the_address_that_asked() {
    let engine = start();
    let second: IpAddr = Ipv4Addr::new(127, 0, 0, 2).into();
    let servers = [Ipv4Addr::LOCALHOST.into(), second, Ipv6Addr::LOCALHOST.into()];
    for server in servers.into_iter().filter(|ip| UdpSocket::bind((*ip, 0)).is_ok()) {
        // `connect` makes the kernel drop whatever comes from another address.
        let client = client(server, engine.ports()[0]);
        client.send(&check(PASSWORD)).expect("sent");
        let mut buffer = [0; 1500];
        let len = client.recv(&mut buffer).expect("an answer");
        let answer = Message::parse(&buffer[..len]).expect("a STUN message");
        assert_eq!(answer.class(), Class::SuccessResponse);
        assert!(answer.verify_integrity(PASSWORD.as_bytes()));
        assert_eq!(answer.mapped_address(), client.local_addr().ok());
    }
}

#[test]
fn a_check_with_a_wrong_password_is_not_answered_and_the_right_one_still_is() {
    let engine = start();
    let client = client(Ipv4Addr::LOCALHOST.into(), engine.ports()[0]);
    client.send(&check("a-password-of-nobody-here")).expect("sent");
    client.send(&check(PASSWORD)).expect("sent");
    let mut buffer = [0; 1500];
    let len = client.recv(&mut buffer).expect("an answer");
    let answer = Message::parse(&buffer[..len]).expect("a STUN message");
    assert_eq!(answer.class(), Class::SuccessResponse);
    client.set_nonblocking(true).expect("non-blocking");
    assert!(client.recv(&mut buffer).is_err(), "two answers");
}

#[test]
fn statistics_of_an_endpoint_count_its_checks() {
    let engine = start();
    let client = client(Ipv4Addr::LOCALHOST.into(), engine.ports()[0]);
    client.send(&check(PASSWORD)).expect("sent");
    client.recv(&mut [0; 1500]).expect("an answer");
    engine.command(0, Command::RequestStatistics { endpoint: EndpointId(1), request: 5 }).expect("queued");
    let mut events = Vec::new();
    wait_until(|| {
        events.extend(engine.poll(16));
        !events.is_empty()
    });
    let [Event::Statistics { request: 5, statistics: Some(statistics) }] = &events[..] else {
        panic!("no statistics in {events:?}");
    };
    assert_eq!((statistics.transport.packets_received, statistics.transport.packets_sent), (1, 1));
}

fn start() -> Engine {
    let config = EngineConfig {
        workers: 1,
        port: 0,
        addresses: vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        announced: vec![],
        segmentation: true,
    };
    let engine = Engine::start(config).expect("started");
    engine.command(0, Command::AddEndpoint(Box::new(endpoint()))).expect("queued");
    engine
}

fn endpoint() -> EndpointParameters {
    let credentials =
        |ufrag: &str, password: &str| IceCredentials { ufrag: ufrag.into(), password: password.into() };
    EndpointParameters {
        endpoint: EndpointId(1),
        conference: ConferenceId(1),
        local_ice: credentials("ours", PASSWORD),
        remote_ice: credentials("theirs", "their-password-of-24-ch"),
        remote_fingerprints: vec![[0; 32]],
        codecs: vec![],
        extensions: ExtensionMap::default(),
        transport_cc: false,
        receive: vec![],
        slots: vec![],
        cname: "causerie".into(),
    }
}

fn check(password: &str) -> Vec<u8> {
    let request = BindingRequest {
        transaction_id: TransactionId([9; 12]),
        username: b"ours:theirs",
        priority: 1,
        role: IceRole::Controlling(7),
        use_candidate: false,
    };
    let mut buffer = [0; 500];
    let len = write_binding_request(&mut buffer, &request, password.as_bytes()).expect("room");
    buffer[..len].to_vec()
}

fn client(server: IpAddr, port: u16) -> UdpSocket {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let client = UdpSocket::bind((any, 0)).expect("a socket");
    client.connect(SocketAddr::new(server, port)).expect("connected");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client
}

#[allow(clippy::disallowed_methods, reason = "waits for another thread without a descriptor of its own")]
fn wait_until(mut condition: impl FnMut() -> bool) {
    for _ in 0..PATIENCE.as_millis() {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("waited {PATIENCE:?} in vain");
}
