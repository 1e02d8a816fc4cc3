# SPDX-License-Identifier: BSD-2-Clause
if(TARGET ts_cli)
	foreach(module args assuan reply text verbs)
		ts_unit_test(cli_${module} ts_cli)
	endforeach()
endif()
