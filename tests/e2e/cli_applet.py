# SPDX-License-Identifier: BSD-2-Clause
"""Verbs that are about the statement applet: live codes on a token, attest,
forget, and giving way."""

import json
import os

from cli_support import CliTest, Error, Progress, main, result

BOB = "bob@example.org"
VERIFIED = result(label=BOB, state="verified")
REFRESH = ("Refresh", {"alerts": []})
IMAGE = "ab" * 32


def run_of(number, text, token=""):
    return {"progress": None, "result": {
        "run": number, "text": text, "token": token, "outputs": [],
        "shown_by": "token" if token else "computer"}}


WHERE = dict(token="", wait=True, on_computer=False)


class Live(CliTest):
    def agent(self, *script):
        super().agent(REFRESH, *script)

    def test_who_begins(self):
        self.agent(("LiveStart", run_of(7, "live1first")),
                   ("LiveContinue", {"text": "live1third",
                                     "code": "123456789"}),
                   ("LiveResult", {}), ("Confirm", VERIFIED))
        child = self.terminal("verify", BOB, "--live", env={"NO_COLOR": "1"})
        child.expect("Their text, or Enter: ")
        child.sendline("")
        child.expect("\r\nlive1first\r\n")
        child.expect("sends back: ")
        child.sendline("live1second")
        child.expect("\r\nlive1third\r\n")
        child.expect("    123 456 789\r\n")
        child.expect("yes or no: ")
        child.sendline("yes")
        child.expect("is verified")
        self.ends(child)
        self.assertEqual([c for _, c in self.fake.calls], [
            dict(label=BOB), dict(contact=BOB, **WHERE),
            dict(run=7, text="live1second"),
            dict(run=7, match=True),
            dict(contact=BOB, method="live", proof="7", token="")])

    def test_who_answers_and_a_slip_of_the_mouse(self):
        self.agent(("LiveAnswer", run_of(9, "live1second")),
                   ("LiveContinue", Error("Failed", "CHECKSUM", "no code")),
                   ("LiveContinue", {"text": "", "code": "000000001"}),
                   ("LiveResult", {}))
        child = self.terminal("verify", BOB, "--live", env={"NO_COLOR": "1"})
        child.expect("Their text, or Enter: ")
        child.sendline("live1first")
        child.expect("sends back: ")
        child.sendline("live1thir")
        child.expect("no code")
        child.expect("sends back: ")
        child.sendline("live1third")
        child.expect("000 000 001")
        child.expect("yes or no: ")
        child.sendline("no")
        self.assertIn("is blocked", self.ends(child, 3))
        self.assertEqual(self.fake.calls[-1][1], dict(run=9, match=False))

    def test_for_programs(self):
        self.agent(("LiveStart", run_of(7, "live1first")),
                   ("LiveContinue", {"text": "live1third",
                                     "code": "123456789"}),
                   ("LiveResult", {}), ("Confirm", VERIFIED))
        done = self.cli("verify", BOB, "--live", "--json",
                        stdin="\nlive1second\nyes\n")
        self.assertEqual([json.loads(x) for x in done.stderr.splitlines()],
                         [{"send": "live1first"}, {"send": "live1third"},
                          {"code": "123456789", "shown_by": "computer",
                           "token": ""}])
        self.assertEqual(json.loads(done.stdout)["state"], "verified")

    def on_token(self, outputs, *script):
        self.agent(("LiveStart", run_of(7, "live1first", "blue")),
                   ("LiveContinue", {
                       "text": "live1third", "code": "", "token": "blue",
                       "shown_by": "token", "outputs": outputs}), *script)
        child = self.terminal("verify", BOB, "--live", env={"NO_COLOR": "1"})
        child.expect("Their text, or Enter: ")
        child.sendline("")
        child.expect("sends back: ")
        child.sendline("live1second")
        return child

    def test_token_shows_the_code(self):
        child = self.on_token(["display"], ("LiveResult", {}),
                              ("Confirm", VERIFIED))
        child.expect("blue shows the code on its display")
        child.expect("This computer does not know it")
        child.expect("after yes, touch the token: ")
        child.sendline("yes")
        child.expect("by a code that your token blue")
        self.ends(child)
        self.assertEqual(self.fake.calls[-1][1],
                         dict(contact=BOB, method="live", proof="7", token=""))

    def test_touch_that_came_late(self):
        late = Error("NoTouch", "NO_TOUCH", "not touched in time")
        child = self.on_token(["display"], ("LiveResult", {}),
                              ("Confirm", late), ("Confirm", late))
        child.expect("touch the token: ")
        child.sendline("yes")
        child.expect("Touch it now")
        child.sendline("yes")
        child.expect("Touch it now")
        child.sendline("no")
        self.ends(child, 5)

    def test_token_blinks_the_code_and_it_differs(self):
        child = self.on_token(["led"], ("LiveResult", {}))
        child.expect("ten for 0")
        child.expect("touch the token: ")
        child.sendline("type")  # it cannot
        child.expect("Please type yes or no: ")
        child.sendline("no")
        self.assertIn("is blocked", self.ends(child, 3))

    def test_token_types_the_code(self):
        child = self.on_token(
            ["keyboard"], ("LiveType", run_of(7, "", "blue")),
            ("LiveResult", {}), ("Confirm", VERIFIED))
        child.expect("answer `type`")
        child.expect("touch the token: ")
        child.sendline("type")
        child.expect("Please type yes or no: ")
        child.sendline("123456789")  # what it typed is no answer
        child.expect("Please type yes or no: ")
        child.sendline("yes")
        self.ends(child)

    def test_token_that_is_away(self):
        self.agent(("LiveStart", Error("NoToken", "NO_TOKEN", "not there")))
        done = self.cli("verify", BOB, "--live", stdin="\n", expect=4)
        self.assertIn("--on-computer", done.stderr)

    def test_on_computer_is_passed_on(self):
        self.agent(("LiveStart", Error("Refused", "NOT_SHOWN", "no")))
        self.cli("verify", BOB, "--live", "--on-computer", stdin="\n",
                 expect=3)
        self.assertEqual(self.fake.calls[-1][1],
                         dict(contact=BOB, token="", wait=False,
                              on_computer=True))

    def test_input_that_ends(self):
        self.agent(("LiveStart", run_of(7, "live1first")))
        self.cli("verify", BOB, "--live", stdin="\n", expect=5)


