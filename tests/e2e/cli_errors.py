# SPDX-License-Identifier: BSD-2-Clause
"""What the CLI says and returns when things go wrong; what agents may send."""

import json
import os
import socket
import subprocess
import sys
import unittest

from cli_support import CLOSE, CliTest, Error, main

ALERT = dict(id=1, code="KEY_ADDED", level="news", contact="bob", time=1,
             what="x", means="y", todo="z", open=True)


class Usage(CliTest):
    def test_every_mistake_is_exit_2_and_has_a_hint(self):
        for args, words in (
                (["stauts"], "did you mean `status`"),
                (["tokn", "list"], "did you mean `token list`"),
                (["frobnicate"], "`touchstone help` lists"),
                (["token"], "needs a second word"),
                (["init"], "LABEL is missing"),
                (["status", "extra"], '"extra" is one argument too many'),
                (["key", "add"], "--app APP is missing"),
                (["key", "add", "--app"], "needs an argument"),
                (["status", "--frob"], "there is no option --frob"),
                (["status", "-x"], "there is no option -x"),
                (["sign", "--pin-fd", "-1"], "whole number"),
                (["sign", "--pin-fd", "1x"], "whole number"),
                (["sign", "--pin-fd", "99999999999999999999"],
                 "whole number from 0 to 1023"),
                (["pending", "--drop", "0"], "from 1 to"),
                (["status", "--json", "--json"], "given twice"),
                (["lockdown", "maybe"], "on or off"),
                (["key", "add", "--app", "ssh"], "either by --file"),
                (["key", "add", "--app", "ssh", "--key", "x", "--expires",
                  "2001-01-01"], "YYYY-MM-DD"),
                (["key", "add", "--app", "ssh", "--key", "x", "--expires",
                  "2099-02-30"], "YYYY-MM-DD"),
                (["init", "bo b!"], "is no label"),
                (["contact", "add", "a@b@c"], "is no label"),
                (["export"], "FOLDER is missing"),
                ([], "usage: touchstone")):
            with self.subTest(args=args):
                done = self.cli(*args, expect=2)
                self.assertIn(words, done.stdout + done.stderr)

    def test_json_errors_are_objects_on_standard_output(self):
        error = self.json("init", expect=2)["error"]
        self.assertEqual(
            error, {"code": "ARGUMENT", "message": "LABEL is missing",
                    "names": [], "exit": 2})

    def test_help_needs_no_agent(self):
        self.assertIn("provision", self.cli("help").stdout)
        self.assertIn("--role", self.cli("token", "enrol", "-h").stdout)
        self.assertIn("token wink", self.cli("help", "token").stdout)
        self.assertRegex(self.cli("--version").stdout, r"^touchstone \d")

    def test_arguments_that_are_no_text(self):
        done = self.cli("init", os.fsdecode(b"\xff\xfe"), expect=2)
        self.assertIn("not UTF-8", done.stderr)


class Errors(CliTest):
    def test_each_error_has_its_exit_code(self):
        for name, code, number in (
                ("Failed", "DIRECTORY", 1), ("Usage", "ARGUMENT", 2),
                ("Refused", "BLOCKED", 3), ("NoToken", "NO_TOKEN", 4),
                ("NoTouch", "NO_TOUCH", 5)):
            with self.subTest(error=name):
                self.agent(("Publish", Error(
                    name, code, "it is so", names=["laptop", "phone"])))
                done = self.cli("publish", expect=number)
                self.assertIn("touchstone: it is so", done.stderr)
                self.assertIn("    phone", done.stderr)
                self.assertEqual(done.stdout, "")
                self.agent(("Publish", Error(
                    name, code, "it is so", names=["laptop"])))
                self.assertEqual(
                    self.json("publish", expect=number)["error"],
                    dict(code=code, message="it is so", names=["laptop"],
                         exit=number))

    def test_what_was_named_stands_before_the_message(self):
        self.agent(("ShowContact", Error("Failed", "NOT_FOUND", "No entry.",
                                         names=["eve@x.org", "more"])))
        done = self.cli("contact", "show", "eve@x.org", expect=1)
        self.assertEqual(done.stderr,
                         "touchstone: eve@x.org: No entry.\n    more\n")

    def test_no_agent(self):
        done = self.cli("status", expect=1)
        self.assertIn("could not be started", done.stderr)

    def test_home_that_is_not_absolute(self):
        done = self.cli("status", expect=2, env={"TOUCHSTONE_HOME": "here"})
        self.assertIn("TOUCHSTONE_HOME", done.stderr)

    def test_agent_dies_in_the_middle_of_a_reply(self):
        self.agent(("GetStatus", b'{"parameters": {"lab', CLOSE))
        done = self.cli("status", expect=1)
        self.assertIn("the agent ended while it worked", done.stderr)

    def test_replies_that_are_none(self):
        for reply in (b"hello\0", b"\0", b"[]\0", b'{"parameters": []}\0',
                      b'{"continues": 1}\0', b'{"error": "nodot"}\0',
                      b'{"parameters": {}, "more": 1}\0',
                      b'{"parameters": {"a": 1, "a": 2}}\0',
                      b'{"parameters": ' + b"[" * 5000 + b"\0",
                      b'{"parameters": {"a": "\xff"}}\0'):
            with self.subTest(reply=reply[:40]):
                self.agent(("GetStatus", reply))
                done = self.cli("status", expect=1)
                self.assertIn("does not speak its protocol", done.stderr)

    def test_reply_without_end_is_bounded(self):
        def flood():
            chunk = b" " * (1 << 20)
            for _ in range(40):
                connection.sendall(chunk)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(os.path.join(self.home, "agent"))
        listener.listen()
        child = self.terminal("status")
        connection, _ = listener.accept()
        with connection, self.assertRaises(OSError):
            flood()
        self.assertIn("protocol", self.ends(child, 1))

    def test_replies_in_pieces_and_two_at_once(self):
        watch = json.dumps({"parameters": {
            "kind": "token", "text": "plugged", "alert": None},
            "continues": True}).encode()
        self.agent(("Watch", watch[:7], 0.05, watch[7:] + b"\0" + watch
                    + b"\0" + watch[:3], 0.05, watch[3:] + b"\0", CLOSE))
        done = self.cli("watch", expect=1)
        self.assertEqual(done.stdout, "token: plugged\n" * 3)

    def test_foreign_error(self):
        self.agent(("GetStatus", b'{"error": "org.varlink.service.'
                    b'MethodNotFound", "parameters": {"method": "x"}}\0'))
        self.assertIn("another version", self.cli("status", expect=1).stderr)


