# SPDX-License-Identifier: BSD-2-Clause
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)

# Token keys in software; other parts' tests link it too.
add_library(ts_softtoken STATIC ${PROJECT_SOURCE_DIR}/tests/softtoken.c)
target_include_directories(ts_softtoken PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(ts_softtoken PRIVATE ts_host
    PkgConfig::SODIUM PkgConfig::CRYPTO PUBLIC ts_wire ts_wire_crypto)

# What the tests of the chain share.
add_library(ts_chaintools STATIC ${PROJECT_SOURCE_DIR}/tests/unit/chaintools.c)
target_link_libraries(ts_chaintools PRIVATE ts_host PkgConfig::CMOCKA
    PUBLIC ts_softtoken)

foreach(module bytes cbor label bech32 code statement sshsig attest)
	ts_unit_test(${module} ts_softtoken)
endforeach()
foreach(module chain chain_attest)
	ts_unit_test(${module} ts_chaintools)
endforeach()
