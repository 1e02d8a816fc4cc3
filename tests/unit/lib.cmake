# SPDX-License-Identifier: BSD-2-Clause
# People with stores and tokens; the library's clock is the test's.
add_library(ts_libworld STATIC libworld.c)
target_include_directories(ts_libworld PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(ts_libworld PRIVATE ts_host PUBLIC ts_lib ts_softtoken
    PkgConfig::CMOCKA)
target_link_options(ts_libworld INTERFACE -Wl,--wrap=ts_clock_now)

pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
foreach(name own contact live monitor monitor_own news)
	ts_unit_test(${name} ts_libworld)
endforeach()
ts_unit_test(forged ts_libworld PkgConfig::SQLITE)
