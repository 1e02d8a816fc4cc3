/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: attestations, as libcrypto reads them. */
#include "pivrig.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static int
setup(void **state)
{
	(void)pivrig_setup(state);
	pivrig_admin();
	return 0;
}

/* The certificate in F9's object. */
static X509 *
root(void)
{
	struct fw_tlv field[] = {{.tag = 0x70}, {.tag = 0x71}, {.tag = 0xfe}};
	struct tsw_slice content;
	const unsigned char *p;
	X509 *x;

	assert_int_equal(pivrig_get("5fff01"), FW_SW_OK);
	assert_true(fw_tlv_only(&content,
	    (struct tsw_slice){pivrig.rsp, pivrig.len}, 0x53));
	assert_true(fw_tlv_fields(field, 3, content));
	assert_int_equal(field[1].value.len, 1);
	p = field[0].value.p;
	x = d2i_X509(NULL, &p, (long)field[0].value.len);
	assert_non_null(x);
	assert_ptr_equal(p, field[0].value.p + field[0].value.len);
	return x;
}

static X509 *
attest(uint8_t slot)
{
	const unsigned char *p = pivrig.rsp;
	X509 *x;

	assert_int_equal(pivrig_send(FW_PIV_INS_ATTEST, slot, 0, NULL, 0),
	    FW_SW_OK);
	x = d2i_X509(NULL, &p, (long)pivrig.len);
	assert_non_null(x);
	assert_ptr_equal(p, pivrig.rsp + pivrig.len);
	return x;
}

static const uint8_t *
extension(X509 *x, const char *oid, int len)
{
	ASN1_OBJECT *name = OBJ_txt2obj(oid, 1);
	int at = X509_get_ext_by_OBJ(x, name, -1);
	const ASN1_OCTET_STRING *data;

	assert_true(at >= 0);
	data = X509_EXTENSION_get_data(X509_get_ext(x, at));
	ASN1_OBJECT_free(name);
	assert_int_equal(ASN1_STRING_length(data), len);
	return ASN1_STRING_get0_data(data);
}

static void
expect_name(X509_NAME *name, const char *expected)
{
	char text[80];

	assert_true(X509_NAME_get_text_by_NID(name, NID_commonName, text,
			sizeof(text)) > 0);
	assert_string_equal(text, expected);
}

/* The chain holds with the strict rules of RFC 5280. */
static void
expect_chain(X509 *leaf, X509 *ca)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	assert_int_equal(X509_verify(leaf, X509_get0_pubkey(ca)), 1);
	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, NULL), 1);
	assert_int_equal(X509_verify_cert(ctx), 1);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

static void
test_root(void **state)
{
	X509 *x = root();

	(void)state;
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	assert_int_equal(X509_check_ca(x), 1);
	expect_name(X509_get_subject_name(x), "Touchstone PIV");
	X509_free(x);
}

static void
test_attest(void **state)
{
	static const uint8_t slots[] = {0x9a, 0x9c, 0x9d, 0x9e};
	static const char *const names[] = {"Touchstone PIV 9a",
	    "Touchstone PIV 9c", "Touchstone PIV 9d", "Touchstone PIV 9e"};
	static const uint8_t pin[] = {2, 3, 2, 1};
	uint8_t public[65], serial[4];
	X509 *ca, *x;
	const uint8_t *p;
	size_t i;

	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_SERIAL, 0, 0, ""), FW_SW_OK);
	memcpy(serial, pivrig.rsp, sizeof(serial));
	for (i = 0; i < 4; i++) {
		assert_int_equal(pivrig_generate(slots[i], FW_PIV_P256, 0,
				     (uint8_t)(i % 3 + 1)),
		    FW_SW_OK);
		memcpy(public, pivrig.rsp + 5, sizeof(public));
		ca = root();
		x = attest(slots[i]);
		expect_chain(x, ca);
		expect_name(X509_get_subject_name(x), names[i]);
		assert_memory_equal(X509_get0_pubkey_bitstr(x)->data, public,
		    sizeof(public));
		p = extension(x, "1.3.6.1.4.1.41482.3.8", 2);
		assert_int_equal(p[0], pin[i]);
		assert_int_equal(p[1], i % 3 + 1);
		p = extension(x, "1.3.6.1.4.1.41482.3.3", 3);
		assert_int_equal(p[0], 5);
		p = extension(x, "1.3.6.1.4.1.41482.3.7", 6);
		assert_int_equal(p[0], V_ASN1_INTEGER);
		assert_int_equal(p[1], 4);
		assert_memory_equal(p + 2, serial, 4);
		X509_free(ca);
		X509_free(x);
	}
}

