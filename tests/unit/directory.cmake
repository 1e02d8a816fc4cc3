# SPDX-License-Identifier: BSD-2-Clause
# The directory: what it lets in, what it keeps, what it answers.
if(TARGET ts_directory_api)
	foreach(name limits mailbox domain)
		ts_unit_test(${name} ts_directory_api)
	endforeach()
	ts_unit_test(admission ts_directory_api ts_chaintools)
	target_sources(test_admission PRIVATE memdb.c)
endif()
if(TARGET ts_engine)
	ts_unit_test(engine ts_engine)
	target_sources(test_engine PRIVATE enginerig.c)
	if(TS_FAULTS)
		ts_unit_test(engine_faults ts_engine PkgConfig::SQLITE)
		target_sources(test_engine_faults PRIVATE enginerig.c faults.c)
		foreach(function sqlite3_step sqlite3_prepare_v2 sqlite3_exec
		    sqlite3_bind_blob64 calloc realloc strdup ts_secret_new
		    fsync write linkat mkdirat)
			target_link_options(test_engine_faults PRIVATE
			    -Wl,--wrap=${function})
		endforeach()
	endif()
endif()
if(TARGET ts_engine)
	ts_unit_test(directory_follow ts_engine)
endif()
