# SPDX-License-Identifier: BSD-2-Clause
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)

# Seeds come from the vectors: tests/vectors/seeds.py.
foreach(decoder cbor statement envelope sshsig bech32m live chain
    attestation bundle live_party)
	ts_fuzz(${decoder} ts_wire ts_wire_crypto PkgConfig::SODIUM)
endforeach()
