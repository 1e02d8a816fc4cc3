# SPDX-License-Identifier: BSD-2-Clause
"""PINs: where they come from, where they go, and that they go nowhere else."""

import os
import signal
import stat
import time

import pexpect

from cli_support import CliTest, Error, Progress, main, result

PENDING = ("ListPending", {"changes": [
    {"number": 1, "kind": "add-key", "words": "Adds the ssh key of laptop."}],
    "signing": [], "waiting_for": []})
NEEDED = Error("PinRequired", "PIN_REQUIRED", "PIN please", token="daily",
               retries=8)
SIGNED = result(seq=1, hash="00", missing=[], published=True)


def needed(retries):
    return Error("PinRequired", "PIN_REQUIRED", "", token="daily",
                 retries=retries)


WRONG = Error("Failed", "PIN_WRONG", "the PIN is wrong")


class Scripts(CliTest):
    def test_pin_fd(self):
        for pin in ("314159", "314159\n", "x" * 63):
            with self.subTest(pin=pin):
                self.agent(PENDING, ("Sign", SIGNED))
                self.cli("sign", pins={"pin-fd": pin})
                self.assertEqual(self.fake.calls[1][1]["pin_fd"], 0)
                self.assertEqual(self.fake.pins[1], [pin.strip()])

    def test_bad_pin_fd(self):
        for pin, code in (("", 1), ("\n", 1), ("x" * 64, 1)):
            with self.subTest(pin=pin):
                self.agent(PENDING)
                done = self.cli("sign", pins={"pin-fd": pin}, expect=code)
                self.assertIn("1 to 63 bytes", done.stderr)
        self.agent(PENDING)
        self.cli("sign", "--pin-fd", "777", expect=2)

    def test_wrong_pin_of_a_script_is_never_repeated(self):
        self.agent(PENDING, ("Sign", WRONG))
        self.cli("sign", pins={"pin-fd": "1234"}, expect=1)

    def test_nobody_to_ask(self):
        self.agent(PENDING, ("Sign", NEEDED))
        error = self.json("sign", expect=1)["error"]
        self.assertEqual(error["code"], "PIN_REQUIRED")
        self.assertIn("--pin-fd", error["message"])

    def test_two_tokens(self):
        self.agent(("Provision", SIGNED),
                   ("GetStatus", {"label": "a", "code": "touch1x"}))
        self.cli("token", "provision", "--token", "sim:/x", "--backup",
                 "sim:/y", pins={"pin-fd": "1111", "backup-pin-fd": "2222"})
        call = self.fake.calls[0][1]
        self.assertEqual(
            (self.fake.pins[0][call["pin_fd"]],
             self.fake.pins[0][call["backup_pin_fd"]]), ("1111", "2222"))
        self.assertEqual((call["name"], call["backup_name"]),
                         ("daily", "backup"))


class Terminal(CliTest):
    def test_asked_without_echo(self):
        self.agent(PENDING, ("Sign", NEEDED), ("Sign", SIGNED))
        child = self.terminal("sign")
        child.expect("Adds the ssh key of laptop")
        child.expect("PIN of daily: ")
        child.sendline("314159")
        child.expect("Signed and published")
        self.assertNotIn("314159", child.before + self.ends(child))
        self.assertEqual(self.fake.pins[2], ["314159"])
        self.assertNotIn("pin_fd", self.fake.calls[1][1])

    def test_wrong_pin_shows_tries_and_asks_again(self):
        self.agent(PENDING, ("Sign", needed(8)), ("Sign", WRONG),
                   ("Sign", needed(7)), ("Sign", SIGNED))
        child = self.terminal("sign")
        child.expect("PIN of daily: ")
        child.sendline("0000")
        child.expect("PIN was wrong. Tries left before .* blocks itself: 7")
        child.expect("PIN of daily: ")
        child.sendline("314159")
        child.expect("Signed and published")
        self.ends(child)
        self.assertEqual(self.fake.pins[1:], [[], ["0000"], [], ["314159"]])

    def test_empty_answer_declines(self):
        self.agent(PENDING, ("Sign", NEEDED))
        child = self.terminal("sign")
        child.expect("PIN of daily: ")
        child.sendline("")
        self.assertIn("no PIN was given", self.ends(child, 5))

    def test_too_long_an_answer_uses_no_try(self):
        self.agent(PENDING, ("Sign", NEEDED))
        child = self.terminal("sign")
        child.expect("PIN of daily: ")
        child.sendline("9" * 200)
        self.assertIn("at most 63 bytes", self.ends(child, 1))

    def test_signals_restore_the_echo(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                       signal.SIGQUIT):
            with self.subTest(signal=number):
                self.agent(PENDING, ("Sign", NEEDED))
                child = self.terminal("sign")
                child.expect("PIN of daily: ")
                self.assertTrue(child.waitnoecho(10))
                child.kill(number)
                deadline = time.monotonic() + 10
                while not child.getecho() and time.monotonic() < deadline:
                    time.sleep(0.01)
                self.assertTrue(child.getecho(), "the echo is off for good")
                self.ends_by(child, number)

    def ends_by(self, child, number):
        child.close(force=True)
        self.assertEqual(child.signalstatus, number)

    def test_stop_and_continue_asks_again(self):
        self.agent(PENDING, ("Sign", NEEDED), ("Sign", SIGNED))
        child = pexpect.spawn(
            "bash", ["-mc", f"{self.program} sign; stty -a; fg"],
            env=self.environment(), encoding="utf-8", timeout=20)
        child.expect("PIN of daily: ")
        self.assertTrue(child.waitnoecho(10))
        child.sendcontrol("z")
        child.expect("[ -]echo ")
        self.assertEqual(child.after, " echo ")
        child.expect("PIN of daily: ")
        self.assertTrue(child.waitnoecho(10))
        child.sendline("314159")
        self.ends(child)
        self.assertEqual(self.fake.pins[2], ["314159"])

    def test_first_pin_is_offered_and_asked_twice(self):
        device = {"device": {"token": "sim:/x", "pin": "unset"}}
        self.agent(("TokenInfo", device), ("SetPin", result(pin="set")),
                   ("Provision", SIGNED),
                   ("GetStatus", {"label": "a", "code": "touch1x"}))
        child = self.terminal("token", "provision", "sim:/x", "--no-backup")
        child.expect("has no PIN yet")
        for answers, words in ((("12",), "at least 4"),
                               (("1234", "4321"), "not the same"),
                               (("2468", "2468"), "identity on a token")):
            child.expect("New PIN of sim:/x: ")
            child.sendline(answers[0])
            if len(answers) > 1:
                child.expect("New PIN again of sim:/x: ")
                child.sendline(answers[1])
            child.expect(words)
        self.ends(child)
        self.assertEqual(self.fake.pins[1], ["2468"])
        self.assertEqual(self.fake.pins[2], ["2468"])

    def test_change_of_pin_keeps_the_new_one_when_the_old_is_wrong(self):
        self.agent(("TokenInfo", {"device": {"pin": "set"}}),
                   ("SetPin", WRONG), ("SetPin", needed(5)),
                   ("SetPin", result(pin="set")))
        child = self.terminal("token", "pin", "daily")
        child.expect("PIN of daily: ")
        child.sendline("1111")
        child.expect("New PIN of daily: ")
        child.sendline("2222")
        child.expect("New PIN again of daily: ")
        child.sendline("2222")
        child.expect("Tries left .*: 5")
        child.expect("PIN of daily: ")
        child.sendline("3333")
        child.expect("has the new PIN")
        self.ends(child)
        self.assertEqual(self.fake.pins[3], ["3333", "2222"])


