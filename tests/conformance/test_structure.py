# SPDX-License-Identifier: BSD-2-Clause
"""Requests that miss a member, or have one of another type: what certification
tries one by one."""

import unittest

from client import ERR, ES256, HASH, RP, TokenTest, credential_id

MAKE, ASSERT = 0x01, 0x02
NOT_TEXT = (b"bytes", 1, [], {}, True)
NOT_BYTES = ("text", 1, [], {}, True)
NOT_MAP = (b"bytes", "text", 1, [], True)
NOT_ARRAY = (b"bytes", "text", 1, {}, True)


class StructureTest(TokenTest):
    def setUp(self):
        super().setUp()
        self.id = credential_id(self.make())
        self.known = {"type": "public-key", "id": self.id}

    def request(self, command):
        if command == ASSERT:
            return {1: RP, 2: HASH, 3: [self.known]}
        user = {"id": b"u", "name": "n", "displayName": "d"}
        return {1: HASH, 2: {"id": RP, "name": "n"}, 3: user, 4: [ES256]}

    def send(self, command, change):
        data = {**self.request(command), **change}
        data = {key: value for key, value in data.items() if value is not None}
        return self.ctap.send_cbor(command, data)

    def refused(self, command, change, code=ERR.CBOR_UNEXPECTED_TYPE):
        with self.subTest(command=command, change=change):
            self.fails(code, self.send, command, change)

    def test_missing(self):
        for command, members in ((MAKE, (1, 2, 3, 4)), (ASSERT, (1, 2))):
            for member in members:
                self.refused(command, {member: None}, ERR.MISSING_PARAMETER)
        self.refused(MAKE, {2: {"name": "n"}}, ERR.MISSING_PARAMETER)
        self.refused(MAKE, {3: {"name": "n"}}, ERR.MISSING_PARAMETER)
        for item in ({"type": "public-key"}, {"alg": -7}):
            self.refused(MAKE, {4: [item]}, ERR.MISSING_PARAMETER)
        for item in ({"type": "public-key"}, {"id": self.id}):
            self.refused(MAKE, {5: [item]}, ERR.MISSING_PARAMETER)
            self.refused(ASSERT, {3: [item]}, ERR.MISSING_PARAMETER)

    def test_members_of_another_type(self):
        for command, members, wrong in (
            (MAKE, (1, 8), NOT_BYTES),
            (MAKE, (2, 3, 6, 7), NOT_MAP),
            (MAKE, (4, 5), NOT_ARRAY),
            (ASSERT, (1,), NOT_TEXT),
            (ASSERT, (2, 6), NOT_BYTES),
            (ASSERT, (4, 5), NOT_MAP),
            (ASSERT, (3,), NOT_ARRAY),
        ):
            for member in members:
                for value in wrong:
                    self.refused(command, {member: value})

    def test_entities_of_another_type(self):
        for value in NOT_TEXT:
            self.refused(MAKE, {2: {"id": value, "name": "n"}})
            self.refused(MAKE, {2: {"id": RP, "name": value}})
            self.refused(MAKE, {3: {"id": b"u", "name": value}})
            self.refused(MAKE, {3: {"id": b"u", "displayName": value}})
        for value in NOT_BYTES:
            self.refused(MAKE, {3: {"id": value}})

    def test_lists_of_another_type(self):
        for value in NOT_MAP:
            self.refused(MAKE, {4: [ES256, value]})
            self.refused(MAKE, {5: [value]})
            self.refused(ASSERT, {3: [self.known, value]})
        for value in NOT_TEXT:
            self.refused(MAKE, {4: [{"alg": -7, "type": value}]})
            self.refused(MAKE, {5: [{"id": self.id, "type": value}]})
            self.refused(ASSERT, {3: [{"id": self.id, "type": value}]})
        for value in NOT_BYTES:
            self.refused(MAKE, {5: [{"id": value, "type": "public-key"}]})
            self.refused(ASSERT, {3: [{"id": value, "type": "public-key"}]})
        self.refused(MAKE, {4: [{"alg": "-7", "type": "public-key"}]})

    def test_what_is_not_known_is_ignored(self):
        other = {"type": "other", "id": self.id}
        for command, change in (
            (MAKE, {}),
            (MAKE, {5: [other]}),
            (MAKE, {6: {"unknown": {"a": [1, "b"]}}}),
            (MAKE, {7: {"unknown": True}}),
            (MAKE, {11: ["none"]}),  # attestationFormatsPreference
            (ASSERT, {}),
            (ASSERT, {3: [other, {**self.known, "transports": ["usb"]}]}),
            (ASSERT, {4: {"unknown": 1}, 5: {"unknown": True}}),
        ):
            with self.subTest(command=command, change=change):
                self.assertTrue(self.send(command, change))
        only_other = [{"alg": -7, "type": "other"}]
        self.refused(MAKE, {4: only_other}, ERR.UNSUPPORTED_ALGORITHM)
        for attestation in (1, 2):
            self.refused(MAKE, {10: attestation}, ERR.INVALID_PARAMETER)


if __name__ == "__main__":
    unittest.main()
