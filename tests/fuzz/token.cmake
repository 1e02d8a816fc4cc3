# SPDX-License-Identifier: BSD-2-Clause
ts_fuzz(token_request ts_token_client)
ts_fuzz(token_reply ts_token_client)
ts_fuzz(token_descriptor ts_token_client)
ts_fuzz(token_created ts_token_core)
ts_fuzz(token_applet ts_token_core)
ts_fuzz(evidence ts_evidence)
include(token_card.cmake)
include(token_pcsc.cmake)
