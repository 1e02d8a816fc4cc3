# SPDX-License-Identifier: BSD-2-Clause
# The directory's engine, killed at every stage.
if(TARGET ts_engine_crash)
	add_executable(engine_drive engine_drive.c)
	target_link_libraries(engine_drive PRIVATE ts_host ts_engine)
	add_executable(engine_drive_crash engine_drive.c)
	target_link_libraries(engine_drive_crash PRIVATE ts_host
	    ts_engine_crash)
	ts_log_test(crash /usr/bin/python3 -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_crash.py
	    $<TARGET_FILE:engine_drive_crash> $<TARGET_FILE:engine_drive>
	    $<TARGET_FILE:touchstone-directory>)
	ts_log_test(operator /usr/bin/python3 -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_operator.py
	    $<TARGET_FILE:touchstone-directory>)
endif()
