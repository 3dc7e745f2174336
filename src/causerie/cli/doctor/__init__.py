"""`causerie doctor`: can this machine hold meetings? Start at `examine`, which probes, judges and reports."""

from __future__ import annotations

import asyncio
import datetime
from dataclasses import replace

from causerie.cli.doctor.judgement import holds_meetings, judge
from causerie.cli.doctor.probes import gather, server_url
from causerie.cli.doctor.report import document, page
from causerie.cli.doctor.trial import attempt
from causerie.cli.doctor.words import Sentences
from causerie.server.config import Settings


def examine(settings: Settings, words: Sentences) -> bool:
    """Prints what is found, as JSON when the settings say so; returns whether nothing is in the way.

    Takes up to ten seconds; changes nothing on the machine, asks no one outside it.
    """
    found = gather(settings, datetime.datetime.now(datetime.UTC))
    url = server_url(settings, found)
    if url is not None:
        found = replace(found, trial=asyncio.run(attempt(url, found.own_addresses)))
    findings = judge(found)
    told = document(findings, words) if settings.json else page(findings, words, server_runs=url is not None)
    print(told, end="" if told.endswith("\n") else "\n")
    return holds_meetings(findings)
