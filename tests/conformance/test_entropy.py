# SPDX-License-Identifier: BSD-2-Clause
"""A noise source that breaks: what the token still does, and what it does not."""

from fido2.ctap import CtapError

from client import TokenTest, credential_id

ENTROPY = 0xFE  # SPEC 12.7
BROKEN = ("stuck", "biased", "locked", "repeat")
# Commands of 64 samples each until it must be noticed.
LIMIT = 200


class EntropyTest(TokenTest):
    def status(self, command):
        """0, or the code that the token answered."""
        try:
            command()
        except CtapError as e:
            return int(e.code)
        return 0

    def assert_refuses(self):
        self.assertEqual(self.status(self.make), ENTROPY)
        self.assertEqual(self.status(self.login), ENTROPY)
        self.assertEqual(self.status(self.ctap.reset), ENTROPY)
        pin = lambda: self.ctap.client_pin(2, 2)
        self.assertEqual(self.status(pin), ENTROPY)
        self.assertEqual(self.sim.control("led"), "fault-entropy")
        self.assertIn("FIDO_2_1", self.ctap.get_info().versions)
        self.assertEqual(self.status(self.ctap.selection), 0)

    def test_while_it_runs(self):
        made = credential_id(self.make())
        for kind in BROKEN:
            with self.subTest(kind):
                self.sim.ok("entropy " + kind)
                for _ in range(LIMIT):
                    if self.status(self.ctap.get_info) or (
                        self.sim.control("led") == "fault-entropy"
                    ):
                        break
                self.assert_refuses()
                # Until power-up, however good the noise is again.
                self.sim.ok("entropy good")
                self.assert_refuses()
                self.power_cycle()
                self.login(allow=[made])

    def test_at_power_up(self):
        made = credential_id(self.make())
        for kind in BROKEN:
            with self.subTest(kind):
                self.sim.ok("entropy " + kind)
                self.power_cycle()
                self.assert_refuses()
                self.sim.ok("entropy good")
                self.power_cycle()
                self.login(allow=[made])

    def test_words(self):
        for word in ("", " ", " Good", " stuck ", " none"):
            reply = self.sim.control("entropy" + word)
            self.assertEqual(reply, "error: unknown command")
