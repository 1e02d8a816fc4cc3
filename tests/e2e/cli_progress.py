# SPDX-License-Identifier: BSD-2-Clause
"""The touch notice is there exactly while the token waits."""

import json
import re
import signal
import time

import pexpect

from cli_support import CLOSE, CliTest, Error, Progress, main, result

PENDING = ("ListPending", {"changes": [
    {"number": 1, "kind": "add-key", "words": "Adds a key."}],
    "signing": [], "waiting_for": []})
SIGNED = result(seq=1, hash="00", missing=[], published=True)
ERASE = "\r\x1b[K"


def screen(text):
    """The lines that are left when all of text has been shown."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        lines.append(re.sub(r"\x1b\[[0-9;]*m", "",
                            line.rsplit(ERASE, 1)[-1]))
    return "\n".join(lines)


class OnATerminal(CliTest):
    def test_touch_comes_at_once_and_goes(self):
        self.agent(PENDING, ("Sign", Progress("working"), 0.3,
                             Progress("touch"), 0.5, Progress("touched"), 0.3,
                             SIGNED))
        child = self.terminal("sign")
        child.expect("Adds a key")
        before = time.monotonic()
        child.expect("Touch your token now: daily")
        self.assertNotIn("working", child.before)
        self.assertLess(time.monotonic() - before, 2)
        child.expect("Signed and published")
        during = child.before
        rest = self.ends(child)
        self.assertNotIn("Touch", screen(during + rest))
        self.assertGreaterEqual(during.count("Touch your token now"), 2)

    def test_words_of_the_bytes_come_before_the_touch(self):
        """What is signed is what the agent says of it, not the queue."""
        self.agent(PENDING, ("Sign", Progress("working", text=(
            "Adds a key.\nenrol token \"evil\" as signer\n")), 0.1,
            Progress("touch"), 0.2, SIGNED))
        child = self.terminal("sign")
        child.expect("Touch your token")
        self.assertIn('enrol token "evil"', child.before)
        self.assertEqual(child.before.count("Adds a key."), 1)
        self.ends(child)

    def test_nothing_is_drawn_for_short_waits(self):
        self.agent(PENDING, ("Sign", 0.3, Progress("working"), 0.3,
                             Progress("publishing"), 0.3, SIGNED))
        shown = self.ends(self.terminal("sign"))
        self.assertNotIn(ERASE, shown)

    def test_long_waits_are_named(self):
        self.agent(("Publish", 1.4, {"published": 0}))
        child = self.terminal("publish")
        child.expect("waiting for the agent")
        self.assertEqual(screen(child.before + self.ends(child)).strip(),
                         "All was published already.")

    def test_notice_goes_with_an_error(self):
        self.agent(PENDING, ("Sign", Progress("touch"), 0.2, Error(
            "NoTouch", "NO_TOUCH", "the token was not touched in time")))
        child = self.terminal("sign")
        child.expect("Touch your token")
        rest = screen(child.before + child.after + self.ends(child, 5))
        self.assertNotIn("Touch your", rest)
        self.assertIn("not touched in time", rest)

    def test_agent_that_dies_takes_the_notice_away(self):
        self.agent(PENDING, ("Sign", Progress("touch"), 0.2, CLOSE))
        self.assertNotIn("Touch your",
                         screen(self.ends(self.terminal("sign"), 1)))

    def test_interrupt_cleans_the_line(self):
        self.agent(PENDING, ("Sign", Progress("touch"), 20, SIGNED))
        child = self.terminal("sign")
        child.expect("Touch your token")
        child.sendintr()
        child.expect(pexpect.EOF)
        self.assertTrue(child.before.endswith(ERASE), child.before)
        child.close()
        self.assertEqual(child.signalstatus, signal.SIGINT)
        self.fake.script.clear()

    def test_long_text_stays_on_one_row(self):
        self.agent(PENDING, ("Sign", Progress("touch", "x " * 400), 0.3,
                             SIGNED))
        shown = self.ends(self.terminal("sign", columns=50))
        rows = [re.sub(r"\x1b\[[0-9;]*m", "", drawn)
                for drawn in shown.split(ERASE)[1:-1]]
        self.assertGreaterEqual(len(rows), 2)
        for row in rows:
            self.assertLess(len(row), 50)
            self.assertTrue(row.endswith("..."))

    def test_colors(self):
        for env, colored, drawn in (
                ({}, True, True), ({"NO_COLOR": "1"}, False, True),
                ({"TERM": "dumb"}, False, False), ({"TERM": ""}, False, False)):
            with self.subTest(env=env):
                self.agent(PENDING, ("Sign", Progress("touch"), 0.3, SIGNED))
                shown = self.ends(self.terminal("sign", env=env))
                self.assertEqual(bool(re.search(r"\x1b\[[0-9;]*m", shown)),
                                 colored)
                self.assertEqual(ERASE in shown, drawn)
                self.assertIn("Touch your token now: daily", shown)

    def test_ascii_where_the_locale_is_not_utf8(self):
        self.agent(PENDING, ("Sign", Progress("touch", "dä"), 0.5, SIGNED))
        shown = self.ends(self.terminal("sign", env={"LC_ALL": "C"}))
        self.assertTrue(shown.isascii(), shown)
        self.assertIn("now: d?", shown)


class InAPipe(CliTest):
    def test_one_line_for_each_thing_to_do(self):
        self.agent(PENDING, ("Sign", Progress("plug-in"), Progress("working"),
                             Progress("touch"), 0.5, Progress("touched"),
                             SIGNED))
        done = self.cli("sign")
        self.assertEqual(done.stdout.splitlines(), [
            "Signed and published: statement 1 of your history."])
        self.assertEqual(done.stderr.splitlines(), [
            "Your token will sign:", "  Adds a key.",
            "Plug in your token daily", "Touch your token now: daily"])

    def test_json_lines(self):
        self.agent(PENDING, ("Sign", Progress("touch", text="why"), SIGNED))
        done = self.cli("sign", "--json")
        self.assertEqual([json.loads(x) for x in done.stderr.splitlines()],
                         [{"progress": {"state": "touch", "token": "daily",
                                        "text": "why"}}])
        self.assertEqual(json.loads(done.stdout)["seq"], 1)


if __name__ == "__main__":
    main()
