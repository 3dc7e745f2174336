"""The panel "Info": what the room is, and its password from setting it to being asked for it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.browser.people import BrowserName, NewPerson, Person, invitation
from tests.browser.pretend import WATCH_SOCKETS, devices
from tests.browser.rooms import alone, clipboard, control, meet, protect, say, screen, tile, toast
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

PASSWORD = "sésame ouvre-toi"
RECOMMENDED = re.compile("recommandé pour les échanges confidentiels", re.IGNORECASE)
BESIDE_PX = 48
FREE_TRIES = 5
MOST_TRIES = 10


def block_of(someone: Person) -> Locator:
    return someone.page.get_by_test_id("info-password")


@in_both_browsers
async def test_ac_49_a_password_is_recommended_beside_the_action_and_once_to_who_is_alone(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await alone(server, person, browser, "conseil")
    card = alice.page.get_by_test_id("invite-card")
    await expect(card.get_by_text(RECOMMENDED)).to_have_count(1)
    await card.get_by_role("button", name="Ajouter un mot de passe").click()
    hint = block_of(alice).get_by_text("Recommandé pour les échanges confidentiels", exact=True)
    await expect(hint).to_be_visible()
    await expect(alice.page.get_by_text(RECOMMENDED)).to_have_count(1)
    action = await block_of(alice).get_by_role("button", name="Ajouter un mot de passe").bounding_box()
    beside = await hint.bounding_box()
    assert action is not None
    assert beside is not None
    assert abs(beside["y"] - action["y"] - action["height"]) < BESIDE_PX
    await protect(alice, PASSWORD)
    await expect(alice.page.get_by_text(RECOMMENDED)).to_have_count(0)
    await control(alice, "Info").click()
    await expect(card).to_be_visible()
    await expect(alice.page.get_by_text(RECOMMENDED)).to_have_count(0)


@in_both_browsers
async def test_ac_50_info_tells_all_about_the_room_while_the_meeting_stays_at_hand(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "infos", browser)
    link = await invitation(alice.page)
    for someone in (alice, bob):
        await someone.page.keyboard.press("i")
        panel = screen(someone, "panneau-info")
        await expect(panel.get_by_role("heading", name=f"infos-{browser}")).to_be_visible()
        await expect(panel.get_by_test_id("info-link")).to_have_attribute("href", link)
        await expect(panel.get_by_role("button", name="Copier le lien", exact=True)).to_be_visible()
        await panel.get_by_role("button", name="Code QR").click()
        await expect(panel.get_by_role("img", name="Code QR du lien de la réunion")).to_be_visible()
        await expect(panel.get_by_test_id("info-people")).to_have_text("2 personnes dans la salle")
        await expect(panel.get_by_test_id("info-instance")).to_have_text(
            re.compile(r"^Instance localhost\s: \d+\s% occupée")
        )
        await expect(panel.get_by_test_id("info-encryption")).to_have_text(
            re.compile(r"TLS pour la page et les messages, DTLS.* pour le son et l'image$")
        )
        await expect(panel.get_by_test_id("info-kept")).to_contain_text(
            "Aucun son, aucune image, aucun message n'est conservé."
        )
    await expect(block_of(alice)).to_contain_text("Ajouter un mot de passe")
    await expect(block_of(bob)).to_contain_text("Cette salle n'a pas de mot de passe.")

    await expect(alice.page.get_by_role("dialog")).to_have_count(0)
    await control(alice, "Muet").click()
    await expect(control(alice, "Muet")).to_have_attribute("aria-pressed", "true")
    await control(alice, "Info").click()
    await expect(screen(alice, "panneau-info")).to_have_count(0)


@in_both_browsers
async def test_ac_51_a_host_gets_a_field_with_the_focus_and_others_are_told_who_may(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "ajouter", browser)
    for someone in (alice, bob):
        await control(someone, "Info").click()
    action = block_of(alice).get_by_role("button", name="Ajouter un mot de passe")
    await action.click()
    await expect(action).to_have_count(0)
    field = block_of(alice).get_by_role("textbox", name="Mot de passe")
    await expect(field).to_be_focused()
    await expect(block_of(bob)).to_contain_text("Seul l'organisateur peut en ajouter un.")
    await expect(block_of(bob).get_by_role("button")).to_have_count(0)
    await field.fill(PASSWORD)
    await field.press("Enter")
    await expect(block_of(bob)).to_contain_text("Seul l'organisateur peut le changer.")
    await expect(block_of(bob).get_by_role("button")).to_have_count(0)


@in_both_browsers
async def test_ac_52_enter_saves_escape_cancels_and_the_password_is_shown_copied_changed_and_removed(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "gerer", browser)
    block = block_of(alice)
    await control(alice, "Info").click()
    add = block.get_by_role("button", name="Ajouter un mot de passe")
    await add.click()
    await alice.page.keyboard.type(PASSWORD)
    await alice.page.keyboard.press("Escape")
    await expect(add).to_be_focused()
    await add.click()
    field = block.get_by_role("textbox", name="Mot de passe")
    await field.press("Enter")
    await expect(block.get_by_role("alert")).to_have_text("Écrivez un mot de passe, ou annulez.")
    await expect(field).to_be_focused()
    await alice.page.keyboard.type(PASSWORD)
    await alice.page.keyboard.press("Enter")

    value = block.get_by_test_id("info-password-value")
    await expect(block).to_contain_text("Mot de passe : ••••")
    for someone in (alice, bob):
        await expect(toast(someone, "Un mot de passe protège maintenant la salle")).to_be_visible()
        await expect(someone.page.locator("body")).not_to_contain_text(PASSWORD)
    await block.get_by_role("button", name="Afficher le mot de passe").click()
    await expect(value).to_have_text(PASSWORD)
    await block.get_by_role("button", name="Copier le mot de passe").click()
    await expect(block.get_by_role("status")).to_have_text("Mot de passe copié")
    assert await clipboard(alice.page) == PASSWORD
    await _change_and_remove(alice, bob)


async def _change_and_remove(alice: Person, bob: Person) -> None:
    block = block_of(alice)
    await block.get_by_role("button", name="Changer").click()
    await expect(block.get_by_role("textbox", name="Mot de passe")).to_be_focused()
    await alice.page.keyboard.type("un autre")
    await alice.page.keyboard.press("Enter")
    await expect(toast(bob, "Le mot de passe de la salle a changé")).to_be_visible()
    await expect(bob.page.locator("body")).not_to_contain_text("un autre")
    await expect(block.get_by_test_id("info-password-value")).to_have_text("••••")
    await block.get_by_role("button", name="Afficher le mot de passe").click()
    await expect(block.get_by_test_id("info-password-value")).to_have_text("un autre")
    await block.get_by_role("button", name="Supprimer").click()
    await expect(block.get_by_role("button", name="Ajouter un mot de passe")).to_be_focused()
    await expect(toast(bob, "La salle n'a plus de mot de passe")).to_be_visible()


@in_both_browsers
async def test_ac_53_whoever_comes_later_gets_nothing_of_the_room_before_the_password_is_right(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "sesame", browser)
    await say(alice, "un secret")
    await protect(alice, PASSWORD)
    late = await person("Chloé", browser)
    for script in (devices(), WATCH_SOCKETS):
        await late.context.add_init_script(script)
    await _asks_to_enter(late, alice.page.url)
    await _gets_only_refusals(late)
    await late.page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    await late.click("Entrer")
    await expect(screen(late, "ecran-reunion")).to_be_visible()
    await late.sees_people(2)
    for someone in (alice, bob):
        await expect(tile(someone, "Chloé")).to_be_visible()
    assert hashes_without(server.data_dir, PASSWORD)

    for someone in (alice, bob, late):
        await someone.page.goto("about:blank")
    await _asks_to_enter(late, f"{server.url}/sesame-{browser}")


async def _asks_to_enter(late: Person, link: str) -> None:
    await late.open(link)
    await late.page.get_by_label("Votre nom").fill(late.name)
    await late.click("Rejoindre maintenant")
    await expect(screen(late, "ecran-mot-de-passe")).to_be_visible()
    await expect(late.page.get_by_label("Mot de passe", exact=True)).to_be_focused()


async def _gets_only_refusals(late: Person) -> None:
    """Five tries are free; from then on one waits, each time longer."""
    field = late.page.get_by_label("Mot de passe", exact=True)
    wait = late.page.get_by_test_id("password-wait")
    waits: list[int] = []
    for attempt in range(1, MOST_TRIES):
        await field.fill(f"faux {attempt}")
        await field.press("Enter")
        await expect(late.page.get_by_role("alert")).to_contain_text("Mot de passe incorrect")
        await expect(field).to_be_focused()
        await expect(late.page.get_by_role("button", name="Entrer", exact=True)).to_be_visible()
        if await wait.count() == 0:
            continue
        assert attempt >= FREE_TRIES
        waits += [int(number) for number in re.findall(r"\d+", await wait.inner_text())]
        await expect(wait).to_have_count(0, timeout=(waits[-1] + 2) * 1_000)
        if len(waits) == 2:
            break
    assert waits[1] > waits[0] > 0

    frames = [json.loads(frame) for frame in await late.page.evaluate("window.__frames")]
    assert {(frame["type"], frame["code"]) for frame in frames} == {
        ("error", "password-required"),
        ("error", "password-wrong"),
    }
    assert {key for frame in frames for key in frame} <= {"type", "code", "ref", "retryAfterS"}
    assert (await late.statistics())["streams"] == []
    shown = await late.page.locator("body").inner_text()
    assert not re.search(r"Alice|Bob|secret|personne", shown), shown


def hashes_without(folder: Path, password: str) -> bool:
    """Whether the files hold a hash by argon2id and nothing of the password itself."""
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return b"$argon2id$" in kept and password.encode() not in kept
