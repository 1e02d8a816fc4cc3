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
endif()
