# SPDX-License-Identifier: BSD-2-Clause
"""What each verb asks the agent, and what it shows."""

import os
import subprocess

from cli_support import CliTest, Error, Progress, main, result

OWN = "touch1rwfmnfyz959lpmt4pll6dyswr0a6gy3rh6j9t7dk7thqy0lc80zsd5ec8l"
THEIRS = "touch1pwexuj8cjcpz6fkfuut6p4h5x59snzqq6gdkx99hc7gu7ylry8vq03crpd"
CODES = dict(own=OWN, theirs=THEIRS, pair="0123456789" * 6,
             qr="touch-qr:abc")
BOB = "bob@example.org"
CHANGE = {"change": {"number": 2, "kind": "k", "words": "It changes."}}
VERIFIED = result(label=BOB, state="verified")


class Destructive(CliTest):
    VERBS = ((["token", "retire", "daily"], "Retire", CHANGE),
             (["key", "revoke", "ssh/laptop"], "RevokeKey", CHANGE),
             (["contact", "remove", BOB], "RemoveContact", {}),
             (["verification", "off"], "SetVerification", CHANGE),
             (["token", "reset", "sim:/x"], "ResetToken", result(pin="unset")))

    def test_refused_without_terminal(self):
        for verb, _, _ in self.VERBS:
            with self.subTest(verb=verb):
                done = self.cli(*verb, expect=2)
                self.assertIn("--yes", done.stderr)

    def test_yes(self):
        for verb, method, reply in self.VERBS:
            with self.subTest(verb=verb):
                self.agent((method, reply))
                self.cli(*verb, "--yes")

    def test_asked_on_a_terminal(self):
        for verb, method, reply in self.VERBS:
            with self.subTest(verb=verb):
                child = self.terminal(*verb)
                child.expect("Type yes or no: ")
                child.sendline("y")
                child.expect("Please type yes or no: ")
                child.sendline("no")
                self.assertIn("nothing was changed", self.ends(child, 5))
                self.agent((method, reply))
                child = self.terminal(*verb)
                child.expect("Type yes or no: ")
                child.sendline("yes")
                self.ends(child)

    def test_closing_a_stop_asks_but_news_does_not(self):
        alerts = {"alerts": [
            dict(id=1, level="news", what="a", means="b", contact=BOB),
            dict(id=2, level="stop", what="He vanished", means="b.",
                 contact=BOB)]}
        self.agent(("ListAlerts", alerts), ("CloseAlert", {"alert": {}}),
                   ("ListAlerts", alerts), ("CloseAlert", {"alert": {}}))
        self.cli("alerts", "--close", "1")
        done = self.cli("alerts", "--close", "2", expect=2)
        self.assertIn("He vanished", done.stderr)
        self.cli("alerts", "--close", "2", "--yes")


class Tokens(CliTest):
    ONE = {"devices": [{"token": "fido:/dev/hidraw3", "product": "Key"}],
           "keys": []}
    TWO = {"devices": ONE["devices"] + [
        {"token": "fido:/dev/hidraw4", "product": "Other"}], "keys": []}

    def test_the_only_one(self):
        self.agent(("ListTokens", self.ONE), ("Wink", {}))
        self.cli("token", "wink")
        self.assertEqual(self.fake.calls[1],
                         ("Wink", {"token": "fido:/dev/hidraw3"}))

    def test_none(self):
        self.agent(("ListTokens", {"devices": [], "keys": []}))
        self.assertIn("no token is plugged in",
                      self.cli("token", "wink", expect=4).stderr)

    def test_several(self):
        self.agent(("ListTokens", self.TWO))
        self.assertIn("--token", self.cli("token", "wink", expect=2).stderr)

    def test_several_asked_on_a_terminal(self):
        self.agent(("ListTokens", self.TWO), ("Wink", {}))
        child = self.terminal("token", "wink")
        child.expect("2  fido:/dev/hidraw4  Other")
        for answer in ("3", "x", "2"):
            child.expect("Number of the one to use: ")
            child.sendline(answer)
        self.ends(child)
        self.assertEqual(self.fake.calls[1][1]["token"], "fido:/dev/hidraw4")

    def test_paths_of_simulators_become_absolute(self):
        os.mkdir(self.home + "/sim")
        for typed in ("sim:sim", "sim:./sim/", "sim:" + self.home + "/sim"):
            with self.subTest(typed=typed):
                self.agent(("Wink", {}))
                here = os.getcwd()
                os.chdir(self.home)
                try:
                    self.cli("token", "wink", "--token", typed)
                finally:
                    os.chdir(here)
                self.assertEqual(self.fake.calls[0][1]["token"],
                                 "sim:" + os.path.realpath(self.home + "/sim"))

    def test_reset_too_late_asks_to_plug_in_again(self):
        late = Error("Failed", "RESET_WINDOW", "only in the first 10 seconds")
        self.agent(("ResetToken", late), ("ResetToken", result(pin="unset")))
        child = self.terminal("token", "reset", "fido:/dev/hidraw3", "--yes")
        child.expect("plug it in again and press Enter")
        child.sendline("")
        child.expect("is empty now")
        self.ends(child)


