"""Static files at addresses that name their content."""

import hashlib
import re

import pytest
from flask.testing import FlaskClient

from webapp import static_files

pytestmark = pytest.mark.api

CSS = (static_files.FOLDER / "site.css").read_bytes()


def test_a_page_names_its_style_sheet_by_its_content(client: FlaskClient) -> None:
    [link] = re.findall(r'<link rel="stylesheet" href="(.+?)">', client.get("/").text)
    assert link == f"/static/site.{hashlib.sha1(CSS, usedforsecurity=False).hexdigest()}.css"
    with client.get(link) as served:
        assert (served.status_code, served.mimetype, served.data) == (200, "text/css", CSS)


@pytest.mark.parametrize("address", ["site.css", f"site.{'0' * 40}.css"])
def test_a_file_is_found_by_its_name_and_by_a_digest_it_had_before(address: str, client: FlaskClient) -> None:
    with client.get(f"/static/{address}") as served:
        assert (served.status_code, served.data) == (200, CSS)


def test_a_digest_alone_is_no_file(client: FlaskClient) -> None:
    assert client.get(f"/static/{'0' * 40}.css").status_code == 404
