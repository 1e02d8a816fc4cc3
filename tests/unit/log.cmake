# SPDX-License-Identifier: BSD-2-Clause
# The log in bytes (host/log).
foreach(name log_vrf log_leaf log_page)
	ts_unit_test(${name} ts_log PkgConfig::SODIUM)
endforeach()
foreach(name log_tree log_tile)
	ts_unit_test(${name} ts_log)
endforeach()