class Keys(CliTest):
    def test_add(self):
        with open(self.home + "/k.pub", "w") as f:
            f.write("ssh-ed25519 AAAA alice\n")
        for more in (["--file", self.home + "/k.pub"], ["--file", "-"],
                     ["--key", "ssh-ed25519 AAAA alice"]):
            with self.subTest(more=more):
                self.agent(("AddKey", dict(CHANGE, key={})))
                self.cli("key", "add", "--app", "ssh", "--device", "laptop",
                         "--expires", "2099-12-31", *more,
                         stdin="ssh-ed25519 AAAA alice\n")
                self.assertEqual(self.fake.calls[0][1], dict(
                    app="ssh", device="laptop", protocol=1, expires=4102444799,
                    file="ssh-ed25519 AAAA alice\n"))

    def test_files_that_are_none(self):
        with open(self.home + "/nul", "wb") as f:
            f.write(b"ssh\0key")
        with open(self.home + "/big", "wb") as f:
            f.write(b"x" * 100000)
        for path, words in (("nul", "not a text file"), ("none", "No such"),
                            ("big", "not a text file"), ("", "not a text")):
            done = self.cli("key", "add", "--app", "ssh", "--file",
                            os.path.join(self.home, path), expect=1)
            self.assertIn(words, done.stderr)

    def test_short_names_of_contacts(self):
        contacts = {"contacts": [{"label": BOB}, {"label": "bobby@x.org"},
                                 {"label": "eve@a.org"}, {"label": "eve@b.org"}]}
        refused = Error("Refused", "UNVERIFIED", "not verified")
        self.agent(("ListContacts", contacts), ("GetKeys", refused))
        done = self.cli("keys", "Bob", "--app", "ssh", expect=3)
        self.assertEqual((done.stdout, self.fake.calls[1][1]["contact"]),
                         ("", BOB))
        self.agent(("ListContacts", contacts))
        self.assertIn("whole label", self.cli(
            "keys", "eve", "--app", "ssh", expect=2).stderr)


REFRESH = ("Refresh", {"alerts": []})


