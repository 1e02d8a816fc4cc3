# SPDX-License-Identifier: BSD-2-Clause
"""The example of docs/SPEC.md is what its rules give.

usage: test_spec.py [SPEC.md]
With --print, the annotated bytes for that example.
"""

import pathlib
import re
import sys

import reference as ref
import vectors_statement
from people import ALICE

ROOT = pathlib.Path(__file__).resolve().parents[2]


def parts():
    """[(bytes, what they are)] of the whole example, in order."""
    st = ref.cbor(vectors_statement.GENESIS)
    sig = ref.sshsig(ALICE, st, counter=9)
    raw = sig[-69:-5]
    return [
        (b"\x82", "envelope: two parts"),
        (b"\x58" + bytes([len(st)]), "statement, %d bytes" % len(st)),
        (st[:1], "map of 7"),
        (st[1:3], "0: version 1"),
        (st[3:5], "1: kind 1, genesis"),
        (st[5:11], "2: time 2026-01-01T00:00:00Z"),
        (st[11:30], '3: label "alice@example.org"'),
        (st[30:32], "4: tokens, one"),
        (st[32:33], "map of 5"),
        (st[33:35], "0: alg 1, sk-ed25519"),
        (st[35:70], "1: public key"),
        (st[70:72], "2: role 1, signer"),
        (st[72:74], "3: evidence 2, fido-uv"),
        (st[74:86], '4: name "alice blue"'),
        (st[86:88], "5: threshold 1"),
        (st[88:91], "6: time-lock 72 hours"),
        (b"\x81", "one signature"),
        (b"\x58" + bytes([len(sig)]), "SSHSIG, %d bytes" % len(sig)),
        (sig[:10], '"SSHSIG", version 1'),
        (sig[10:14], "public key blob, 81 bytes"),
        (sig[14:44], '"sk-ssh-ed25519@openssh.com"'),
        (sig[44:80], "public key"),
        (sig[80:95], 'application "touchstone:"'),
        (sig[95:122], 'namespace "statement.v1@touchstone"'),
        (sig[122:126], "reserved"),
        (sig[126:136], 'hash "sha512"'),
        (sig[136:140], "signature, 103 bytes"),
        (sig[140:170], '"sk-ssh-ed25519@openssh.com"'),
        (sig[170:174], "R || S, 64 bytes"),
        (raw, ""),
        (sig[-5:-4], "flags: UP, UV"),
        (sig[-4:], "counter 9"),
    ]


def annotated():
    lines = []
    for data, what in parts():
        chunks = [data[i:i + 18].hex() for i in range(0, len(data), 18)]
        lines += [c for c in chunks[:-1]]
        lines.append("%-38s%s" % (chunks[-1], "; " + what if what else ""))
    return "\n".join(line.rstrip() for line in lines)


def limits(spec):
    """Rows of section 2 that limits.h contradicts or does not have."""
    header = (ROOT / "include/touchstone/wire/limits.h").read_text()
    section = spec.partition("## 2. ")[2].partition("## 3. ")[0]
    rows = re.findall(r"^\| ([A-Z_, ]+) \| ([0-9, ]+) \|", section, re.M)
    wrong = [] if rows else ["no table"]
    for names, values in rows:
        names, values = names.split(", "), values.split(", ")
        stem = names[0].rpartition("MIN_H")[0]
        for i, name in enumerate(names):
            name = stem + name[1:] if name.startswith("_") else name
            value = values[min(i, len(values) - 1)]
            line = re.search(r"#define TSW_%s ((?:.*\\\n)*.*)" % name, header)
            text = line.group(1) if line else ""
            if number(text, header) != int(value):
                wrong.append(name)
    return wrong


def number(text, header):
    """Value of a macro's text: numbers, + * ( ) and other macros."""
    text = re.sub(r"/\*.*", "", text).replace("\\\n", " ")
    while (name := re.search(r"TSW_\w+", text)) is not None:
        value = re.search(r"#define %s (\S+)" % name.group(), header)
        text = text.replace(name.group(), value.group(1), 1)
    return eval(text, {}) if re.fullmatch(r"[0-9+*() \t]+", text) else None


def main():
    if sys.argv[1:] == ["--print"]:
        print(annotated())
        return
    spec = pathlib.Path(*sys.argv[1:] or [ROOT / "docs/SPEC.md"]).read_text()
    st = ref.cbor(vectors_statement.GENESIS)
    whole = ref.envelope(st, [ref.sshsig(ALICE, st, counter=9)])
    assert b"".join(data for data, _ in parts()) == whole
    if limits(spec):
        sys.exit("section 2 and limits.h differ: " + ", ".join(limits(spec)))
    block = re.search(r"```hex\n(.*?)```", spec, re.S).group(1)
    shown = "".join(line.partition(";")[0] for line in block.split("\n"))
    missing = [value for value in (
        ref.sha256(st).hex(), ALICE.id.hex(), ref.public_code(ref.sha256(st)),
        "%d bytes" % len(whole)) if value not in spec]
    if bytes.fromhex(shown.replace(" ", "")) != whole or missing:
        sys.exit("the example of SPEC.md is not what its rules give")


if __name__ == "__main__":
    main()