class Attest(CliTest):
    @staticmethod
    def attested(same_device=True, same_image=True):
        return result(
            key=dict(name="blue", fingerprint="SHA256:x", image="cd" * 32),
            model="00" * 16, image=IMAGE, device_key="ef" * 32,
            challenge="11" * 32, same_device=same_device,
            same_image=same_image, document="a1b2", armored="SIG\n",
            allowed_signers="touchstone-device ssh-ed25519 AAAA\n")

    def test_all_is_well(self):
        self.agent(("AttestToken", Progress("touch"), self.attested()))
        done = self.cli("token", "attest", "blue")
        self.assertIn(IMAGE, done.stdout)
        self.assertIn("same token", done.stdout)
        self.assertIn("Touch your token now: ", done.stderr)
        self.assertEqual(self.fake.calls, [("AttestToken",
                                            dict(token="blue"))])

    def test_other_firmware_is_a_warning(self):
        self.agent(("AttestToken", self.attested(same_image=False)))
        done = self.cli("token", "attest")
        self.assertIn("other firmware", done.stdout)
        self.assertIn("cd" * 8, done.stdout)

    def test_other_device_is_refused(self):
        for options in ([], ["--json"]):
            with self.subTest(options=options):
                self.agent(("AttestToken", self.attested(same_device=False)))
                done = self.cli("token", "attest", *options, expect=3)
                self.assertIn("another device key", done.stdout + done.stderr)

    def test_files_for_ssh_keygen(self):
        folder = os.path.join(self.home, "out")
        self.agent(("AttestToken", self.attested()))
        done = self.cli("token", "attest", "--out", folder)
        self.assertIn("ssh-keygen -Y verify", done.stdout)
        self.assertEqual(sorted(os.listdir(folder)),
                         ["allowed_signers", "attest.sig", "attest.stmt"])
        with open(os.path.join(folder, "attest.stmt"), "rb") as f:
            self.assertEqual(f.read(), b"\xa1\xb2")
        self.agent(("AttestToken", self.attested()))
        self.cli("token", "attest", "--out", folder, expect=1)

    def test_for_programs(self):
        self.agent(("AttestToken", self.attested()))
        done = self.cli("token", "attest", "--json")
        self.assertEqual(json.loads(done.stdout)["image"], IMAGE)


