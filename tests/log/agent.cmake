# SPDX-License-Identifier: BSD-2-Clause
# The agent, and a network between it and its directory.
if(TARGET touchstone-directory)
	ts_log_test(agent_net ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_agent_net.py
	    ${PROJECT_BINARY_DIR})
endif()
if(NOT TS_SANITIZE AND NOT TS_FUZZ)
	ts_log_test(net_sandbox touchstone-net --self-test)
endif()