class Verify(CliTest):
    def agent(self, *script):
        super().agent(REFRESH, *script)

    def confirmed(self, method, proof):
        self.assertEqual(self.fake.calls[-1], ("Confirm", dict(
            contact=BOB, method=method, proof=proof, token="")))

    def test_by_option(self):
        for option, method, given, proof in (
                ("--code", "public-code", THEIRS, THEIRS),
                ("--code", "public-code", "-", THEIRS),
                ("--qr", "qr", "-", THEIRS),
                ("--pair", "pair-number", "01234 56789-" * 6,
                 "0123456789" * 6)):
            with self.subTest(option=option):
                self.agent(("Confirm", VERIFIED))
                self.cli("verify", BOB, option, given, stdin=THEIRS + "\nx\n")
                self.confirmed(method, proof)

    def test_codes_that_are_none(self):
        for code in ("", "touch1", OWN[:-1], OWN[:-1] + "x", "bitcoin1" + OWN,
                     "\u202e" + OWN):
            with self.subTest(code=code):
                self.cli("verify", BOB, "--code", code, expect=2)
        self.cli("contact", "add", BOB, "--code", OWN[1:], expect=2)
        for digits in ("1" * 59, "1" * 61, "1" * 59 + "x", ""):
            self.cli("verify", BOB, "--pair", digits, expect=2)

    def test_one_way_at_a_time(self):
        self.cli("verify", BOB, "--live", "--code", "x", expect=2)
        self.cli("verify", BOB, expect=2)

    def test_walk_to_public_code(self):
        self.agent(("GetCodes", CODES),
                   ("Confirm", Progress("touch"), VERIFIED))
        child = self.terminal("verify", BOB)
        child.expect("Which way")
        child.sendline("5")
        child.expect(OWN)
        child.expect(THEIRS)
        child.expect("01234 56789 01234 56789")
        child.expect("█|▀|▄")
        child.expect("Which way")
        child.sendline("2")
        child.expect("Their public code: ")
        child.sendline(THEIRS[:-1] + "c")
        child.expect("no public code .the checksum")
        child.expect("Their public code: ")
        child.sendline(THEIRS)
        child.expect("Your token will sign: you have verified")
        child.expect("is verified")
        self.ends(child)
        self.confirmed("public-code", THEIRS)

    def test_walk_names_the_group_that_differs(self):
        self.agent(("GetCodes", CODES), ("Confirm", Error(
            "Refused", "MISMATCH", "the codes do not match")))
        child = self.terminal("verify", BOB)
        child.expect("Which way")
        child.sendline("4")
        child.expect("Their digits: ")
        child.sendline("01234 56789")
        child.expect("has 60 digits")
        child.expect("Their digits: ")
        child.sendline("01234 56789 01234 56780" + " 01234 56789" * 4)
        child.expect("Group 4 of 12 differs")
        self.ends(child, 3)


