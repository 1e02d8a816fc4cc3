# SPDX-License-Identifier: BSD-2-Clause
ts_fuzz(card_apdu ts_token_core)
