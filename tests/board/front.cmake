# SPDX-License-Identifier: BSD-2-Clause
# Whole programs with the emulated board in the place of a token.  Each needs
# the machine to itself: hosts wait for a token by the wall clock, and an
# emulated one computes three times as long as silicon.
function(board_story name)
	add_test(NAME board/${name} COMMAND ${ARGN})
	set_tests_properties(board/${name} PROPERTIES
	    FIXTURES_REQUIRED board RUN_SERIAL ON TIMEOUT 600
	    ENVIRONMENT "TOUCHSTONE_BOARD=${board};TOUCHSTONE_ELF=${elf}")
endfunction()

# What the token shows, read from pictures of its display.
board_story(live_code ${TS_PYTHON3} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/live_code.py ${PROJECT_BINARY_DIR}
    ${CMAKE_CURRENT_BINARY_DIR}/pictures)

# The story of `./dev demo`, with Alice's token being the emulated board.
board_story(demo ${TS_PYTHON3} -B ${PROJECT_SOURCE_DIR}/tests/e2e/demo.py
    ${PROJECT_BINARY_DIR} alice-daily)
