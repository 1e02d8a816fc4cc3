# SPDX-License-Identifier: BSD-2-Clause
# Agents whose directory lies: liar.py.
foreach(name lies split)
	ts_log_test(${name} ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py ${PROJECT_BINARY_DIR})
endforeach()
