# SPDX-License-Identifier: BSD-2-Clause
# Keys of cards.
target_sources(ts_token_core PRIVATE card_crypto.c card_key.c card_ops.c card_wait.c openpgp.c
    openpgp_create.c openpgp_data.c openpgp_kdf.c openpgp_ops.c openpgp_pin.c
    piv.c piv_admin.c piv_cert.c piv_create.c piv_ops.c piv_use.c tlv.c)
