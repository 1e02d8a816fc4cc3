# SPDX-License-Identifier: BSD-2-Clause
# The parts of the RP2040 board that touch no register.
set(board ${PROJECT_SOURCE_DIR}/firmware/board/rp2040)
foreach(name pattern debounce text)
	ts_unit_test(rp2_${name})
	target_sources(test_rp2_${name} PRIVATE ${board}/${name}.c)
	target_include_directories(test_rp2_${name} PRIVATE ${board}
	    ${PROJECT_SOURCE_DIR}/firmware)
endforeach()
target_sources(test_rp2_text PRIVATE ${board}/font.c)
