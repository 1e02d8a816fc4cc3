# SPDX-License-Identifier: BSD-2-Clause
"""Each installed program has a manual page; touchstone(1) has every verb.

Verbs are the rows {"name", cmd_name, ...} of the table in host/cli/verbs.c;
one whose group is NULL is hidden and needs no mention.
"""

import re

from tree import Finding

LISTS = r"(host|firmware)/.*CMakeLists\.txt"
EXECUTABLE = re.compile(r"add_executable\(\s*([\w-]+)")
INSTALLED = re.compile(r"install\(\s*TARGETS\s+([^)]*)\)", re.S)
VERBS = "host/cli/verbs.c"
VERB = re.compile(r"^\s*\{\"([a-z][a-z -]*)\",\s*cmd_\w+,(.*?)\}", re.M | re.S)
HIDDEN = re.compile(r"\bNULL,")

LIST = "add_executable(touchstone main.c)\ninstall(TARGETS touchstone)\n"
TABLE = 'static const struct verb verbs[] = {\n\t{"init", cmd_init, "x"},\n' \
    '\t{"key add", cmd_key_add, "x"},\n' \
    '\t{"raw", cmd_raw, "", 0, NULL, "x"},\n};\n'
PAGE = ".TH TOUCHSTONE 1\n.B touchstone init\nthen key add it\n"
EXAMPLES = [
    ({"host/cli/CMakeLists.txt": LIST}, {"host/cli/CMakeLists.txt:2"}),
    ({"host/cli/CMakeLists.txt": LIST, "docs/man/touchstone.1": PAGE,
      VERBS: TABLE}, {"host/cli/verbs.c:3"}),
    ({"host/cli/CMakeLists.txt": LIST, VERBS: TABLE,
      "docs/man/touchstone.1": PAGE + ".B touchstone key add\n"}, set()),
    ({"host/token/CMakeLists.txt": LIST.replace("touchstone", "helper"),
      "docs/man/helper.8": ".TH HELPER 8\n"}, set()),
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
        # Section 8 is for what other programs start.
        if not any(tree.has(f"docs/man/{program}.{n}") for n in (1, 8)):
            findings.append(Finding(path, line, f"no docs/man/{program}.1"))
    if not tree.has("docs/man/touchstone.1"):
        return findings
    page = tree.text("docs/man/touchstone.1")
    findings += tree.need(re.escape(VERBS), "table of verbs")
    for path in tree.files(re.escape(VERBS)):
        text = tree.text(path)
        rows = list(VERB.finditer(text))
        if not rows:
            findings.append(Finding(path, 0, "no verb found"))
        for row in rows:
            line = text.count("\n", 0, row.start(1)) + 1
            if not HIDDEN.search(row.group(2)) and \
                    not mentioned(page, row.group(1)):
                findings.append(Finding(
                    path, line, f"{row.group(1)}: not in touchstone(1)"))
    return findings
