# SPDX-License-Identifier: BSD-2-Clause
"""Every installed header compiles alone, as C11 and as C++17."""

import re

from tree import Finding, run

FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
LANGUAGES = [["gcc", "-std=c11", "-x", "c"], ["g++", "-std=c++17", "-x", "c++"]]

EXAMPLES = [
    ({"include/touchstone/a.h": "struct a {\n\tuint8_t b;\n};\n"},
     {"include/touchstone/a.h:2"}),
    ({"include/touchstone/a.h": "#include <stdint.h>\n"
      '#include "touchstone/b.h"\nuint8_t new_one(struct b *b);\n',
      "include/touchstone/b.h": "struct b {\n\tint *class;\n};\n"},
     {"include/touchstone/b.h:2"}),
    ({"include/touchstone/wire/a.h": "#include <stdint.h>\nuint8_t a(void);\n"},
     set()),
]


def check(tree):
    findings = tree.need(r"include/touchstone/.*\.h", "installed header")
    for header in tree.files(r"include/touchstone/.*\.h"):
        for language in LANGUAGES:
            status, out = run(language + FLAGS + [
                "-I", tree.path("include"), "-"],
                text=f'#include "{header.removeprefix("include/")}"\n'
                     "extern int not_empty;\n")
            if status == 0:
                continue
            match = re.search(r"^(\S+?):(\d+):\d+: (.*error: .*)$", out, re.M)
            place, line, text = match.groups() if match else (header, 1, out)
            findings.append(Finding(place.replace(tree.root + "/", ""),
                                    int(line), f"{language[0]}: {text}"))
            break
    return sorted(set(findings))
