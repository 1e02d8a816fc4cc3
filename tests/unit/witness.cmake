# SPDX-License-Identifier: BSD-2-Clause
if(TARGET ts_witness)
	foreach(name witness witness_disk)
		ts_unit_test(${name} ts_witness PkgConfig::SQLITE)
		target_sources(test_${name} PRIVATE witnessrig.c)
	endforeach()
	foreach(function fdatasync pwrite sqlite3_step)
		target_link_options(test_witness_disk PRIVATE
		    -Wl,--wrap=${function})
	endforeach()
endif()
