# SPDX-License-Identifier: BSD-2-Clause
# With programs that others wrote: peer/README.md.
set(peer ${CMAKE_CURRENT_BINARY_DIR}/peer)
add_test(NAME log/peer COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/peer/setup.sh
    ${peer} witness tessera notecheck)
set_tests_properties(log/peer PROPERTIES FIXTURES_SETUP log_peer TIMEOUT 900)
foreach(name interop interop_witness)
	ts_log_test(${name} ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py ${PROJECT_BINARY_DIR}
	    ${peer})
	set_tests_properties(log/${name} PROPERTIES FIXTURES_REQUIRED log_peer)
endforeach()
