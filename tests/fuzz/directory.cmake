# SPDX-License-Identifier: BSD-2-Clause
# What strangers send to a directory.
if(TARGET ts_directory_api)
	ts_fuzz(directory_submit ts_directory_api)
	target_sources(fuzz_directory_submit PRIVATE
	    ${PROJECT_SOURCE_DIR}/tests/unit/memdb.c)
	target_include_directories(fuzz_directory_submit PRIVATE
	    ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/tests/unit)
	ts_fuzz(directory_box ts_directory_api)
endif()
