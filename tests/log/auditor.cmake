# SPDX-License-Identifier: BSD-2-Clause
if(TARGET touchstone-auditor)
	ts_log_test(auditor ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_auditor.py
	    $<TARGET_FILE:touchstone-auditor>)
	ts_log_test(auditor_two ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_auditor_two.py
	    $<TARGET_FILE:touchstone-auditor>)
endif()
