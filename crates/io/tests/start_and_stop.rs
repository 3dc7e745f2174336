//! Alone in its process, because it counts the descriptors and threads of it.

use std::net::Ipv4Addr;

use io::{Engine, EngineConfig};

#[test]
fn starting_and_stopping_leaves_no_thread_and_no_descriptor() {
    start_and_stop(); // what is made once per process, such as the random source, is made now
    let (threads, descriptors) = (count("/proc/self/task"), count("/proc/self/fd"));
    for _ in 0..20 {
        start_and_stop();
    }
    assert_eq!(count("/proc/self/task"), threads);
    assert_eq!(count("/proc/self/fd"), descriptors);
}

fn start_and_stop() {
    let config = EngineConfig {
        workers: 2,
        port: 0,
        addresses: vec![Ipv4Addr::UNSPECIFIED.into()],
        announced: vec![],
        segmentation: true,
    };
    let engine = Engine::start(config).expect("started");
    assert_eq!(engine.ports().len(), 2);
    engine.close();
}

fn count(directory: &str) -> usize {
    std::fs::read_dir(directory).expect("a process directory").count()
}
