# SPDX-License-Identifier: BSD-2-Clause
# The log in bytes (host/log).
foreach(name log_vrf log_leaf log_page)
	ts_unit_test(${name} ts_log PkgConfig::SODIUM)
endforeach()
foreach(name log_tree log_tile log_note log_policy)
	ts_unit_test(${name} ts_log PkgConfig::SODIUM)
endforeach()
ts_unit_test(log_index ts_log)
target_link_options(test_log_index PRIVATE -Wl,--wrap=malloc -Wl,--wrap=calloc)
