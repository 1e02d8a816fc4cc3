# SPDX-License-Identifier: BSD-2-Clause
"""touchstone(1), the help texts and the completions tell the same."""

import os
import re
import subprocess

from cli_support import CliTest, main

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


class Manual(CliTest):
    def setUp(self):
        super().setUp()
        with open(os.path.join(SOURCE, "docs/man/touchstone.1")) as f:
            self.page = f.read()

    def verbs(self):
        """What `touchstone help` lists, without arguments."""
        for line in self.cli("help").stdout.splitlines():
            match = re.match(r"  ([a-z-]+(?: [a-z]+)?)(?: [^a-z ].*?| on\|off)?"
                             r"(?:  |$)", line)
            if match:
                yield match.group(1)

    def entry(self, verb):
        """The page's paragraph about a verb, with options as in a shell."""
        start = re.search(rf"^\.It Cm {verb}( |$)", self.page, re.M)
        self.assertTrue(start, f"{verb}: not in touchstone(1)")
        end = re.search(r"^\.It Cm (?!ssh|age|wire|openpgp|omemo|raw)|^\.Ss",
                        self.page[start.end():], re.M)
        return self.page[start.start():start.end() + end.start()].replace(
            "Fl -", "--")

    def test_every_verb_and_option(self):
        verbs = list(self.verbs())
        self.assertGreater(len(verbs), 30)
        for verb in verbs:
            entry = self.entry(verb)
            text = self.cli("help", *verb.split()).stdout
            options = re.search(r"Options\n(.*?)\n\n", text, re.S).group(1)
            for option in re.findall(r"^  (?:-h, )?(--[a-z-]+)", options,
                                     re.M):
                if option in ("--help", "--json"):
                    continue
                if option == "--token" and "[TOKEN]" in text:
                    continue  # said once for all of them
                with self.subTest(verb=verb, option=option):
                    self.assertIn(option, entry)

    def test_no_option_that_is_not_there(self):
        known = set()
        for verb in self.verbs():
            known |= set(re.findall(
                r"^  (?:-h, )?(--[a-z-]+)",
                self.cli("help", *verb.split()).stdout, re.M))
        for option in re.findall(r"Fl -([a-z][a-z-]+)", self.page):
            if option not in ("version", "option"):  # not of a verb
                self.assertIn("--" + option, known)

    def test_every_exit_code(self):
        status = self.page[self.page.index(".Sh EXIT STATUS"):]
        for code in range(6):
            self.assertRegex(status, rf"\n\.It {code}\n")

    def test_every_variable(self):
        out = subprocess.run(
            ["grep", "-rhoE", r'(getenv|is_set)\("[A-Z_]+"',
             os.path.join(SOURCE, "host/cli")], text=True,
            capture_output=True, check=True).stdout
        for name in set(re.findall(r'"([A-Z_]+)"', out)):
            self.assertRegex(self.page, rf"\.It Ev.*\b{name}\b")


if __name__ == "__main__":
    main()
