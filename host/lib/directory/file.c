/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file://: a folder that users share, SPEC section 10.
 *
 *	DIR/v1/<SHA-256 of the label, hex>/<8 digits>.rec
 *	DIR/v1/<SHA-256 of the label, hex>/att-<SHA-256, hex>.cbor
 *
 * Whoever can write there is the attacker of section 10: nothing is followed,
 * only regular files of bounded size are read, and what they say is for the
 * caller to check.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <touchstone/text.h>
#include <touchstone/wire/crypto.h>
#include <touchstone/wire/limits.h>

#include "../secret.h"
#include "backend.h"

#define FOLDER_LEN (2 * 32 + 1) /* hex of the label's hash, NUL */
#define RECORD_LEN sizeof("12345678.rec")
#define BUNDLE_LEN (sizeof("att-.cbor") + (size_t)2 * TSW_HASH_LEN)
#define TEMP_LEN sizeof(".tmp-0123456789abcdef")

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

#define SCHEME "file://"

static int
file_open(void **out, struct ts_store *store, const char *url)
{
	const char *rest = url + strlen(SCHEME);
	char *path;

	(void)store;
	if (rest[0] != '/')
		return TS_ERR_ARGUMENT;
	path = strdup(rest);
	if (path == NULL)
		return TS_ERR_NO_MEMORY;
	*out = path;
	return TS_OK;
}

static void
file_free(void *state)
{
	free(state);
}

static int
io_error(int err)
{
	if (err == ENOSPC || err == EDQUOT)
		return TS_ERR_DISK_FULL;
	return err == ENOMEM ? TS_ERR_NO_MEMORY : TS_ERR_DIRECTORY;
}

/*
 * What stands below DIR and cannot be opened was made so by who may write
 * there.  It must not pass for an outage, which is forgiven for a day: only
 * what this process lacks is an error.
 */
