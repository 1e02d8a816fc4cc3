# SPDX-License-Identifier: BSD-2-Clause
# What is read of a log (host/log).
foreach(name log_note log_policy)
	ts_fuzz(${name} ts_log PkgConfig::SODIUM)
endforeach()
ts_fuzz(log_page ts_log)
ts_fuzz(log_latest ts_logworld)
target_include_directories(fuzz_log_latest PRIVATE ${PROJECT_SOURCE_DIR}/tests)
