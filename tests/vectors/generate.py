# SPDX-License-Identifier: BSD-2-Clause
"""Write the vectors: generate.py [--check]

With --check nothing is written: the committed files must be what this would
write, byte for byte.
"""

import json
import pathlib
import sys

import vectors_attest
import vectors_card
import vectors_chain
import vectors_codes
import vectors_evidence
import vectors_log
import vectors_sshsig
import vectors_statement

HERE = pathlib.Path(__file__).resolve().parent
FILES = {
    "statement.json": vectors_statement.make,
    "sshsig.json": vectors_sshsig.make,
    "chain.json": vectors_chain.make,
    "codes.json": vectors_codes.make,
    "attest.json": vectors_attest.make,
    "bundle.json": vectors_card.make,
    "evidence.json": vectors_evidence.make,
    "log.json": vectors_log.make,
}


def plain(value):
    """bytes as hex, for JSON."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def main():
    check = sys.argv[1:] == ["--check"]
    different = []
    for name, make in FILES.items():
        text = json.dumps(plain(make()), indent=1) + "\n"
        path = HERE / name
        if not check:
            path.write_text(text, encoding="ascii")
        elif not path.exists() or path.read_text(encoding="ascii") != text:
            different.append(name)
    if different:
        sys.exit("not what generate.py writes: " + ", ".join(different))


if __name__ == "__main__":
    main()
