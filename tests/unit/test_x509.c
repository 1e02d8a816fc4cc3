/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates as libcrypto reads and verifies them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "x509.h"

#define CERT_MAX 1024

static const uint8_t scalar[32] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t noise[FW_NOISE_LEN] = {9};
static uint8_t point[FW_P256_POINT_LEN];
static uint8_t out[CERT_MAX];

static struct fw_x509
root(void)
{
	struct fw_x509 cert = {.issuer = "Test root",
	    .subject = "Test root",
	    .serial = {0xff, 1, 2},
	    .kind = FW_X509_P256,
	    .key = point,
	    .is_ca = true};

	assert_int_equal(fw_p256_public(point, scalar), FW_OK);
	return cert;
}

/* The certificate, parsed to its last byte. */
static X509 *
make(const struct fw_x509 *cert)
{
	const unsigned char *p = out;
	struct tsw_wr wr;
	X509 *x;

	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(fw_x509_write(&wr, cert, scalar, noise, FW_CHECK_ALL),
	    FW_OK);
	x = d2i_X509(NULL, &p, (long)wr.len);
	assert_non_null(x);
	assert_ptr_equal(p, out + wr.len);
	return x;
}

static EVP_PKEY *
key_of(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	assert_non_null(key);
	return key;
}

static void
test_root(void **state)
{
	struct fw_x509 cert = root();
	X509 *x = make(&cert);

	(void)state;
	assert_int_equal(X509_verify(x, key_of(x)), 1);
	assert_int_equal(X509_get_version(x), X509_VERSION_3);
	assert_true(X509_check_ca(x) == 1);
	assert_true((X509_get_key_usage(x) & KU_KEY_CERT_SIGN) != 0);
	assert_int_equal(X509_get_pathlen(x), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(x), NULL), -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(x), NULL), 1);
	X509_free(x);
}

/* A chain that libcrypto accepts with its strict rules, of any kind of key. */
static void
test_chain(void **state)
{
	static const uint8_t raw[32] = {9};
	static const int id[] = {EVP_PKEY_EC, EVP_PKEY_ED25519,
	    EVP_PKEY_X25519};
	struct fw_x509 cert = root();
	X509 *ca = make(&cert), *x;
	unsigned int kind;

	(void)state;
	for (kind = FW_X509_P256; kind <= FW_X509_X25519; kind++) {
		cert.subject = "Test leaf";
		cert.serial[0] = 0;
		cert.kind = (enum fw_x509_key)kind;
		cert.key = kind == FW_X509_P256 ? point : raw;
		cert.is_ca = false;
		x = make(&cert);
		assert_int_equal(X509_verify(x, key_of(ca)), 1);
		assert_int_equal(X509_check_issued(ca, x), X509_V_OK);
		assert_int_equal(X509_check_ca(x), 0);
		assert_int_equal(EVP_PKEY_get_base_id(key_of(x)), id[kind]);
		X509_free(x);
	}
	X509_free(ca);
}

static void
test_extension(void **state)
{
	static const uint8_t oid[] = {0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 3, 8};
	static const uint8_t value[] = {2, 3};
	uint8_t buf[64];
	struct fw_x509 cert = root();
	const ASN1_OCTET_STRING *data;
	ASN1_OBJECT *name;
	struct tsw_wr wr;
	X509 *x;
	int at;

	(void)state;
	tsw_wr_init(&wr, buf, sizeof(buf));
	fw_x509_extension(&wr, (struct tsw_slice){oid, sizeof(oid)},
	    (struct tsw_slice){value, sizeof(value)});
	cert.extensions = (struct tsw_slice){buf, wr.len};
	x = make(&cert);
	name = OBJ_txt2obj("1.3.6.1.4.1.41482.3.8", 1);
	assert_non_null(name);
	at = X509_get_ext_by_OBJ(x, name, -1);
	assert_true(at >= 0);
	data = X509_EXTENSION_get_data(X509_get_ext(x, at));
	assert_int_equal(ASN1_STRING_length(data), sizeof(value));
	assert_memory_equal(ASN1_STRING_get0_data(data), value, sizeof(value));
	assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(x, at)), 0);
	ASN1_OBJECT_free(name);
	X509_free(x);
}

/* Behind what is in the buffer, and the same bytes each time. */
static void
test_appends(void **state)
{
	uint8_t other[CERT_MAX] = {0xaa};
	struct fw_x509 cert = root();
	struct tsw_wr wr;

	(void)state;
	X509_free(make(&cert));
	tsw_wr_init(&wr, other, sizeof(other));
	tsw_wr_u8(&wr, 0xaa);
	assert_int_equal(fw_x509_write(&wr, &cert, scalar, noise,
			     FW_CHECK_LITTLE),
	    FW_OK);
	assert_int_equal(other[0], 0xaa);
	assert_memory_equal(other + 1, out, wr.len - 1);
}

/* Every length of buffer: it fits, or that is said. */
static void
test_room(void **state)
{
	struct fw_x509 cert = root();
	size_t size, whole;
	struct tsw_wr wr;
	int r;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(fw_x509_write(&wr, &cert, scalar, noise,
			     FW_CHECK_LITTLE),
	    FW_OK);
	whole = wr.len;
	for (size = 0; size <= whole; size++) {
		tsw_wr_init(&wr, out, size);
		r = fw_x509_write(&wr, &cert, scalar, noise, FW_CHECK_LITTLE);
		assert_int_equal(r, size < whole ? FW_ERR_LENGTH : FW_OK);
	}
}

/* The longest names, with long heads; longer ones are refused. */
static void
test_names(void **state)
{
	char name[FW_X509_NAME_MAX + 2] = {0};
	struct fw_x509 cert = root();
	struct tsw_wr wr;
	X509 *x;

	(void)state;
	memset(name, 'n', FW_X509_NAME_MAX);
	cert.issuer = cert.subject = name;
	x = make(&cert);
	assert_int_equal(X509_verify(x, key_of(x)), 1);
	X509_free(x);
	name[FW_X509_NAME_MAX] = 'n';
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(fw_x509_write(&wr, &cert, scalar, noise,
			     FW_CHECK_LITTLE),
	    FW_ERR_LENGTH);
	cert.issuer = "Test root";
	assert_int_equal(fw_x509_write(&wr, &cert, scalar, noise,
			     FW_CHECK_LITTLE),
	    FW_ERR_LENGTH);
}

static void
test_bad_scalar(void **state)
{
	static const uint8_t zero[32];
	struct fw_x509 cert = root();
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(fw_x509_write(&wr, &cert, zero, noise, FW_CHECK_ALL),
	    FW_ERR_RANGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_root),
	    cmocka_unit_test(test_chain),
	    cmocka_unit_test(test_extension),
	    cmocka_unit_test(test_appends),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_bad_scalar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