static int
hostile(int err)
{
	if (err == ENOENT)
		return TS_ERR_NOT_FOUND;
	if (err == ENOMEM || err == EMFILE || err == ENFILE)
		return io_error(err);
	return TS_ERR_DIRECTORY_FORMAT;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void
folder_name(char out[FOLDER_LEN], struct tsw_slice label)
{
	uint8_t hash[32];

	tsw_sha256(hash, &label, 1);
	ts_hex_encode(out, hash, sizeof(hash));
}

static void
record_name(char out[RECORD_LEN], uint32_t number)
{
	size_t i;

	memcpy(out, "00000000.rec", RECORD_LEN);
	for (i = 8; i > 0; i--, number /= 10)
		out[i - 1] = (char)('0' + number % 10);
}

static void
bundle_name(char out[BUNDLE_LEN], const uint8_t hash[TSW_HASH_LEN])
{
	memcpy(out, "att-", sizeof("att-"));
	ts_hex_encode(out + 4, hash, TSW_HASH_LEN);
	memcpy(out + 4 + (size_t)2 * TSW_HASH_LEN, ".cbor", sizeof(".cbor"));
}

/*
 * Read one file into buf, which has a byte more than max, *len bytes; 0 if it
 * is no regular file of up to max bytes, or one that cannot be read.
 * TS_ERR_NOT_FOUND if there is none.
 */
static int
read_file(uint8_t *buf, size_t *len, size_t max, int folder, const char *name)
{
	struct stat st;
	ssize_t n = 1;
	int fd, r = TS_OK;

	*len = 0;
	/* O_NONBLOCK: a FIFO put there must not hold us. */
	fd = openat(folder, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		r = hostile(errno);
		return r == TS_ERR_DIRECTORY_FORMAT ? TS_OK : r;
	}
	if (fstat(fd, &st) != 0)
		r = io_error(errno);
	else if (S_ISREG(st.st_mode) && st.st_size <= (off_t)max)
		while (n > 0 && *len <= max) {
			n = read(fd, buf + *len, max + 1 - *len);
			if (n > 0)
				*len += (size_t)n;
		}
	if (n < 0 || *len > max)
		*len = 0; /* it cannot be read, or grew meanwhile */
	close_fd(fd);
	return r;
}

static int
read_record(uint8_t *buf, size_t *len, int folder, uint32_t number)
{
	char name[RECORD_LEN];

	record_name(name, number);
	return read_file(buf, len, TSW_ENVELOPE_MAX, folder, name);
}

/*
 * TS_ERR_NOT_FOUND if nobody published under this label, DIRECTORY_FORMAT if
 * something else is where its folder should be.
 */
static int
open_folder(int *out, const char *root, struct tsw_slice label)
{
	char name[FOLDER_LEN];
	int base, v1, fd, r = TS_OK;

	folder_name(name, label);
	base = open(root, OPEN_DIR);
	if (base < 0)
		return io_error(errno);
	v1 = openat(base, "v1", OPEN_DIR | O_NOFOLLOW);
	fd = v1 < 0 ? -1 : openat(v1, name, OPEN_DIR | O_NOFOLLOW);
	if (fd < 0)
		r = hostile(errno);
	else
		*out = fd;
	close_fd(v1);
	close_fd(base);
	return r;
}

static int
file_fetch(void *state, struct tsw_slice label, uint32_t from,
    int (*fn)(void *arg, uint32_t number, const uint8_t *p, size_t len),
    void *arg)
{
	uint8_t buf[TSW_ENVELOPE_MAX + 1];
	size_t len = 1;
	uint32_t n;
	int folder, r;

	r = open_folder(&folder, state, label);
	if (r == TS_ERR_DIRECTORY_FORMAT)
		return fn(arg, from, buf, 0);
	if (r != TS_OK)
		return r == TS_ERR_NOT_FOUND ? TS_OK : r;
	for (n = from; r == TS_OK && len > 0 && n < TS_RECORDS_MAX; n++) {
		r = read_record(buf, &len, folder, n);
		if (r == TS_ERR_NOT_FOUND) {
			r = TS_OK;
			break;
		}
		if (r == TS_OK)
			r = fn(arg, n, buf, len);
	}
	close_fd(folder);
	return r;
}

/* Open folder name in parent, and make it with this mode if need be. */
static int
make_folder(int *out, int parent, const char *name, mode_t mode)
{
	int fd, r = TS_OK;

	if (mkdirat(parent, name, 0700) == 0) {
		fd = openat(parent, name, OPEN_DIR | O_NOFOLLOW);
		/* Not by umask: others have to get in. */
		if (fd < 0 || fchmod(fd, mode) != 0 || fsync(parent) != 0)
			r = io_error(errno);
	} else {
		fd = openat(parent, name, OPEN_DIR | O_NOFOLLOW);
		if (fd < 0)
			r = io_error(errno);
	}
	if (r != TS_OK) {
		close_fd(fd);
		return r;
	}
	*out = fd;
	return TS_OK;
}

static int
make_folders(int *out, const char *root, struct tsw_slice label)
{
	char name[FOLDER_LEN];
	struct stat st;
	int base, v1 = -1, r;

	folder_name(name, label);
	base = open(root, OPEN_DIR);
	if (base < 0)
		return io_error(errno);
	/* Who may add labels is said by the folder's owner, in its mode. */
	if (fstat(base, &st) != 0)
		r = io_error(errno);
	else
		r = make_folder(&v1, base, "v1", st.st_mode & 07777);
	if (r == TS_OK)
		r = make_folder(out, v1, name, 0755);
	close_fd(v1);
	close_fd(base);
	return r;
}

/* A whole record on disk under a name of its own. */
static int
write_temp(const char *name, int folder, const uint8_t *p, size_t len)
{
	ssize_t n;
	int fd, r = TS_OK;

	fd = openat(folder, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return io_error(errno);
	while (r == TS_OK && len > 0) {
		n = write(fd, p, len);
		if (n <= 0) {
			r = io_error(errno);
		} else {
			p += n;
			len -= (size_t)n;
		}
	}
	if (r == TS_OK && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
		r = io_error(errno);
	if (close(fd) != 0 && r == TS_OK)
		r = io_error(errno);
	return r;
}

/* link() is the compare-and-swap: it fails if the name is taken. */
static int
put_file(int folder, const char *name, const uint8_t *p, size_t len)
{
	char temp[TEMP_LEN];
	uint8_t nonce[8];
	int r;

	ts_secret_random(nonce, sizeof(nonce));
	memcpy(temp, ".tmp-", 5);
	ts_hex_encode(temp + 5, nonce, sizeof(nonce));
	r = write_temp(temp, folder, p, len);
	if (r == TS_OK && linkat(folder, temp, folder, name, 0) != 0)
		r = errno == EEXIST ? TS_ERR_CONFLICT : io_error(errno);
	if (r == TS_OK && fsync(folder) != 0)
		r = io_error(errno);
	(void)unlinkat(folder, temp, 0); /* may not exist */
	return r;
}

static int
file_publish(void *state, struct tsw_slice label, uint32_t number,
    const uint8_t *p, size_t len)
{
	uint8_t before[TSW_ENVELOPE_MAX + 1];
	char name[RECORD_LEN];
	size_t before_len;
	int folder, r = TS_OK;

	if (len > TSW_ENVELOPE_MAX)
		return TSW_ERR_TOO_LONG;
	r = make_folders(&folder, state, label);
	if (r != TS_OK)
		return r;
	if (number > 0)
		r = read_record(before, &before_len, folder, number - 1);
	if (r == TS_ERR_NOT_FOUND)
		r = TS_ERR_CONFLICT; /* a gap would hide the record */
	record_name(name, number);
	if (r == TS_OK)
		r = put_file(folder, name, p, len);
	close_fd(folder);
	return r;
}

static int
file_bundle(void *state, struct tsw_slice label,
    const uint8_t hash[TSW_HASH_LEN], uint8_t *out, size_t *len)
{
	char name[BUNDLE_LEN];
	int folder, r;

	*len = 0;
	r = open_folder(&folder, state, label);
	if (r == TS_ERR_DIRECTORY_FORMAT)
		return TS_OK; /* what cannot be opened cannot be read */
	if (r != TS_OK)
		return r;
	bundle_name(name, hash);
	r = read_file(out, len, TSW_BUNDLE_MAX, folder, name);
	close_fd(folder);
	return r;
}

static int
file_put_bundle(void *state, struct tsw_slice label,
    const uint8_t hash[TSW_HASH_LEN], const uint8_t *p, size_t len)
{
	char name[BUNDLE_LEN];
	int folder, r;

	r = make_folders(&folder, state, label);
	if (r != TS_OK)
		return r;
	bundle_name(name, hash);
	r = put_file(folder, name, p, len);
	close_fd(folder);
	return r;
}

const struct ts_backend ts_backend_file = {
    SCHEME,
    file_open,
    file_free,
    NULL,
    file_fetch,
    file_publish,
    file_bundle,
    file_put_bundle,
};
