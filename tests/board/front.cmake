# SPDX-License-Identifier: BSD-2-Clause
# Whole programs with the emulated board in the place of a token.  Each needs
# the machine to itself: hosts wait for a token by the wall clock, and an
# emulated one computes three times as long as silicon.
function(board_story name)
	add_test(NAME board/${name} COMMAND ${ARGN})
	set_tests_properties(board/${name} PROPERTIES
	    FIXTURES_REQUIRED board RUN_SERIAL ON TIMEOUT 1200
	    ENVIRONMENT "TOUCHSTONE_BOARD=${board};TOUCHSTONE_ELF=${elf}")
endfunction()

# What the token shows, read from pictures of its display.
board_story(live_code ${TS_PYTHON3} -B
    ${CMAKE_CURRENT_SOURCE_DIR}/live_code.py ${PROJECT_BINARY_DIR}
    ${CMAKE_CURRENT_BINARY_DIR}/pictures)

# The helper, and a live code typed by the board's keyboard.
board_story(token_live env TOUCHSTONE_SIM=${CMAKE_CURRENT_SOURCE_DIR}/sim.sh
    ${TS_PYTHON3} -B ${PROJECT_SOURCE_DIR}/tests/e2e/test_token_live.py
    ${PROJECT_BINARY_DIR} test_live_codes_match)
# Cancelled, pulled out: while the token waits for a touch.
board_story(token_presence env TOUCHSTONE_SIM=${CMAKE_CURRENT_SOURCE_DIR}/sim.sh
    ${TS_PYTHON3} -B ${PROJECT_SOURCE_DIR}/tests/e2e/test_token_presence.py
    ${PROJECT_BINARY_DIR} test_cancel_stops_the_token
    test_unplug_while_waiting)

# The story of `./dev demo`, with Alice's token being the emulated board.
board_story(demo ${TS_PYTHON3} -B ${PROJECT_SOURCE_DIR}/tests/e2e/demo.py
    ${PROJECT_BINARY_DIR} alice-daily)

# python-fido2 against the image's own USB driver.  A selection, since each
# public-key operation takes a second here: all of CTAPHID, because the driver
# is under it; of the rest what meets the board's flash, button, LED, noise and
# power.  What is not here drives the core alone, as conformance/python-fido2
# does in a minute; or fills the store (minutes); or is about the manners of
# touchstone-sim as a program (--help, --fido-only, the background).
set(venv ${PROJECT_BINARY_DIR}/tests/conformance/venv)
set(selection
    test_hid.HidTest
    test_credentials.WebAuthnTest.test_register_and_login
    test_credentials.WebAuthnTest.test_discoverable_with_pin
    test_entropy.EntropyTest.test_at_power_up
    test_live.LiveTest.test_honest
    test_pin.PinTest.test_three_then_eight
    test_power.PowerTest.test_counter_rises
    test_power.PowerTest.test_leds
    test_power.PowerTest.test_one_touch_one_command
    test_power.ResetTest
    test_power.SimulatorTest.test_reset_mends_bad_flash)
add_test(NAME board/python_fido2 COMMAND ${venv}/bin/python -B -m unittest
    ${selection} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/conformance)
set_tests_properties(board/python_fido2 PROPERTIES
    FIXTURES_REQUIRED "board;python_fido2" RUN_SERIAL ON TIMEOUT 1800
    ENVIRONMENT "TOUCHSTONE_BOARD=${board};TOUCHSTONE_ELF=${elf};TOUCHSTONE_SIM=${CMAKE_CURRENT_SOURCE_DIR}/sim.sh")
