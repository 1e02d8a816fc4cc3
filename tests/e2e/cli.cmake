# SPDX-License-Identifier: BSD-2-Clause
# The CLI against a scripted agent: every cli_*.py but the shared part.
file(GLOB scripts CONFIGURE_DEPENDS cli_*.py)
list(FILTER scripts EXCLUDE REGEX cli_support)
foreach(script ${scripts})
	get_filename_component(name ${script} NAME_WE)
	add_test(NAME e2e/${name} COMMAND ${TS_PYTHON3} -B ${script}
	    ${PROJECT_BINARY_DIR})
	set_tests_properties(e2e/${name} PROPERTIES TIMEOUT 300)
endforeach()
