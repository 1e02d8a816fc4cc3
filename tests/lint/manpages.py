# SPDX-License-Identifier: BSD-2-Clause
"""Each installed program has a manual page; touchstone(1) has every verb.

Verbs are the rows {"name", function, ...} of the tables in host/cli.
"""

import re

from tree import Finding

LISTS = r"(host|firmware)/.*CMakeLists\.txt"
EXECUTABLE = re.compile(r"add_executable\(\s*([\w-]+)")
INSTALLED = re.compile(r"install\(\s*TARGETS\s+([^)]*)\)", re.S)
VERB = re.compile(r"^\s*\{\s*\"([a-z][a-z-]*)\",\s*&?(?:cmd|cli|do)_\w+", re.M)

LIST = "add_executable(touchstone main.c)\ninstall(TARGETS touchstone)\n"
TABLE = 'static const struct verb verbs[] = {\n\t{"init", cmd_init, "x"},\n' \
    '\t{"sign", cmd_sign, "x"},\n};\n'
PAGE = ".TH TOUCHSTONE 1\n.B touchstone init\nthen sign it\n"
EXAMPLES = [
    ({"host/cli/CMakeLists.txt": LIST}, {"host/cli/CMakeLists.txt:2"}),
    ({"host/cli/CMakeLists.txt": LIST, "docs/man/touchstone.1": PAGE,
      "host/cli/main.c": TABLE}, {"host/cli/main.c:3"}),
    ({"host/cli/CMakeLists.txt": LIST, "host/cli/main.c": TABLE,
      "docs/man/touchstone.1": PAGE + ".B touchstone sign\n"}, set()),
]


def programs(tree):
    """(program, CMakeLists.txt, line of its install rule)."""
    for path in tree.files(LISTS):
        text = re.sub(r"#.*", "", tree.text(path))
        executables = set(EXECUTABLE.findall(text))
        for rule in INSTALLED.finditer(text):
            for word in rule.group(1).split():
                if word in executables:
                    line = text.count("\n", 0, rule.start()) + 1
                    yield word, path, line


def mentioned(page, verb):
    """Whether the page sets the verb as a command, not just in a sentence."""
    word = re.escape(verb.replace("-", "\\-")) + "|" + re.escape(verb)
    return re.search(rf"(touchstone |\\fB|^\.[A-Z]\w* (.*[ \"])?)({word})(?![\w-])",
                     page, re.M)


def check(tree):
    findings = []
    installed = list(programs(tree))
    if not installed:
        findings.append(Finding("CMakeLists.txt", 0, "no installed program"))
    for program, path, line in installed:
        if not tree.has(f"docs/man/{program}.1"):
            findings.append(Finding(path, line, f"no docs/man/{program}.1"))
    if not tree.has("docs/man/touchstone.1"):
        return findings
    page = tree.text("docs/man/touchstone.1")
    verbs = 0
    for path in tree.files(r"host/cli/.*\.c"):
        text = tree.text(path)
        for match in VERB.finditer(text):
            verbs += 1
            if not mentioned(page, match.group(1)):
                line = text.count("\n", 0, match.start(1)) + 1
                findings.append(Finding(
                    path, line, f"{match.group(1)}: not in touchstone(1)"))
    if not verbs:
        findings.append(Finding("host/cli", 0, "no table of verbs found"))
    return findings