/* Whatever number a token has, DER has one form for it: one in 256 begins with
 * nine bits 0. */
static void
test_small_serial(void **state)
{
	uint64_t number = 0;
	const uint8_t *p;
	ASN1_INTEGER *i;
	X509 *x;

	(void)state;
	while (fw_piv_serial(&pivrig.piv) >= 0x800000)
		pivrig.c.secret_device[0]++;
	assert_int_equal(pivrig_select(), FW_SW_OK);
	pivrig_admin();
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	x = attest(0x9a);
	p = extension(x, "1.3.6.1.4.1.41482.3.7", 5);
	i = d2i_ASN1_INTEGER(NULL, &p, 5);
	assert_non_null(i);
	assert_int_equal(ASN1_INTEGER_get_uint64(&number, i), 1);
	assert_int_equal(number, fw_piv_serial(&pivrig.piv));
	ASN1_INTEGER_free(i);
	X509_free(x);
}

static void
test_kinds(void **state)
{
	X509 *ca = root(), *x;

	(void)state;
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_ED25519, 0, 0), FW_SW_OK);
	x = attest(0x9a);
	expect_chain(x, ca);
	assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(x)),
	    EVP_PKEY_ED25519);
	X509_free(x);
	assert_int_equal(pivrig_generate(0x9d, FW_PIV_X25519, 0, 0), FW_SW_OK);
	x = attest(0x9d);
	expect_chain(x, ca);
	assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(x)),
	    EVP_PKEY_X25519);
	X509_free(x);
	X509_free(ca);
}

static void
test_bounds(void **state)
{
	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9a, 0, ""),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0xf9, 0, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9b, 0, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9a, 1, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9a, 0, "00"),
	    FW_SW_WRONG_LENGTH);
}

/* What was not made here is not attested. */
static void
test_origin(void **state)
{
	uint8_t record[FW_PIV_KEY_REC_MAX], secret[FW_PIV_SECRET_LEN];
	struct fw_piv_key key = {.ref = 0x9a,
	    .alg = FW_PIV_P256,
	    .pin = 1,
	    .touch = 1,
	    .origin = 2};
	size_t len = fw_piv_key_make(&pivrig.piv, record, &key, secret);

	(void)state;
	assert_int_equal(fw_store_put(&pivrig.piv.store, FW_PIV_REC_KEY, record,
			     len),
	    FW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0x9a, ""),
	    FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9a, 0, ""),
	    FW_SW_REFERENCE);
}

/* A new F9 comes with a new certificate, of P-256 only; without F9 there is no
 * attestation. */
static void
test_new_root(void **state)
{
	static const uint8_t own[1500] = {1};
	X509 *old = root(), *ca, *x;

	(void)state;
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	assert_int_equal(pivrig_put("5fff01", own, sizeof(own)), FW_SW_OK);
	assert_int_equal(pivrig_generate(0xf9, FW_PIV_ED25519, 0, 0),
	    FW_SW_DATA);
	assert_int_equal(pivrig_generate(0xf9, FW_PIV_P256, 2, 0), FW_SW_DATA);
	assert_int_equal(pivrig_generate(0xf9, FW_PIV_P256, 0, 0), FW_SW_OK);
	ca = root();
	x = attest(0x9a);
	expect_chain(x, ca);
	assert_int_not_equal(X509_verify(x, X509_get0_pubkey(old)), 1);
	X509_free(old);
	X509_free(ca);
	X509_free(x);
	assert_int_equal(pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0xf9, ""), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9a, 0, ""),
	    FW_SW_REFERENCE);
	pivrig_plug();
	assert_int_equal(pivrig_hex(FW_PIV_INS_ATTEST, 0x9a, 0, ""),
	    FW_SW_REFERENCE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_root, setup),
	    cmocka_unit_test_setup(test_attest, setup),
	    cmocka_unit_test_setup(test_small_serial, setup),
	    cmocka_unit_test_setup(test_kinds, setup),
	    cmocka_unit_test_setup(test_bounds, setup),
	    cmocka_unit_test_setup(test_origin, setup),
	    cmocka_unit_test_setup(test_new_root, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