class HostileText(CliTest):
    EVIL = "a\033]0;owned\007\033[2J\u202eb\u009b31m\r\nSTOP\u200b\ufeff"

    def test_nothing_moves_the_cursor(self):
        bad = dict(ALERT, what=self.EVIL, means=self.EVIL, todo=self.EVIL,
                   code=self.EVIL, level=self.EVIL)
        self.agent(("ListAlerts", {"alerts": [bad]}))
        child = self.terminal("alerts", env={"NO_COLOR": "1"})
        shown = self.ends(child).replace("\r\n", "\n")
        for char in shown:
            self.assertTrue(char == "\n" or 0x20 <= ord(char) < 0x7f, shown)
        self.assertIn("a?]0;owned??[2J?b?31m  STOP??", " ".join(shown.split(
            "\n")).replace("   ", "  "))

    def test_errors_too(self):
        self.agent(("Publish", Error("Failed", "IO", self.EVIL,
                                     names=[self.EVIL, 7, None])))
        done = self.cli("publish", expect=1)
        self.assertNotIn("\033", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 4)

    def test_json_on_a_terminal(self):
        self.agent(("ListAlerts", {"alerts": [dict(ALERT, what=self.EVIL)]}))
        shown = self.ends(self.terminal("alerts", "--json"))
        self.assertNotIn("\033", shown)
        self.assertNotIn("\u202e", shown)

    def test_json_to_a_program_is_exact(self):
        alerts = {"alerts": [dict(ALERT, what=self.EVIL)]}
        self.agent(("ListAlerts", alerts))
        self.assertEqual(self.json("alerts"), alerts)

    def test_keys_go_to_programs_unchanged(self):
        lines = ["ssh-ed25519 AAAA bob", "ssh-ed25519 BBBB böb"]
        self.agent(("GetKeys", {"keys": [], "lines": lines}))
        done = self.cli("keys", "bob@example.org", "--app", "ssh")
        self.assertEqual(done.stdout.splitlines(), lines)
        self.assertEqual(done.stderr, "")

    def test_members_that_are_missing_or_of_another_type(self):
        for reply in ({}, {"alerts": 7}, {"alerts": [7, None, {}, "x"]},
                      {"alerts": [{"what": 3, "id": "x", "open": 1}]}):
            with self.subTest(reply=reply):
                self.agent(("ListAlerts", reply))
                self.cli("alerts")


class Impostor(CliTest):
    @unittest.skipUnless(os.geteuid() == 0, "needs another user")
    def test_agent_of_another_user_gets_nothing(self):
        os.chmod(self.home, 0o777)
        code = ("import os, socket; os.setuid(65534); s = socket.socket("
                "socket.AF_UNIX); s.bind('agent'); s.listen(); print('ready',"
                " flush=True); print(s.accept()[0].recv(1), flush=True)")
        with subprocess.Popen([sys.executable, "-c", code], text=True,
                              stdout=subprocess.PIPE, cwd=self.home) as other:
            self.addCleanup(other.kill)
            self.assertEqual(other.stdout.readline(), "ready\n")
            os.chmod(os.path.join(self.home, "agent"), 0o777)
            done = self.cli("sign", expect=1, pins={"pin-fd": "1234"})
            self.assertIn("owner", done.stderr)
            self.assertEqual(other.stdout.readline(), "b''\n")


if __name__ == "__main__":
    main()
