# SPDX-License-Identifier: BSD-2-Clause
# The firmware on a board in memory (tests/memboard.c).
if(TARGET fw_memboard)
	ts_fuzz(applet_req fw_memboard fw_core)
	ts_fuzz(ctaphid fw_memboard fw_core)
	ts_fuzz(ctap2_req fw_memboard fw_core)
	ts_fuzz(ctap2 fw_memboard fw_core)
	ts_fuzz(store fw_memboard fw_core)
endif()
