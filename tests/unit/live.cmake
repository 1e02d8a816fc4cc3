# SPDX-License-Identifier: BSD-2-Clause
# Live codes between two whole tokens.
foreach(name fw_live_cmd fw_live_lies fw_live_shown)
	ts_unit_test(${name} fw_rig fw_memboard fw_core
	    PkgConfig::LIBCRYPTO)
	target_sources(test_${name} PRIVATE livepair.c saying.c)
endforeach()
foreach(name fw_live_cmd fw_live_shown)
	target_sources(test_${name} PRIVATE liverun.c)
endforeach()
