# SPDX-License-Identifier: BSD-2-Clause
"""Who may include what: docs/ARCHITECTURE.md as a table.

A third-party header appears in one .c file of each part (a program or library:
host/lib, host/token, ..., firmware), so that one file knows how the library is
used and a change of library touches nothing else.  Exceptions say why.
"""

import os
import re

from tree import Finding

INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")

# Folder -> the only standard headers it may use, in headers and in .c files.
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h"}
STANDARD = [
    (r"include/touchstone/.*", FREESTANDING),
    (r"firmware/wire/.*", FREESTANDING | {"string.h", "assert.h"}),
    (r"firmware/(core|crypto|usb)/.*|firmware/hal\.h",
     FREESTANDING | {"string.h", "assert.h"}),
]

# Folder -> project headers it must not see.
FORBIDDEN = [
    (r"host/.*", r"(.*/)?(firmware/)?(core|board|crypto)/.*|fw_.*|hal\.h",
     "the host includes no firmware but wire"),
    (r"firmware/.*", r"(.*/)?host/.*|touchstone/(?!wire/).*",
     "firmware includes nothing of the host"),
    (r"(firmware|include)/wire/.*", r"(.*/)?(core|board|crypto)/.*|hal\.h",
     "wire is below the firmware"),
    (r"firmware/core/.*", r"(.*/)?board/.*", "core knows no board"),
    (r"firmware/usb/.*", r"(.*/)?(core|board|crypto)/.*|hal\.h",
     "usb is below the token and above all boards"),
    (r"include/touchstone/wire/.*", r"touchstone/(?!wire/).*",
     "the wire contract includes only itself"),
    (r"(host|firmware|include)/.*", r"(.*/)?tests/.*",
     "nothing includes tests/"),
]

THIRD_PARTY = re.compile(
    r"(fido(/.*)?|sodium(/.*)?|openssl/.*|bearssl.*|sqlite3|jansson|seccomp"
    r"|qrencode|cmocka|winscard|PCSC/.*|systemd/.*|microhttpd|curl/.*|libpq-fe)\.h"
    r"|fido\.h")

# (part, header) -> the files that may include it; the comment says why.
SHARED = {
    # Two jobs that share no line: primitives, and memory that is locked.
    ("host/lib", "sodium.h"): ("host/lib/crypto/crypto.c", "host/lib/secret.c"),
    # Signatures of notes, and the group that the VRF computes in.
    ("host/log", "sodium.h"): ("host/log/vkey.c", "host/log/vrf.c"),
    # One reads a key out of a certificate, one judges whole chains.
    ("host/token", "openssl/x509.h"): ("host/token/card_crypto.c",
                                       "host/token/evidence.c"),
    # A key that is agreed on with a token, and what cards need.
    ("host/token", "openssl/core_names.h"): ("host/token/agree.c",
                                             "host/token/card_crypto.c"),
    ("host/token", "openssl/err.h"): ("host/token/agree.c",
                                      "host/token/card_crypto.c"),
    ("host/token", "openssl/evp.h"): ("host/token/agree.c",
                                      "host/token/card_crypto.c"),
    ("host/token", "openssl/rand.h"): ("host/token/agree.c",
                                       "host/token/card_crypto.c"),
    # Requests with their answers, and the server that they come through.
    ("host/http", "microhttpd.h"): ("host/http/call.c", "host/http/server.c"),
    # A card that is used, and the readers that are watched: two connections.
    ("host/token", "winscard.h"): ("host/token/pcsc.c",
                                   "host/token/pcsc_watch.c"),
    # A chip has its own default curve; hosts have the library's.
    ("firmware", "bearssl_ec.h"): ("firmware/crypto/bear_p256.c",
                                   "firmware/crypto/bear_port.c"),
}

EXAMPLES = [
    ({"host/lib/a.c": '#include "core/fw_ctap.h"\n#include <stdint.h>\n'},
     {"host/lib/a.c:1"}),
    ({"firmware/core/a.c": '#include "touchstone/wire/rw.h"\n'
      '#include "touchstone/chain.h"\n#include <unistd.h>\n'},
     {"firmware/core/a.c:2", "firmware/core/a.c:3"}),
    ({"firmware/core/a.h": '#include "board/posix/usb.h"\n'},
     {"firmware/core/a.h:1"}),
    ({"include/touchstone/wire/a.h": "#include <string.h>\n"
      "#include <stdint.h>\n"}, {"include/touchstone/wire/a.h:1"}),
    ({"include/touchstone/a.h": "/* #include <stdio.h> */\n"
      "#include <sodium.h>\n"}, {"include/touchstone/a.h:2"}),
    ({"host/lib/a.c": "#include <sqlite3.h>\n",
      "host/lib/b.c": "#include <sqlite3.h>\n"},
     {"host/lib/a.c:1", "host/lib/b.c:1"}),
    ({"host/lib/a.h": "#include <jansson.h>\n"}, {"host/lib/a.h:1"}),
    ({"host/lib/a.c": "#include <sodium.h>\n"}, {"host/lib/a.c:1"}),
    ({"host/lib/secret.c": "#include <sodium.h>\n",
      "host/lib/crypto/crypto.c": "#include <sodium.h>\n",
      "host/token/pin.c": "#include <sodium.h>\n",
      "firmware/crypto/sodium.c": "#include <sodium.h>\n"}, set()),
    ({"firmware/wire/a.c": "#include <string.h>\n"
      '#include "touchstone/wire/a.h"\n'}, set()),
]


def includes(tree, path):
    """(line, angle or quote, header) of every #include outside comments."""
    blanked = tree.code(path).split("\n")
    for number, line in tree.lines(path):
        match = INCLUDE.match(line)
        if match and blanked[number - 1].lstrip().startswith("#"):
            yield number, match.group(1), match.group(2)


def outside(path, kind, header):
    """Why this include is not allowed here, or None."""
    for folder, names in STANDARD:
        if re.fullmatch(folder, path) and kind == "<":
            if header not in names and not THIRD_PARTY.fullmatch(header) \
                    and not header.startswith("touchstone/"):
                return f"<{header}> is not freestanding"
    for folder, pattern, why in FORBIDDEN:
        if re.fullmatch(folder, path) and re.fullmatch(pattern, header):
            return f"{header}: {why}"
    if THIRD_PARTY.fullmatch(header) and path.endswith(".h"):
        return f"{header} in a header: keep it in one .c file"
    return None


def part(path):
    words = path.split("/")
    return "/".join(words[:2]) if words[0] == "host" else words[0]


def check(tree):
    findings = []
    users = {}
    for path in tree.files(r"(host|firmware|include)/.*\.[ch]"):
        for line, kind, header in includes(tree, path):
            why = outside(path, kind, header)
            if why:
                findings.append(Finding(path, line, why))
            elif THIRD_PARTY.fullmatch(header):
                users.setdefault((part(path), header), []).append((path, line))
    for (where, header), places in users.items():
        allowed = SHARED.get((where, header), ())
        extra = [p for p in places if p[0] not in allowed]
        if len(extra) > 1 or (extra and allowed):
            names = ", ".join(os.path.basename(p) for p, _ in places)
            findings += [Finding(p, n, f"<{header}> in several files: {names}")
                         for p, n in extra]
    return findings
