//! The packet path allocates nothing once a call is under way.

mod common;

use std::alloc::System;

use common::steady::{REPORTED, Steady};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn receiving_and_forwarding_under_congestion_control_allocate_nothing_in_steady_state() {
    let mut steady = Steady::new(2, 2000, true);
    let before = steady.world.sfu.counters().clone();
    let region = Region::new(ALLOCATOR);
    for _ in 0..2000 {
        steady.step(true);
    }
    let change = region.change();
    let after = steady.world.sfu.counters();
    assert_eq!(after.packets_forwarded - before.packets_forwarded, 2 * 2000);
    assert_eq!(
        after.transport_feedback_received - before.transport_feedback_received,
        2 * 2000 / REPORTED as u64
    );
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
}
