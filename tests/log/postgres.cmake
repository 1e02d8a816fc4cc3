# SPDX-License-Identifier: BSD-2-Clause
# On a real PostgreSQL, and behind a real nginx.
add_executable(dirdb_check dirdb_check.c)
target_link_libraries(dirdb_check PRIVATE ts_host ts_engine)

# The directory with places where it is killed.
if(NOT TARGET directory_crash)
	set(directory ${PROJECT_SOURCE_DIR}/host/directory)
	add_executable(directory_crash ${directory}/copy.c ${directory}/main.c
	    ${directory}/verbs.c)
	target_link_libraries(directory_crash PRIVATE ts_host ts_engine_crash
	    ts_directory_api)
	target_compile_definitions(directory_crash PRIVATE
	    TS_VERSION="${PROJECT_VERSION}")
endif()

foreach(name store_postgres postgres nginx)
	ts_log_test(${name} ${TS_PYTHON3} -B
	    ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.py ${PROJECT_BINARY_DIR})
endforeach()
