//! Snapshots of one endpoint for the control plane, under the names of W3C webrtc-stats.

use crate::command::View;
use crate::endpoint::Endpoint;
use crate::event::{EndpointStatistics, Event, InboundStatistics, OutboundStatistics, TransportStatistics};
use crate::ids::EndpointId;
use crate::media::section::Section;
use crate::media::slot::Slot;
use crate::media::stream::Stream;
use crate::sfu::Sfu;

impl Sfu {
    pub(super) fn answer_statistics(&mut self, endpoint: EndpointId, request: u64) {
        let index = self.ids.get(&endpoint);
        let statistics = index.map(|index| Box::new(self.snapshot(&self.endpoints[*index])));
        self.events.push_back(Event::Statistics { request, statistics });
    }

    fn snapshot(&self, endpoint: &Endpoint) -> EndpointStatistics {
        let sections = endpoint.sections.iter().map(|index| &self.sections[*index]);
        let inbound = sections.flat_map(|section| {
            section.layers.iter().flatten().filter_map(|stream| inbound_statistics(section, stream))
        });
        let round_trip_time = endpoint.round_trip.map(|round_trip| round_trip.as_secs_f64());
        let slots = endpoint.slots.iter().enumerate();
        let slots =
            slots.map(|(at, slot)| outbound_statistics(slot, endpoint.receiver.view(at), round_trip_time));
        EndpointStatistics {
            transport: transport_statistics(endpoint),
            inbound: inbound.collect(),
            outbound: slots.collect(),
        }
    }
}

fn transport_statistics(endpoint: &Endpoint) -> TransportStatistics {
    let line = endpoint.congestion.statistics();
    TransportStatistics {
        bytes_sent: endpoint.traffic.bytes_sent,
        bytes_received: endpoint.traffic.bytes_received,
        packets_sent: endpoint.traffic.packets_sent,
        packets_received: endpoint.traffic.packets_received,
        packets_dropped: endpoint.traffic.dropped,
        tls_version: endpoint.transport.tls_version(),
        srtp_cipher: endpoint.transport.srtp_cipher(),
        selected_candidate_pair_changes: endpoint.transport.selected_pair_changes(),
        available_outgoing_bitrate: endpoint.congestion.available(),
        acknowledged_bitrate: line.and_then(|line| line.acknowledged),
        queue_delay: line.map(|line| line.queue.as_secs_f64()),
        fraction_lost: line.map(|line| line.loss),
        probes_sent: line.map_or(0, |line| line.probes),
        demand: endpoint.congestion.demand(),
    }
}

/// `None` while only retransmissions of the stream have come.
fn inbound_statistics(section: &Section, stream: &Stream) -> Option<InboundStatistics> {
    let (packets_lost, jitter) = stream.quality();
    Some(InboundStatistics {
        source: section.source,
        ssrc: stream.ssrc?,
        kind: section.kind,
        mid: section.mid,
        packets_received: stream.totals.packets,
        bytes_received: stream.totals.bytes,
        packets_lost,
        jitter,
        nack_count: stream.totals.nacks,
        pli_count: stream.totals.plis,
        fir_count: stream.totals.firs,
        retransmitted_packets_received: stream.totals.retransmitted,
        key_frames_received: stream.totals.key_frames,
    })
}

fn outbound_statistics(slot: &Slot, view: &View, round_trip_time: Option<f64>) -> OutboundStatistics {
    OutboundStatistics {
        mid: slot.mid,
        source: slot.mapping().map(|mapping| mapping.source),
        ssrc: slot.ssrc,
        kind: slot.kind,
        packets_sent: slot.totals.packets,
        bytes_sent: slot.totals.bytes,
        retransmitted_packets_sent: slot.totals.resent,
        nack_count: slot.totals.nacks,
        pli_count: slot.totals.plis,
        fir_count: slot.totals.firs,
        remote_packets_lost: slot.totals.remote_lost,
        round_trip_time,
        layer: slot.shown().map(|aim| aim.layer),
        allowed_layer: slot.aimed().map(|aim| aim.layer),
        max_height: view.max_height,
    }
}
