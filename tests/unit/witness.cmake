# SPDX-License-Identifier: BSD-2-Clause
if(TARGET ts_witness)
	ts_unit_test(witness ts_witness PkgConfig::SQLITE)
	foreach(function fdatasync pwrite sqlite3_step)
		target_link_options(test_witness PRIVATE
		    -Wl,--wrap=${function})
	endforeach()
endif()
