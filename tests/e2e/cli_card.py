# SPDX-License-Identifier: BSD-2-Clause
"""Smartcards on the command line: what is asked of the agent, and of people."""

from cli_support import CliTest, Error, Progress, main, result

CARD = "card:Yubico YubiKey 00 00"
PIV = dict(version="5.4.3", guid="", retries=3, puk_retries=3, attests=True,
           checked=False, slots=[
               dict(slot="9c", algorithm="p256", pin="always", touch="always",
                    generated=True),
               dict(slot="9d", algorithm="", pin="once", touch="",
                    generated=False)])
OPENPGP = dict(version="3.4", manufacturer="0006", serial="01020304",
               retries=3, admin_retries=1, pin_once=True, kdf=False,
               button=False, signatures=7, slots=[])


def device(**members):
    found = dict(token=CARD, product="PIV card", aaguid="00" * 16,
                 versions=[], algorithms=[], pin="none", retries=-1,
                 remaining=-1, key=None, applet=None, piv=None, openpgp=None,
                 also="", problem="", todo="")
    found.update(members)
    return found


INFO = ("TokenInfo", {"device": device(piv=PIV)})
SIGNED = result(seq=0, hash="00", missing=[], published=True)
STATUS = ("GetStatus", {"label": "a", "code": "touch1x"})
CHANGE = result(number=1, kind="enrol-token", words="Adds a token.")
PENDING = ("ListPending", {"changes": [
    {"number": 1, "kind": "add-key", "words": "Adds a key."}],
    "signing": [], "waiting_for": []})
LAST = Error("Refused", "LAST_TRY", "Only one try is left.", names=[CARD])
ADMIN = Error("Failed", "ADMIN_REQUIRED", "It wants it.", names=[CARD])


def needed(retries):
    return Error("PinRequired", "PIN_REQUIRED", "", token=CARD,
                 retries=retries)


class Scripts(CliTest):
    def test_provision_says_what_it_was_given(self):
        key = "0102030405060708" * 4
        self.agent(("Provision", SIGNED), STATUS)
        self.cli("token", "provision", CARD, "--applet", "piv", "--slot",
                 "9a", "--replace",
                 pins={"pin-fd": "123456", "admin-fd": key})
        call, pins = self.fake.calls[0][1], self.fake.pins[0]
        self.assertEqual((call["token"], call["applet"], call["slot"],
                          call["replace"]), (CARD, "piv", "9a", True))
        self.assertEqual((pins[call["pin_fd"]], pins[call["admin_fd"]]),
                         ("123456", key))
        self.assertNotIn("last_try", call)

    def test_without_options_nothing_of_cards_is_said(self):
        self.agent(("Provision", SIGNED), STATUS)
        self.cli("token", "provision", "sim:/x", pins={"pin-fd": "123456"})
        for name in ("applet", "slot", "replace", "admin_fd", "last_try"):
            self.assertNotIn(name, self.fake.calls[0][1])

    def test_backup_on_a_card(self):
        self.agent(("Provision", SIGNED), STATUS)
        self.cli("token", "provision", "sim:/x", "--backup", CARD,
                 "--backup-applet", "openpgp",
                 pins={"pin-fd": "1", "backup-pin-fd": "2",
                       "backup-admin-fd": "3"})
        call, pins = self.fake.calls[0][1], self.fake.pins[0]
        self.assertEqual(call["backup_applet"], "openpgp")
        self.assertEqual([pins[call[n]] for n in (
            "pin_fd", "backup_pin_fd", "backup_admin_fd")], ["1", "2", "3"])

    def test_enrol(self):
        self.agent(("Enrol", CHANGE))
        self.cli("token", "enrol", CARD, "--name", "spare", "--applet", "piv",
                 pins={"pin-fd": "123456"})
        self.assertEqual(self.fake.calls[0][1]["applet"], "piv")

    def test_words_that_are_none(self):
        for options in (["--applet", "gpg"], ["--slot", "9d"]):
            with self.subTest(options=options):
                self.cli("token", "provision", CARD, *options, expect=2)

    def test_admin_secret_that_is_too_long(self):
        done = self.cli("token", "provision", CARD, expect=1,
                        pins={"pin-fd": "123456", "admin-fd": "a" * 128})
        self.assertIn("1 to 127 bytes", done.stderr)

    def test_last_try_is_not_used_by_itself(self):
        self.agent(PENDING, ("Sign", LAST))
        error = self.json("sign", pins={"pin-fd": "1"}, expect=3)["error"]
        self.assertEqual(error["code"], "LAST_TRY")
        self.agent(PENDING, ("Sign", SIGNED))
        self.cli("sign", "--last-try", pins={"pin-fd": "1"})
        self.assertIs(self.fake.calls[1][1]["last_try"], True)

    def test_admin_secret_that_nobody_can_be_asked_for(self):
        self.agent(("Provision", ADMIN))
        self.cli("token", "provision", CARD, pins={"pin-fd": "1"}, expect=1)

    def test_pin_and_unblock(self):
        self.agent(("SetPin", result(token=CARD)),
                   ("UnblockPin", result(token=CARD)))
        self.cli("token", "pin", CARD, "--applet", "piv",
                 pins={"pin-fd": "1", "new-pin-fd": "2"})
        self.cli("token", "unblock", CARD, "--applet", "piv",
                 pins={"puk-fd": "3", "new-pin-fd": "4"})
        for (_, call), pins, names, wanted in zip(
                self.fake.calls, self.fake.pins,
                (("pin_fd", "new_pin_fd"), ("puk_fd", "new_pin_fd")),
                (["1", "2"], ["3", "4"])):
            self.assertEqual(call["applet"], "piv")
            self.assertEqual([pins[call[n]] for n in names], wanted)

    def test_warning_is_shown(self):
        self.agent(("Provision", Progress("warning", text="Mind the gap."),
                    SIGNED), STATUS)
        done = self.cli("token", "provision", CARD, pins={"pin-fd": "1"})
        self.assertIn("Mind the gap.", done.stderr)