class Forget(CliTest):
    def test_asks_first(self):
        done = self.cli("token", "forget", "old", expect=2)
        self.assertIn("--yes", done.stderr)

    def test_hold(self):
        self.agent(("ForgetKey", Progress("hold"), result(name="old")))
        done = self.cli("token", "forget", "old", "--yes")
        self.assertIn("hold it for 5 seconds", done.stderr)
        self.assertEqual(self.fake.calls[0][1], dict(key="old", token=""))

    def test_in_use(self):
        self.agent(("ForgetKey", Error("Refused", "IN_USE", "It is in use")))
        self.cli("token", "forget", "old", "--yes", expect=3)


class Yield(CliTest):
    def test_gives_way(self):
        self.agent(("Publish", {"published": 0, "dropped": 2}))
        done = self.cli("publish", "--yield")
        self.assertIn("2 statements wait again", done.stdout)
        self.assertEqual(self.fake.calls[0][1], {"yield": True})

    def test_conflict_is_said(self):
        self.agent(("ListPending", {
            "changes": [{"number": 1, "kind": "k", "words": "w"}],
            "signing": [], "waiting_for": [], "final": False}),
                   ("Sign", result(seq=4, hash="0", missing=[],
                                   published=False, conflict=True)))
        done = self.cli("sign")
        self.assertIn("another change of yours", done.stdout)
        self.assertIn("touchstone alerts", done.stdout)


class NotPublished(CliTest):
    """Signed, and the directory did not take it: why, in its words."""
    WHY = "The directory asks for an invitation."

    def test_why_is_said(self):
        self.agent(("ListPending", {
            "changes": [{"number": 1, "kind": "k", "words": "w"}],
            "signing": [], "waiting_for": [], "final": False}),
                   ("Sign", result(seq=4, hash="0", missing=[],
                                   published=False, conflict=False,
                                   trouble=self.WHY)))
        done = self.cli("sign")
        self.assertIn("not published. " + self.WHY, " ".join(
            done.stdout.split()))
        self.assertIn("touchstone publish", done.stdout)

    def test_invitation_comes_later(self):
        self.agent(("SetInvitation", {}),
                   ("Publish", {"published": 1, "dropped": 0}))
        done = self.cli("publish", "--invitation", "abcd-efgh")
        self.assertIn("Published 1 statement", done.stdout)
        self.assertEqual(self.fake.calls[0][1], {"text": "abcd-efgh"})

    def test_addresses_that_are_none(self):
        self.agent()
        for url, why in (("http://example.org", "for this computer only"),
                         ("https://", "not an address of a directory"),
                         ("https://x.example/?y", "not an address")):
            done = self.cli("init", "x", "--directory", url, expect=2)
            self.assertIn(why, " ".join(done.stderr.split()))


class Evidence(CliTest):
    def test_in_words(self):
        keys = [dict(name="blue", role="signer", evidence="token-statement",
                     image=IMAGE, present=True),
                dict(name="grey", role="signer", evidence="fido-uv", image="")]
        self.agent(("ShowContact", {"contact": {
            "label": BOB, "state": "verified", "code": "touch1",
            "tokens": keys, "alerts": []}}))
        done = self.cli("contact", "show", BOB)
        self.assertIn("blue (signer, parsed on the token, image "
                      + IMAGE[:16], done.stdout)
        self.assertIn("grey (signer, PIN and touch)", done.stdout)
        # No maker vouches for it (SPEC 12.6).
        self.assertIn("is their word", done.stdout)

    def test_final_is_said(self):
        self.agent(("ListPending", {
            "changes": [], "signing": [{"number": 1, "kind": "k",
                                        "words": "w"}],
            "waiting_for": ["green"], "final": True}))
        self.assertIn("cannot be dropped", self.cli("pending").stdout)


if __name__ == "__main__":
    main()
