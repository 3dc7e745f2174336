from __future__ import annotations

from tools.forward_step import complaints, instructions

PROFILE = """\
events: Ir
fn=(1) forward::forward
0 100
cfn=(2) srtp::gcm::Gcm::seal
calls=5 0
0 900

fn=(2)
0 50
cfn=(3) aws_lc_0_47_0_EVP_AEAD_CTX_seal_scatter
calls=5 0
0 850

fn=(3)
0 850

fn=(1)
0 25
cfn=(3)
calls=1 0
0 20
summary: 1045
"""


def test_what_the_cipher_executes_is_left_out_whoever_calls_it() -> None:
    assert instructions(PROFILE.splitlines()) == 1045 - 850 - 20


def test_a_figure_may_move_by_three_percent_either_way_and_no_more() -> None:
    recorded = {"stage": 1000, "gallery": 2000}
    assert complaints(recorded, {"stage": 1030, "gallery": 1940}) == []
    slower, faster = (
        complaints(recorded, {"stage": 1031, "gallery": 2000}),
        complaints(recorded, {"stage": 1000, "gallery": 1900}),
    )
    assert "+3.1%" in slower[0]
    assert "-5.0%" in faster[0]
    assert "make record-forward" in slower[1]