class Shown(CliTest):
    def test_info_of_piv(self):
        self.agent(INFO)
        text = self.cli("token", "info", CARD).stdout
        for words in ("5.4.3", "3 tries left; PUK 3 tries left", "slot 9e",
                      "p256, made on the card, PIN for each signature, touch "
                      "each time", "a key that cannot be used here"):
            self.assertIn(words, " ".join(text.split()))
        self.assertNotIn("PIN not known", text)
        self.assertNotIn("0000000000000000", text)

    def test_info_of_openpgp(self):
        self.agent(("TokenInfo", {"device": device(openpgp=OPENPGP)}))
        text = " ".join(self.cli("token", "info", CARD).stdout.split())
        for words in ("3 tries left, for one signature only", "admin PIN 1 try "
                      "left", "no button", "serial number 01020304"):
            self.assertIn(words, text)

    def test_info_of_a_card_in_trouble(self):
        self.agent(("TokenInfo", {"device": device(
            problem="another program has it",
            todo="It may be scdaemon (process 7).")}))
        text = self.cli("token", "info", CARD).stdout
        self.assertIn("another program has it", text)
        self.assertIn("process 7", text)

    def test_list(self):
        self.agent(("ListTokens", {"devices": [device(piv=PIV)], "keys": [],
                                   "cards": ""}))
        self.assertIn("PIV PIN 3 tries left",
                      self.cli("token", "list").stdout)

    def test_trouble_with_pcscd_is_told_only_if_no_token_is_there(self):
        trouble = "the smartcard service pcscd does not run. Start it."
        self.agent(("ListTokens", {"devices": [], "keys": [],
                                   "cards": trouble}),
                   ("ListTokens", {"devices": [device(piv=PIV)], "keys": [],
                                   "cards": trouble}))
        self.assertIn(trouble, " ".join(
            self.cli("token", "list").stdout.split()))
        self.assertNotIn("pcscd", self.cli("token", "list").stdout)


class Terminal(CliTest):
    def test_last_try_is_asked_about_before_the_pin(self):
        self.agent(PENDING, ("Sign", needed(1)), ("Sign", SIGNED))
        child = self.terminal("sign")
        child.expect("Only one try is left")
        child.sendline("yes")
        child.expect("PIN of card:")
        child.sendline("123456")
        self.ends(child)
        self.assertIs(self.fake.calls[2][1]["last_try"], True)

    def test_last_try_may_be_kept(self):
        self.agent(PENDING, ("Sign", needed(1)))
        child = self.terminal("sign")
        child.expect("Only one try is left")
        child.sendline("no")
        self.assertIn("nothing was tried", self.ends(child, 5))

    def test_two_tries_are_said(self):
        self.agent(PENDING, ("Sign", needed(2)), ("Sign", SIGNED))
        child = self.terminal("sign")
        child.expect("Tries left before the token blocks itself: 2")
        child.sendline("123456")
        self.ends(child)

    def test_admin_secret_is_asked_for_without_echo(self):
        self.agent(INFO, ("Provision", needed(3)), ("Provision", ADMIN),
                   ("Provision", SIGNED), STATUS)
        child = self.terminal("token", "provision", CARD, "--applet", "piv",
                              "--no-backup")
        child.expect("PIN of card:.*: ")
        child.sendline("123456")
        child.expect("Management key or admin PIN of .*: ")
        child.sendline("c0ffee" * 8)
        child.expect("has an identity")
        self.assertNotIn("c0ffee", child.before + self.ends(child))
        call, pins = self.fake.calls[3][1], self.fake.pins[3]
        self.assertEqual(pins[call["admin_fd"]], "c0ffee" * 8)
        self.assertEqual(pins[call["pin_fd"]], "123456")

    def test_replacing_is_asked_about(self):
        self.agent(INFO)
        child = self.terminal("token", "provision", CARD, "--applet", "piv",
                              "--no-backup", "--replace")
        child.expect("erased and lost for ever")
        child.expect("Type yes or no: ")
        child.sendline("no")
        self.ends(child, 5)

    def test_unblock(self):
        self.agent(INFO, ("UnblockPin", result(token=CARD)))
        child = self.terminal("token", "unblock", CARD)
        child.expect("PUK of card:.*: ")
        child.sendline("12345678")
        child.expect("New PIN of .*: ")
        child.sendline("12345")
        child.expect("6 to 8 digits")
        child.sendline("654321")
        child.expect("New PIN again")
        child.sendline("654321")
        self.ends(child)
        self.assertEqual(self.fake.pins[1], ["12345678", "654321"])


if __name__ == "__main__":
    main()
