"""truststore.py PEM STORE: writes the certificates of PEM as a store that Java reads (JKS, with Java's own password)."""

import base64
import hashlib
import re
import struct
import sys

TRUSTED = 2
BLOCK = re.compile("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


def main(pem_path, store_path):
    with open(pem_path, encoding="latin-1") as file:
        certificates = [base64.b64decode(match) for match in BLOCK.findall(file.read())]
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    body += b"".join(entry(f"authority-{i}", certificate) for i, certificate in enumerate(certificates))
    digest = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()
    with open(store_path, "wb") as file:
        file.write(body + digest)


def entry(alias, certificate):
    # No time of its own, so that equal authorities make an equal file.
    return struct.pack(">I", TRUSTED) + text(alias) + bytes(8) + text("X.509") + struct.pack(">I", len(certificate)) + certificate


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


if __name__ == "__main__":
    main(*sys.argv[1:])
