"""Certificates for one day, from an authority that only the tests trust."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tests.running_servers import require_program

_CONFIG = """\
[req]
distinguished_name = nobody
[nobody]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
subjectAltName = {names}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files (PEM): the certificate, its key, and both in one."""

    file: Path
    key: Path
    both: Path

    def fingerprint(self) -> str:
        """Return the SHA-256 of the public key in the form that Chromium's option needs."""
        openssl = require_program("openssl")
        command = [openssl, "pkey", "-in", str(self.key), "-pubout", "-outform", "DER"]
        public = subprocess.run(command, capture_output=True, check=True).stdout
        return base64.b64encode(hashlib.sha256(public).digest()).decode()


class Authority:
    """Issues certificates for servers. Clients trust `file`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = self._create("authority", "authority", "DNS:unused")
        self.file = self._own.file

    def issue(self, *names: str) -> Certificate:
        """Return a certificate for host names (`*.shop.test` too) and IP addresses."""
        signing = ("-CA", str(self._own.file), "-CAkey", str(self._own.key))
        return self._create(
            names[0].strip("*."), "server", ",".join(map(_format_name, names)), *signing
        )

    def _create(self, title: str, extensions: str, names: str, *signing: str) -> Certificate:
        files = [self._folder / f"{title}.{end}" for end in ("pem", "key", "both", "cnf")]
        certificate, key, both, config = files
        config.write_text(_CONFIG.format(names=names))
        command = [require_program("openssl"), "req", "-x509", "-nodes", "-days", "1"]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        command += ["-config", str(config), "-extensions", extensions, "-subj", f"/CN={title}"]
        command += ["-out", str(certificate), "-keyout", str(key), *signing]
        subprocess.run(command, capture_output=True, check=True)
        both.write_text(certificate.read_text() + key.read_text())
        return Certificate(certificate, key, both)


def _format_name(name: str) -> str:
    try:
        ip_address(name)
    except ValueError:
        return f"DNS:{name}"
    return f"IP:{name}"
