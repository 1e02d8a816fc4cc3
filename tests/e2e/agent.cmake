# SPDX-License-Identifier: BSD-2-Clause
# test_agent_memory.py: sanitizers bring their own malloc.
if(TS_FAULTS AND NOT TS_SANITIZE AND NOT TS_FUZZ)
	add_library(fail_malloc SHARED fail_malloc.c)
	target_link_libraries(fail_malloc PRIVATE ts_warnings)
	target_compile_options(fail_malloc PRIVATE -O1 -fno-builtin
	    -Wno-reserved-identifier)
endif()
