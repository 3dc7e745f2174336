//! Which routes authenticated checks have validated, and which of them is selected.
//!
//! A replayed check with USE-CANDIDATE can move the selected pair, because nothing in it says where it
//! was first sent from. Hence moves are few per time, and beyond that only the way back home is open.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::TransportEvent;
use crate::ids::Route;

/// Valid routes of one transport; a browser on many networks has about six.
const ROUTES_MAX: usize = 8;
/// A route without a check for so long is not valid any more; the consent time of RFC 7675.
const ROUTE_LIFETIME: Duration = Duration::from_secs(30);
/// How long the pair that was selected before stays valid for what is still under way on it.
const OLD_PAIR_LIFETIME: Duration = Duration::from_secs(3);
/// Moves of the selected pair per [`MOVES_WINDOW`].
const MOVES_MAX: usize = 5;
/// See [`MOVES_MAX`].
const MOVES_WINDOW: Duration = Duration::from_secs(10);

/// The table of one transport.
#[derive(Default)]
pub(super) struct Routes {
    valid: ArrayVec<Valid, ROUTES_MAX>,
    selected: Option<Route>,
    /// The selected pair before this one.
    previous: Option<Route>,
    moves: ArrayVec<Move, MOVES_MAX>,
    changes: u32,
}

struct Valid {
    route: Route,
    checked_at: Instant,
    /// Does not apply to the selected pair: for that, consent decides.
    expires_at: Instant,
}

struct Move {
    at: Instant,
    from: Route,
}

impl Routes {
    /// Returns the selected pair.
    pub(super) fn selected(&self) -> Option<Route> {
        self.selected
    }

    /// Whether `route` is valid.
    pub(super) fn contains(&self, route: Route) -> bool {
        self.valid.iter().any(|valid| valid.route == route)
    }

    /// Returns how often the selected pair changed.
    pub(super) fn changes(&self) -> u32 {
        self.changes
    }

    /// Notes an authenticated check on `route` and, if it nominates and may, selects it.
    pub(super) fn checked(
        &mut self,
        now: Instant,
        route: Route,
        nominates: bool,
        events: &mut VecDeque<TransportEvent>,
    ) {
        self.validate(now, route, events);
        if nominates && self.selected != Some(route) && self.may_move(now, route) {
            self.select(now, route);
        }
    }

    /// Forgets the routes whose time is over.
    pub(super) fn expire(&mut self, now: Instant, events: &mut VecDeque<TransportEvent>) {
        let selected = self.selected;
        self.valid.retain(|valid| {
            let keep = selected == Some(valid.route) || now < valid.expires_at;
            if !keep {
                events.push_back(TransportEvent::RouteRemoved(valid.route));
            }
            keep
        });
    }

