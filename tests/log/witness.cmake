# SPDX-License-Identifier: BSD-2-Clause
if(TARGET touchstone-witness)
	ts_log_test(witness ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_witness.py
	    $<TARGET_FILE:touchstone-witness>)
endif()
