# SPDX-License-Identifier: BSD-2-Clause
# Cards in readers of pcscd, and CTAP2 with them.
pkg_check_modules(PCSC REQUIRED IMPORTED_TARGET libpcsclite)
target_sources(ts_token_core PRIVATE atr.c card.c ctapcard.c link.c ops_card.c
    pcsc.c pcsc_watch.c watchdog.c)
target_link_libraries(ts_token_core PRIVATE PkgConfig::PCSC)
