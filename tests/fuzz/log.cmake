# SPDX-License-Identifier: BSD-2-Clause
# What is read of a log (host/log).
foreach(name log_note log_policy)
	ts_fuzz(${name} ts_log PkgConfig::SODIUM)
endforeach()
