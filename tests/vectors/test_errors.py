# SPDX-License-Identifier: BSD-2-Clause
"""Every error of the wire code is provoked by a vector or a unit test."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ["bytes", "cbor", "label", "statement", "sshsig", "chain", "code",
         "bech32", "attest", "chain_attest"]
# A broken rule of our own: no input gives it.
NOT_FROM_INPUT = {"INTERNAL"}


def main():
    table = (ROOT / "include/touchstone/wire/err.def").read_text()
    names = set(re.findall(r"^X\((\w+),", table, re.M))
    provoked = set()
    for path in (ROOT / "tests/vectors").glob("*.json"):
        provoked |= set(re.findall(r'"error": "(\w+)"', path.read_text()))
    for name in TESTS:
        text = (ROOT / f"tests/unit/test_{name}.c").read_text()
        provoked |= set(re.findall(r"TSW_ERR_(\w+)", text))
    missing = sorted(names - provoked - NOT_FROM_INPUT)
    unknown = sorted(provoked - names)
    if missing or unknown or not names:
        sys.exit(f"never provoked: {missing}, not in err.def: {unknown}")


if __name__ == "__main__":
    main()