class Pinentry(CliTest):
    """--auto never uses the terminal."""

    def pinentry(self, body):
        path = os.path.join(self.home, "pinentry")
        with open(path, "w") as f:
            f.write("#!/bin/sh\nlog=" + self.home + "/log\n" + body)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return {"TOUCHSTONE_PINENTRY": path}

    TALK = """echo "OK Pleased to meet you"
while read -r line; do
	echo "$line" >>"$log"
	case $line in
	GETPIN) %s ;;
	BYE) echo OK; exit 0 ;;
	*) echo OK ;;
	esac
done
"""

    def test_words_and_pin(self):
        env = self.pinentry(self.TALK % (
            'echo "S PASSWORD_FROM_CACHE"; echo "# hello"; echo "S ERROR x";'
            ' echo "D 31%34"; echo "D 159"; echo END; echo OK'))
        self.agent(PENDING, ("Sign", NEEDED), ("Sign", SIGNED))
        self.cli("sign", "--auto", env=env)
        self.assertEqual(self.fake.pins[2], ["314159"])
        with open(self.home + "/log") as f:
            log = f.read()
        self.assertIn("SETDESC Your token will sign:%0A- Adds the ssh key",
                      log)
        self.assertIn("SETPROMPT PIN of daily:", log)

    def test_wrong_pin(self):
        env = self.pinentry(self.TALK % "echo D 1234; echo OK")
        self.agent(PENDING, ("Sign", NEEDED), ("Sign", WRONG),
                   ("Sign", needed(7)), ("Sign", SIGNED))
        self.cli("sign", "--auto", env=env)
        with open(self.home + "/log") as f:
            self.assertIn("SETERROR The PIN was wrong. Tries left", f.read())

    def test_cancel(self):
        env = self.pinentry(
            self.TALK % 'echo "ERR 83886179 Operation cancelled <Pinentry>"')
        self.agent(PENDING, ("Sign", NEEDED))
        done = self.cli("sign", "--auto", env=env, expect=5)
        self.assertIn("no PIN was given", done.stderr)

    def test_dialects_that_refuse_settings(self):
        env = self.pinentry("""echo OK
while read -r line; do
	case $line in
	GETPIN) echo D 4444; echo OK ;;
	*) echo "ERR 536871187 Unknown IPC command" ;;
	esac
done
""")
        self.agent(PENDING, ("Sign", NEEDED), ("Sign", SIGNED))
        self.cli("sign", "--auto", env=env)
        self.assertEqual(self.fake.pins[2], ["4444"])

    def test_nonsense(self):
        for body in ("exit 0\n", "yes\n", "head -c 5000 /dev/zero\n",
                     self.TALK % "echo D %zz; echo OK",
                     self.TALK % "echo D %00; echo OK",
                     self.TALK % "yes D 12345678"):
            with self.subTest(body=body):
                self.agent(PENDING, ("Sign", NEEDED))
                done = self.cli("sign", "--auto", env=self.pinentry(body),
                                expect=1)
                self.assertIn("PIN", done.stderr)

    def test_nothing_pending_is_quiet(self):
        self.agent(("ListPending",
                    {"changes": [], "signing": [], "waiting_for": []}))
        done = self.cli("sign", "--auto")
        self.assertEqual(done.stdout + done.stderr, "")


class Nowhere(CliTest):
    def test_pin_is_not_in_the_calls_or_on_the_screen(self):
        self.agent(PENDING, ("Sign", Progress("touch"), SIGNED))
        done = self.cli("sign", "--json", pins={"pin-fd": "31415926"})
        self.assertNotIn("31415926", done.stdout + done.stderr
                         + str(self.fake.calls))


if __name__ == "__main__":
    main()
