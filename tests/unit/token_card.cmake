# SPDX-License-Identifier: BSD-2-Clause
# Keys of cards, on a card in software.
add_library(ts_cardmodel STATIC ${PROJECT_SOURCE_DIR}/tests/cardmodel.c
    ${PROJECT_SOURCE_DIR}/tests/cardmodel_openpgp.c
    ${PROJECT_SOURCE_DIR}/tests/cardmodel_piv.c)
target_include_directories(ts_cardmodel PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(ts_cardmodel PRIVATE ts_host PkgConfig::LIBCRYPTO
    PkgConfig::SODIUM PUBLIC ts_token_core ts_softtoken)

ts_unit_test(token_tlv ts_token_core)
foreach(name card_piv card_piv_again card_piv_create card_openpgp
    card_openpgp_create)
	ts_unit_test(${name} ts_cardmodel)
	target_sources(test_${name} PRIVATE cardrig.c)
endforeach()
