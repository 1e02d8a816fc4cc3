# SPDX-License-Identifier: BSD-2-Clause
"""No variable named sk_... or secret_... reaches a function that prints."""

import re

from tree import Finding

PRINTS = re.compile(
    r"\b(\w*printf|(?:\w+_)?(?:log|warnx?|errx?|die|fatal|puts|fputs|perror"
    r"|syslog|say|trace|debug)(?:_\w+)?|json_string\w*|json_pack\w*)\s*\(")
SECRET = re.compile(r"(?<!sizeof\()\b(sk_|secret_)\w+")
# An owner function that must put a secret into a message says so here.
ALLOWED = {
}

EXAMPLES = [
    ({"host/a.c": '\tts_log(LOG_INFO, "pin %s",\n\t    secret_pin);\n'},
     {"host/a.c:1"}),
    ({"firmware/a.c": '\tprintf("%02x", (unsigned)sk_root[i]);\n'},
     {"firmware/a.c:1"}),
    ({"host/a.c": '\tlog_info("secret_pin %zu", sizeof(secret_pin));\n'
      "\tcrypto_sign(sig, sk_root);\n"}, set()),
]


def arguments(text, start):
    """The text from an opening parenthesis to the one that closes it."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return text[start:]


def check(tree):
    findings = []
    for path in tree.files(r"(host|firmware)/.*\.[ch]"):
        code = tree.code(path)
        for call in PRINTS.finditer(code):
            secret = SECRET.search(arguments(code, call.end() - 1))
            if secret and (path, call.group(1)) not in ALLOWED:
                line = code.count("\n", 0, call.start()) + 1
                findings.append(Finding(
                    path, line, f"{secret.group(0)} goes to {call.group(1)}"))
    return findings
