"""Certificates of our own: an authority, and what it signs."""

import subprocess
from pathlib import Path

_EXTENSIONS = "basicConstraints=critical,CA:FALSE\nsubjectAltName={names}\n"


def authority(folder: Path, name: str) -> Path:
    """Make one; returns its certificate."""
    request = ("req", "-x509", "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign")
    _openssl(*request, *_new_key(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"))
    return folder / f"{name}.pem"


def signed(authority_file: Path, name: str, names: str) -> tuple[Path, Path]:
    """A server's certificate and key; `names` as in `DNS:localhost,IP:127.0.0.1`."""
    request, certificate, key = (authority_file.with_name(f"{name}.{kind}") for kind in ("csr", "pem", "key"))
    extensions = authority_file.with_name(f"{name}.ext")
    extensions.write_text(_EXTENSIONS.format(names=names), encoding="utf8")
    _openssl("req", "-new", "-subj", f"/CN={name}", *_new_key(key), "-out", str(request))
    signer = ("-CA", str(authority_file), "-CAkey", str(authority_file.with_suffix(".key")), "-CAcreateserial")
    _openssl("x509", "-req", "-in", str(request), *signer, "-extfile", str(extensions), "-out", str(certificate))
    return certificate, key


def _new_key(file: Path) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(file))


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
