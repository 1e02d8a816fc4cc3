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
# A log in memory, and what a directory shows of it; other parts link it, too.
add_library(ts_logworld STATIC ${PROJECT_SOURCE_DIR}/tests/unit/logworld.c)
target_link_libraries(ts_logworld PRIVATE ts_host PUBLIC ts_log)
target_include_directories(ts_logworld PUBLIC ${PROJECT_SOURCE_DIR}/tests/unit)
foreach(name log_latest log_proof_file)
	ts_unit_test(${name} ts_logworld PkgConfig::SODIUM)
endforeach()
target_link_options(test_log_proof_file PRIVATE -Wl,--wrap=malloc)
