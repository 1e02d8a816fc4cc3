# SPDX-License-Identifier: BSD-2-Clause
# What a hostile host or hub sends below CTAPHID.
if(TARGET fw_usb)
	ts_fuzz(usb_control fw_usb ts_wire)
	ts_fuzz(ccid fw_memboard fw_core)
endif()
