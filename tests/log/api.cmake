# SPDX-License-Identifier: BSD-2-Clause
# The directory over HTTP, asked by somebody who verifies what it says.
add_executable(asker asker.c)
target_include_directories(asker PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(asker PRIVATE ts_host ts_log ts_lib ts_softtoken)
add_executable(loader loader.c)
target_include_directories(loader PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(loader PRIVATE ts_host ts_log ts_softtoken)
foreach(name api api_policy api_abuse)
	ts_log_test(${name} ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py
	    $<TARGET_FILE:touchstone-directory> $<TARGET_FILE:asker>)
endforeach()
if(TARGET fail_malloc)
	ts_log_test(api_memory ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_api_memory.py
	    $<TARGET_FILE:touchstone-directory> $<TARGET_FILE:asker>
	    $<TARGET_FILE:fail_malloc>)
endif()
