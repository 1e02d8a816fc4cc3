# SPDX-License-Identifier: BSD-2-Clause
# People with stores and tokens; the library's clock is the test's.
add_library(ts_libworld STATIC libworld.c)
target_include_directories(ts_libworld PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(ts_libworld PRIVATE ts_host PUBLIC ts_lib ts_softtoken
    PkgConfig::CMOCKA)
target_link_options(ts_libworld INTERFACE -Wl,--wrap=ts_clock_now)

pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
foreach(name own contact directory export live monitor monitor_own news queue
    sync live_token meet)
	ts_unit_test(${name} ts_libworld)
endforeach()
foreach(name bundle db forged own_card) # they edit the file
	ts_unit_test(${name} ts_libworld PkgConfig::SQLITE)
endforeach()

# Directories with a log, which lie in every way.
add_library(ts_logmodel STATIC ${PROJECT_SOURCE_DIR}/tests/logmodel.c
    ${PROJECT_SOURCE_DIR}/tests/logmodel_page.c
    ${PROJECT_SOURCE_DIR}/tests/logmodel_slow.c)
target_include_directories(ts_logmodel PUBLIC ${PROJECT_SOURCE_DIR}/tests
    ${PROJECT_SOURCE_DIR}/host)
target_link_libraries(ts_logmodel PRIVATE ts_host PUBLIC ts_libworld ts_log)
foreach(name client_log client_lies client_split client_proof
    client_wait)
	ts_unit_test(${name} ts_logmodel)
endforeach()
ts_unit_test(client_draft ts_logmodel PkgConfig::SQLITE)

ts_unit_test(text ts_lib)
ts_unit_test(keyfile ts_lib)
target_compile_definitions(test_keyfile PRIVATE
    KEYS="${CMAKE_CURRENT_SOURCE_DIR}/keys")
add_executable(keyfile_line keyfile_line.c)
target_link_libraries(keyfile_line PRIVATE ts_host ts_lib)
add_test(NAME unit/keyfile_tools
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/keyfile_tools.sh
    $<TARGET_FILE:keyfile_line>)
set_tests_properties(unit/keyfile_tools PROPERTIES SKIP_RETURN_CODE 77)

# The n-th call fails: each function of faults.c is wrapped.
if(TS_FAULTS)
	ts_unit_test(faults ts_libworld PkgConfig::SQLITE)
	ts_unit_test(client_faults ts_logmodel PkgConfig::SQLITE)
	foreach(test test_faults test_client_faults)
		target_sources(${test} PRIVATE faults.c faultwalk.c)
		foreach(function sqlite3_step sqlite3_prepare_v2 sqlite3_exec
		    sqlite3_bind_blob64 calloc realloc strdup ts_secret_new
		    fsync write linkat mkdirat)
			target_link_options(${test} PRIVATE
			    -Wl,--wrap=${function})
		endforeach()
	endforeach()
endif()
