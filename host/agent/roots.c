/* SPDX-License-Identifier: BSD-2-Clause */
#include "roots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/base64.h"
#include "paths.h"

#define FOLDER "attestation-roots"
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"
#define FILE_MAX 8192 /* a certificate in PEM, and words around it */
#define FILES_MAX_CNT 64

/* An absolute path in a variable, or NULL. */
static const char *
absolute(const char *variable)
{
	const char *v = getenv(variable);

	return v != NULL && v[0] == '/' ? v : NULL;
}

static bool
find_folder(char out[TS_PATH_MAX])
{
	const char *own = absolute("TOUCHSTONE_HOME");
	const char *config = absolute("XDG_CONFIG_HOME");
	const char *home = absolute("HOME");
	int n = -1;

	if (own != NULL)
		n = snprintf(out, TS_PATH_MAX, "%s/" FOLDER, own);
	else if (config != NULL)
		n = snprintf(out, TS_PATH_MAX, "%s/touchstone/" FOLDER, config);
	else if (home != NULL)
		n = snprintf(out, TS_PATH_MAX, "%s/.config/touchstone/" FOLDER,
		    home);
	return n >= 0 && n < TS_PATH_MAX;
}

/* Only the user may have put it there. */
static bool
is_own(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type &&
	    st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int
ts_roots_from_pem(uint8_t out[TS_EVIDENCE_ROOT_MAX], size_t *len,
    const char *text)
{
	char body[TS_BASE64_LEN(TS_EVIDENCE_ROOT_MAX)];
	const char *p = strstr(text, BEGIN), *end;
	size_t n = 0;

	if (p == NULL)
		return TSW_ERR_FORMAT;
	p += strlen(BEGIN);
	end = strstr(p, END);
	if (end == NULL)
		return TSW_ERR_FORMAT;
	for (; p < end; p++) {
		if (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t')
			continue;
		if (n == sizeof(body))
			return TSW_ERR_TOO_LONG;
		body[n++] = *p;
	}
	*len = TS_EVIDENCE_ROOT_MAX;
	return ts_base64_decode(out, len, body, n);
}

static int
read_root(struct ts_roots *roots, int folder, const char *name)
{
	char text[FILE_MAX + 1];
	size_t used = 0;
	ssize_t n = 1;
	int fd, r;

	fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return TS_ERR_IO;
	if (!is_own(fd, S_IFREG)) {
		close(fd);
		return TS_ERR_PERMISSIONS;
	}
	while (n > 0 && used < FILE_MAX) {
		n = read(fd, text + used, FILE_MAX - used);
		if (n > 0)
			used += (size_t)n;
	}
	close(fd);
	if (n < 0)
		return TS_ERR_IO;
	text[used] = '\0';
	r = ts_roots_from_pem(roots->der[roots->cnt], &roots->len[roots->cnt],
	    text);
	if (r == TS_OK && roots->len[roots->cnt] > 0)
		roots->cnt++;
	return r;
}

static int
is_pem(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && entry->d_name[0] != '.' &&
	    strcmp(entry->d_name + len - 4, ".pem") == 0;
}

static void
read_all(struct ts_roots *roots, int folder, struct dirent **entry, int cnt)
{
	int i, r;

	for (i = 0; i < cnt && i < FILES_MAX_CNT; i++) {
		if (roots->cnt == TS_EVIDENCE_ROOTS_MAX_CNT) {
			fprintf(stderr,
			    "touchstone-agent: " FOLDER
			    ": only the first %d are used\n",
			    TS_EVIDENCE_ROOTS_MAX_CNT);
			break;
		}
		r = read_root(roots, folder, entry[i]->d_name);
		if (r != TS_OK)
			fprintf(stderr, "touchstone-agent: " FOLDER "/%s: %s\n",
			    entry[i]->d_name, ts_strerror(r));
	}
}

void
ts_roots_read(struct ts_roots *out)
{
	struct dirent **entry = NULL;
	char path[TS_PATH_MAX];
	int i, cnt, folder;

	memset(out, 0, sizeof(*out));
	if (!find_folder(path))
		return;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return;
	if (is_own(folder, S_IFDIR)) {
		cnt = scandirat(folder, ".", &entry, is_pem, alphasort);
		read_all(out, folder, entry, cnt);
		for (i = 0; i < cnt; i++)
			free(entry[i]);
		free(entry);
	} else {
		fprintf(stderr, "touchstone-agent: %s: %s\n", path,
		    ts_strerror(TS_ERR_PERMISSIONS));
	}
	close(folder);
}
