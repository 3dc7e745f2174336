"""From a client's offer to an endpoint's parameters and the answer, with the secrets that this needs."""

from __future__ import annotations

from causerie import sdp
from causerie.edges.native import identity
from causerie.edges.native.session import Description
from causerie.ports.media import (
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    IceCredentials,
    MediaEngine,
    Slot,
)


def first_description(
    negotiation: sdp.Negotiation, *, endpoint: EndpointId, conference: ConferenceKey, engine: MediaEngine
) -> Description:
    """Returns the description of a new endpoint."""
    parameters = sdp.parameters(
        negotiation,
        endpoint=endpoint,
        conference=conference,
        local_ice=identity.new_ice(),
        slot_ssrcs=slot_ssrcs(negotiation, ()),
        cname=identity.new_cname(),
        worker=engine.place(conference),
    )
    return described(negotiation, parameters, engine)


def next_description(
    negotiation: sdp.Negotiation, before: EndpointParameters, engine: MediaEngine
) -> Description:
    """Returns the description after a second offer: slots keep SSRCs, ICE restarts if the client's did."""
    parameters = sdp.parameters(
        negotiation,
        endpoint=before.endpoint,
        conference=before.conference,
        local_ice=local_ice(negotiation, before),
        slot_ssrcs=slot_ssrcs(negotiation, before.slots),
        cname=before.cname,
        worker=before.worker,
    )
    return described(negotiation, parameters, engine)


def described(
    negotiation: sdp.Negotiation, parameters: EndpointParameters, engine: MediaEngine
) -> Description:
    """Adds the SDP answer, with the addresses of the endpoint's worker."""
    answer = sdp.answer(
        negotiation,
        parameters,
        fingerprint=engine.fingerprint,
        candidates=engine.candidates(parameters.worker),
    )
    return Description(parameters, answer)


def local_ice(negotiation: sdp.Negotiation, before: EndpointParameters) -> IceCredentials:
    """Returns our credentials: new ones answer new ones (RFC 8839 §4.4.1.1.1), the old ones all else."""
    return before.local_ice if negotiation.remote_ice == before.remote_ice else identity.new_ice()


def slot_ssrcs(negotiation: sdp.Negotiation, before: tuple[Slot, ...]) -> list[tuple[int, int | None]]:
    """Returns media and retransmission SSRC per slot: those it had, else new ones, none twice."""
    kept = {slot.mid: (slot.ssrc, slot.rtx_ssrc) for slot in before}
    taken = {ssrc for pair in kept.values() for ssrc in pair if ssrc is not None}
    taken |= {ssrc for section in negotiation.receive for pair in section.ssrcs for ssrc in pair if ssrc}

    def fresh() -> int:
        ssrc = identity.new_ssrc(taken)
        taken.add(ssrc)
        return ssrc

    return [
        kept[section.mid] if section.mid in kept else (fresh(), fresh() if section.rtx else None)
        for section in negotiation.slot_sections
    ]
