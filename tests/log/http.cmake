# SPDX-License-Identifier: BSD-2-Clause
# What hostile clients do to a server, and hostile servers to a client.
add_executable(http_victim http_victim.c)
target_link_libraries(http_victim PRIVATE ts_host ts_http_server)
add_executable(http_get http_get.c)
target_link_libraries(http_get PRIVATE ts_host ts_http_fetch)
set(fail_malloc)
if(TARGET fail_malloc)
	set(fail_malloc $<TARGET_FILE:fail_malloc>)
endif()
ts_log_test(http ${TS_PYTHON3} -B ${CMAKE_CURRENT_SOURCE_DIR}/test_http.py
    $<TARGET_FILE:http_victim> ${fail_malloc})
ts_log_test(http_client ${TS_PYTHON3} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/test_http_client.py $<TARGET_FILE:http_get>)
