# SPDX-License-Identifier: BSD-2-Clause
# The statement applet on a whole token, judged by libcrypto.
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)

foreach(name fw_applet fw_applet_rules fw_applet_beside fw_applet_auth
		fw_applet_fault)
	ts_unit_test(${name} fw_rig fw_memboard fw_core PkgConfig::LIBCRYPTO)
	target_sources(test_${name} PRIVATE saying.c)
endforeach()
ts_unit_test(fw_applet_req fw_memboard fw_core)