class Export(CliTest):
    EXPORT = dict(
        label="alice@example.org", id="00", allowed_signers="alice ssh x\n",
        statements=[
            dict(kind="genesis", seq=0, hash="0", words=[], statement="a1b2",
                 signatures=[dict(signer="daily", armored="SIG1\n"),
                             dict(signer="backup", armored="SIG2\n")]),
            dict(kind="../../evil", seq=1, hash="0", words=[],
                 statement="FF", signatures=[])])

    def files(self, folder):
        out = {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as f:
                out[name] = f.read()
        return out

    def test_files(self):
        self.agent(("Export", self.EXPORT))
        folder = self.home + "/out"
        self.cli("export", folder)
        self.assertEqual(self.files(folder), {
            "0000-genesis.stmt": b"\xa1\xb2", "0000-genesis.sig": b"SIG1\n",
            "0000-genesis.2.sig": b"SIG2\n", "allowed_signers":
            b"alice ssh x\n", "confirm-0001.stmt": b"\xff"})

    def test_nothing_is_overwritten(self):
        self.agent(("Export", self.EXPORT))
        folder = self.home + "/out"
        os.mkdir(folder)
        with open(folder + "/mine", "w") as f:
            f.write("x")
        self.assertIn("not empty", self.cli("export", folder, expect=1).stderr)
        self.assertEqual(self.files(folder), {"mine": b"x"})

    def test_statement_that_is_no_hex(self):
        for text in ("a1b", "xy", "00" * 5000):
            with self.subTest(text=text[:8]):
                bad = dict(self.EXPORT, statements=[dict(
                    self.EXPORT["statements"][0], statement=text)])
                self.agent(("Export", bad))
                folder = self.home + "/bad" + text[:3]
                self.cli("export", folder, expect=1)

    def test_json(self):
        self.agent(("Export", self.EXPORT))
        self.assertEqual(self.json("export"), self.EXPORT)


class Qr(CliTest):
    STATUS = dict(initialised=True, label="a", id="00", code="touch1" + "q" * 58)

    def scan(self, text, dark, light):
        """What zbarimg reads from half blocks."""
        rows = []
        for line in text.split("\n"):
            pair = {"█": (dark, dark), "▀": (dark, light), "▄": (light, dark),
                    " ": (light, light)}
            if line and all(c in pair for c in line):
                rows.append([pair[c][0] for c in line])
                rows.append([pair[c][1] for c in line])
        scale = 4
        width = max(map(len, rows)) * scale
        path = os.path.join(self.home, "qr.pgm")
        with open(path, "wb") as f:
            f.write(b"P5 %d %d 255\n" % (width, len(rows) * scale))
            for row in rows:
                line = b"".join(bytes([p]) * scale for p in row)
                f.write(line.ljust(width, bytes([light])) * scale)
        return subprocess.run(["zbarimg", "--raw", "-q", path], text=True,
                              capture_output=True, check=False).stdout.strip()

    def test_a_scanner_reads_it(self):
        for env, dark, light in (({}, 0, 255), ({"NO_COLOR": "1"}, 255, 0)):
            with self.subTest(env=env):
                self.agent(("GetStatus", self.STATUS))
                shown = self.ends(self.terminal("code", env=env))
                for escape in ("\r", "\x1b[30;47;107m", "\x1b[0m"):
                    shown = shown.replace(escape, "")
                self.assertEqual(self.scan(shown, dark, light),
                                 self.STATUS["code"])

    def test_where_it_cannot_be_drawn(self):
        for more, env, columns, words in (
                (["--no-qr"], {}, 80, "web page"),
                ([], {"LC_ALL": "C"}, 80, "not UTF-8"),
                ([], {}, 41, "narrower than")):
            with self.subTest(words=words):
                self.agent(("GetStatus", self.STATUS))
                shown = self.ends(self.terminal(
                    "code", *more, env=env, columns=columns))
                self.assertNotIn("█", shown)
                self.assertIn(words, shown.replace("\r\n", " "))

    def test_a_program_gets_the_code_alone(self):
        self.agent(("GetStatus", self.STATUS))
        self.assertEqual(self.cli("code").stdout, self.STATUS["code"] + "\n")


class Completion(CliTest):
    def offers(self, *words):
        out = self.cli("__complete", *words).stdout
        return [line.split("\t")[0] for line in out.splitlines()]

    def test_verbs_and_options(self):
        self.assertIn("token", self.offers(""))
        self.assertEqual(self.offers("ver"), ["verify", "verification"])
        self.assertEqual(self.offers("token", "re"), ["retire", "reset"])
        self.assertEqual(self.offers("help", "token", "w"), ["wink"])
        self.assertIn("--live", self.offers("verify", "bob", "--"))
        self.assertNotIn("--live", self.offers("sign", "--"))
        self.assertEqual(self.offers("keys", "bob", "--app", "s"),
                         ["ssh", "signal"])
        self.assertEqual(self.offers("key", "add", "--file", ""), [":file"])
        self.assertEqual(self.offers("lockdown", "o"), ["on", "off"])
        self.assertEqual(self.offers("nonsense", ""), [])

    def test_names_come_from_an_agent_that_runs(self):
        self.assertEqual(self.offers("keys", ""), [])
        self.agent(("ListContacts", {"contacts": [
            {"label": BOB, "state": "verified"}, {"label": "al@x.org"}]}),
            ("ListTokens", {"devices": [{"token": "fido:/dev/hidraw3"}],
                            "keys": []}),
            ("ListTokens", {"devices": [], "keys": [
                {"name": "daily"}, {"name": "old", "retired": True}]}))
        self.assertEqual(self.offers("keys", "b"), [BOB])
        self.assertEqual(self.offers("sign", "--token", ""),
                         ["fido:/dev/hidraw3", "daily"])

    def test_errors_are_silent(self):
        self.agent(("ListContacts", Error("Failed", "IO", "bad")))
        done = self.cli("__complete", "keys", "")
        self.assertEqual(done.stdout + done.stderr, "")

    def test_bash(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                              "../../host/cli/completion/touchstone.bash")
        line = (f"source {script}; COMP_WORDS=(touchstone token w); "
                "COMP_CWORD=2; COMP_LINE='touchstone token w'; "
                "COMP_POINT=18; _touchstone; echo ${COMPREPLY[@]}")
        env = self.environment()
        env["PATH"] = os.path.dirname(self.program) + ":" + env["PATH"]
        done = subprocess.run(["bash", "-c", line], env=env, text=True,
                              capture_output=True, check=True)
        self.assertEqual(done.stdout.strip(), "wink")


if __name__ == "__main__":
    main()