    /// Returns when [`Routes::expire`] has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let unselected = self.valid.iter().filter(|valid| self.selected != Some(valid.route));
        unselected.map(|valid| valid.expires_at).min()
    }

    /// Forgets all routes.
    pub(super) fn clear(&mut self, events: &mut VecDeque<TransportEvent>) {
        events.extend(self.valid.drain(..).map(|valid| TransportEvent::RouteRemoved(valid.route)));
        self.selected = None;
    }

    fn validate(&mut self, now: Instant, route: Route, events: &mut VecDeque<TransportEvent>) {
        let expires_at = now + ROUTE_LIFETIME;
        if let Some(valid) = self.valid.iter_mut().find(|valid| valid.route == route) {
            (valid.checked_at, valid.expires_at) = (now, expires_at);
            return;
        }
        if self.valid.is_full()
            && let Some(oldest) = self.least_recently_checked(now)
        {
            events.push_back(TransportEvent::RouteRemoved(self.valid.remove(oldest).route));
        }
        self.valid.push(Valid { route, checked_at: now, expires_at });
        events.push_back(TransportEvent::RouteAdded(route));
    }

    /// The selected pair is never the one to go, nor the one before it while its 3 s last.
    fn least_recently_checked(&self, now: Instant) -> Option<usize> {
        let protected = |valid: &Valid| {
            self.selected == Some(valid.route)
                || (self.previous == Some(valid.route) && now < valid.expires_at)
        };
        let candidates = self.valid.iter().enumerate().filter(|(_, valid)| !protected(valid));
        candidates.min_by_key(|(_, valid)| valid.checked_at).map(|(index, _)| index)
    }

    fn may_move(&mut self, now: Instant, to: Route) -> bool {
        self.moves.retain(|done| now.saturating_duration_since(done.at) < MOVES_WINDOW);
        // Home is where the pair was before the moves began: a peer that someone's replays have
        // displaced gets its media back with its next check, whatever the replays have used up.
        !self.moves.is_full() || self.moves.first().is_some_and(|first| first.from == to)
    }

    fn select(&mut self, now: Instant, route: Route) {
        self.changes = self.changes.saturating_add(1);
        if let Some(old) = self.selected {
            if !self.moves.is_full() {
                self.moves.push(Move { at: now, from: old });
            }
            if let Some(valid) = self.valid.iter_mut().find(|valid| valid.route == old) {
                valid.expires_at = now + OLD_PAIR_LIFETIME;
            }
        }
        self.previous = self.selected.replace(route);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    fn route(port: u16) -> Route {
        Route { local: [127, 0, 0, 1].into(), remote: ([10, 0, 0, 9], port).into() }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn check(routes: &mut Routes, now: Instant, port: u16, nominates: bool) -> Vec<TransportEvent> {
        let mut events = VecDeque::new();
        routes.checked(now, route(port), nominates, &mut events);
        events.into()
    }

    fn expire(routes: &mut Routes, now: Instant) -> Vec<TransportEvent> {
        let mut events = VecDeque::new();
        routes.expire(now, &mut events);
        events.into()
    }

    #[test]
    fn a_check_validates_and_only_nomination_selects() {
        let (t0, mut routes) = (start(), Routes::default());
        assert_eq!(check(&mut routes, t0, 1, false), [TransportEvent::RouteAdded(route(1))]);
        assert_eq!(routes.selected(), None);
        check(&mut routes, t0, 1, true);
        check(&mut routes, t0, 2, false);
        assert_eq!((routes.selected(), routes.changes()), (Some(route(1)), 1));
    }

    #[test]
    fn the_pair_moves_at_most_five_times_in_ten_seconds_and_then_only_home() {
        let (t0, mut routes) = (start(), Routes::default());
        check(&mut routes, t0, 1, true);
        for port in 2..=7 {
            check(&mut routes, t0 + seconds(1), port, true);
        }
        assert_eq!(routes.selected(), Some(route(6)), "the sixth move is refused");
        check(&mut routes, t0 + seconds(2), 1, true);
        assert_eq!(routes.selected(), Some(route(1)), "the way home stays open");
        check(&mut routes, t0 + seconds(3), 2, true);
        assert_eq!(routes.selected(), Some(route(1)), "but no other");
        check(&mut routes, t0 + seconds(11), 2, true);
        assert_eq!(routes.selected(), Some(route(2)), "ten seconds later the budget is whole again");
    }

    #[test]
    fn the_old_pair_stays_valid_for_three_seconds() {
        let (t0, mut routes) = (start(), Routes::default());
        check(&mut routes, t0, 1, true);
        check(&mut routes, t0 + seconds(5), 2, true);
        assert_eq!(routes.deadline(), Some(t0 + seconds(8)));
        assert_eq!(expire(&mut routes, t0 + Duration::from_millis(7999)), []);
        assert_eq!(expire(&mut routes, t0 + seconds(8)), [TransportEvent::RouteRemoved(route(1))]);
        assert_eq!(routes.deadline(), None, "the selected pair does not expire by itself");
    }

    #[test]
    fn the_old_pair_lives_on_when_it_is_checked_again() {
        let (t0, mut routes) = (start(), Routes::default());
        check(&mut routes, t0, 1, true);
        check(&mut routes, t0, 2, true);
        check(&mut routes, t0 + seconds(1), 1, false);
        assert_eq!(expire(&mut routes, t0 + seconds(30)), []);
        assert_eq!(expire(&mut routes, t0 + seconds(31)), [TransportEvent::RouteRemoved(route(1))]);
    }

    #[test]
    fn of_more_than_eight_routes_the_least_recently_checked_goes_but_never_the_selected() {
        let (t0, mut routes) = (start(), Routes::default());
        check(&mut routes, t0, 1, true);
        for port in 2..=8 {
            check(&mut routes, t0 + seconds(1), port, false);
        }
        check(&mut routes, t0 + seconds(2), 2, false);
        let events = check(&mut routes, t0 + seconds(3), 9, false);
        assert_eq!(events, [TransportEvent::RouteRemoved(route(3)), TransportEvent::RouteAdded(route(9))]);
        assert!(routes.contains(route(1)) && routes.contains(route(2)));
    }

    #[test]
    fn the_old_pair_keeps_its_three_seconds_when_many_routes_come() {
        let (t0, mut routes) = (start(), Routes::default());
        check(&mut routes, t0, 1, true);
        check(&mut routes, t0 + seconds(1), 2, true);
        for port in 3..30 {
            check(&mut routes, t0 + seconds(2), port, false);
        }
        assert!(routes.contains(route(1)) && routes.contains(route(2)));
        check(&mut routes, t0 + seconds(4), 30, false);
        assert!(!routes.contains(route(1)), "and not more");
    }
}
