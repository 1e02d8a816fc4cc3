# SPDX-License-Identifier: BSD-2-Clause
# The firmware without a chip, on a board in memory.
# Objects, not an archive: the core calls back into the board.
add_library(fw_memboard OBJECT ${PROJECT_SOURCE_DIR}/tests/memboard.c
    ${PROJECT_SOURCE_DIR}/tests/ctapclient.c)
target_include_directories(fw_memboard PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(fw_memboard PRIVATE ts_host PUBLIC fw_core)

foreach(name crypto ctap2 ctap2_pin ctap2_req ctaphid fw_token health pin puat
    rng fw_store
    fw_store_damage fw_store_log)
	ts_unit_test(${name} fw_memboard fw_core)
endforeach()

# Signatures as libcrypto sees them.
ts_unit_test(hedged fw_crypto PkgConfig::CRYPTO)
target_include_directories(test_hedged PRIVATE ${PROJECT_SOURCE_DIR}/firmware)
ts_unit_test(sign_fault fw_crypto)
target_link_options(test_sign_fault PRIVATE -Wl,--wrap=br_ecdsa_i31_sign_raw
    -Wl,--wrap=crypto_core_ed25519_scalar_add)

# One sample of noise changed on the way.
target_link_options(test_rng PRIVATE -Wl,--wrap=hal_entropy)

# The PIN, and the same with the power cut; what a wrong one costs is counted.
ts_unit_test(pin_cut fw_memboard fw_core)
target_sources(test_pin PRIVATE pinrig.c)
target_sources(test_pin_cut PRIVATE pinrig.c)
target_link_options(test_pin PRIVATE -Wl,--wrap=fw_pbkdf2_sha256)

# The cutoffs in the code are those that can be computed.
add_test(NAME unit/health_cutoffs COMMAND ${TS_PYTHON3}
    ${CMAKE_CURRENT_SOURCE_DIR}/health_cutoffs.py
    ${PROJECT_SOURCE_DIR}/firmware/core/health.h
    ${PROJECT_SOURCE_DIR}/docs/ENTROPY.md)

# The simulator's flash file, with the disk in the hands of the test.
ts_unit_test(sim_flash)
target_sources(test_sim_flash PRIVATE
    ${PROJECT_SOURCE_DIR}/firmware/board/posix/flash.c)
target_include_directories(test_sim_flash PRIVATE
    ${PROJECT_SOURCE_DIR}/firmware ${PROJECT_SOURCE_DIR}/firmware/board/posix)
target_link_options(test_sim_flash PRIVATE -Wl,--wrap=pwrite
    -Wl,--wrap=fdatasync)

# Live codes on the token: the run, what is seen of it, the words.
foreach(name fw_live fw_live_budget fw_show fw_words)
	ts_unit_test(${name} fw_memboard fw_core)
endforeach()

# The store against a model, and what power cuts leave of it.
foreach(name fw_store_model fw_store_reset fw_store_v1)
	ts_unit_test(${name} fw_memboard fw_core)
	target_sources(test_${name} PRIVATE fw_store_state.c)
endforeach()
