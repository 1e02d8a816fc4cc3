# SPDX-License-Identifier: BSD-2-Clause
# Cards in readers: commands, who minds the one that waits, who tells of them.
pkg_check_modules(PCSC REQUIRED IMPORTED_TARGET libpcsclite)
ts_unit_test(card_apdu ts_token_core)
ts_unit_test(token_pcsc ts_token_core PkgConfig::PCSC)
ts_unit_test(ops_card ts_token_core)
ts_unit_test(token_readers ts_token_client)
ts_unit_test(token_watchdog ts_token_core)
