"""Links in mails act only when we signed them, and only for a while."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallofshame.alerts import ack_links
from hallofshame.alerts.ack_links import Request
from hallofshame.errors import Permanent
from tests.factories import NOON

pytestmark = pytest.mark.unit

KEY = "a key of more than thirty-two characters"
EXPIRES_AT = NOON + timedelta(days=7)
TOKEN = ack_links.make(KEY, "acknowledge", "5f0c2b9e-1d0e", EXPIRES_AT)


def test_what_was_signed_is_read_back() -> None:
    assert ack_links.read(KEY, TOKEN, NOON) == Request("acknowledge", "5f0c2b9e-1d0e", EXPIRES_AT)


@given(st.sampled_from(ack_links.ACTIONS), st.text(st.characters(codec="utf8"), max_size=50))
def test_a_token_stands_in_a_url_as_it_is(action: str, incident_id: str) -> None:
    token = ack_links.make(KEY, action, incident_id, EXPIRES_AT)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert ack_links.read(KEY, token, NOON) == Request(action, incident_id, EXPIRES_AT)


def test_the_same_request_always_gives_the_same_token() -> None:
    assert ack_links.make(KEY, "acknowledge", "5f0c2b9e-1d0e", EXPIRES_AT) == TOKEN


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=300)])
def test_an_expired_link_says_when_it_ended(late: timedelta) -> None:
    with pytest.raises(Permanent, match="expired at 2026-05-08 12:00 UTC"):
        ack_links.read(KEY, TOKEN, EXPIRES_AT + late)


def test_a_link_acts_until_its_last_second() -> None:
    assert ack_links.read(KEY, TOKEN, EXPIRES_AT - timedelta(seconds=1)).action == "acknowledge"


def test_another_key_signs_for_somebody_else() -> None:
    with pytest.raises(Permanent, match="not signed by us"):
        ack_links.read(KEY[::-1], TOKEN, NOON)


@pytest.mark.parametrize("place", range(0, len(TOKEN), 5))
def test_no_character_of_a_token_can_be_another(place: int) -> None:
    other = "A" if TOKEN[place] != "A" else "B"
    with pytest.raises(Permanent, match="not signed by us"):
        ack_links.read(KEY, TOKEN[:place] + other + TOKEN[place + 1 :], NOON)


@pytest.mark.parametrize("token", ["", ".", "a.b", f"{TOKEN}=", f" {TOKEN}", TOKEN.partition(".")[0], "\udcff.ä", "💥"])
def test_what_is_no_token_is_refused_and_breaks_nothing(token: str) -> None:
    with pytest.raises(Permanent, match="not signed by us"):
        ack_links.read(KEY, token, NOON)


def test_an_expired_forgery_is_told_as_a_forgery() -> None:
    forged = TOKEN.partition(".")[0] + ".forged"
    with pytest.raises(Permanent, match="not signed by us"):
        ack_links.read(KEY, forged, EXPIRES_AT + timedelta(days=1))


def test_an_action_that_this_release_does_not_know_is_not_done() -> None:
    with pytest.raises(Permanent, match="'delete', which this release does not know"):
        ack_links.read(KEY, ack_links.make(KEY, "delete", "5f0c2b9e", EXPIRES_AT), NOON)
