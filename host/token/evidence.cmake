# SPDX-License-Identifier: BSD-2-Clause
# Bundles of cards: the question, the answer, and who asks.
target_sources(ts_token_client PRIVATE evidence_client.c evidence_msg.c)

# How they are judged, for the helper and its tests.
set(roots ${CMAKE_CURRENT_SOURCE_DIR}/roots)
file(GLOB pem CONFIGURE_DEPENDS ${roots}/*.pem ${roots}/between/*.pem)
add_custom_command(OUTPUT evidence_roots.c
    COMMAND ${CMAKE_COMMAND} -DIN=${roots} -DOUT=evidence_roots.c
    -P ${roots}/embed.cmake
    DEPENDS ${pem} ${roots}/embed.cmake VERBATIM)
add_library(ts_evidence STATIC evidence.c evidence_serve.c
    ${CMAKE_CURRENT_BINARY_DIR}/evidence_roots.c)
target_link_libraries(ts_evidence PRIVATE ts_host PkgConfig::LIBCRYPTO
    PUBLIC ts_token_client ts_wire ts_wire_crypto)
