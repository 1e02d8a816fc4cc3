# SPDX-License-Identifier: BSD-2-Clause
# The token as a USB device and as a smartcard reader.
if(TARGET fw_usb)
	foreach(name apdu card)
		ts_unit_test(${name} fw_memboard fw_core)
	endforeach()
	foreach(name usb_control usb_requests)
		ts_unit_test(${name} fw_usb ts_wire)
		target_sources(test_${name} PRIVATE usbrig.c)
	endforeach()
	foreach(name ccid ccid_bad)
		ts_unit_test(${name} fw_memboard fw_core fw_usb)
		target_sources(test_${name} PRIVATE ccidrig.c)
	endforeach()

	# What a host reads of the descriptors, looked at by another program.
	add_executable(usb_dump usb_dump.c)
	target_link_libraries(usb_dump PRIVATE ts_host fw_usb ts_wire)
	add_test(NAME unit/usb_descriptors COMMAND ${TS_PYTHON3}
	    ${CMAKE_CURRENT_SOURCE_DIR}/usb_descriptors.py
	    $<TARGET_FILE:usb_dump>)
endif()
