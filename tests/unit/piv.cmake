# SPDX-License-Identifier: BSD-2-Clause
# The PIV applet, and the certificates that it attests with, as libcrypto sees
# them.
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
ts_unit_test(x509 fw_memboard fw_core PkgConfig::LIBCRYPTO)
ts_unit_test(crypto_card fw_crypto PkgConfig::LIBCRYPTO)
foreach(name fw_store_region tlv)
	ts_unit_test(${name} fw_memboard fw_core)
endforeach()
foreach(name piv piv_admin piv_attest piv_cut piv_cut_pin piv_key piv_object piv_pin
    piv_policy)
	ts_unit_test(${name} fw_shortcuts fw_memboard fw_core
	    PkgConfig::LIBCRYPTO)
	target_sources(test_${name} PRIVATE pivrig.c)
endforeach()
foreach(name piv_cut piv_cut_pin)
	target_sources(test_${name} PRIVATE pivknife.c)
	set_tests_properties(unit/${name} PROPERTIES TIMEOUT 300)
endforeach()
