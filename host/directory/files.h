/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that are whole or not there, also after a power cut. */
#ifndef HOST_DIRECTORY_FILES_H
#define HOST_DIRECTORY_FILES_H

#include <sys/types.h>

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

/* TS_ERR_IO or _DISK_FULL, of errno. */
int ts_files_error(int err) TS_MUST_CHECK;
/* A folder and those above it, below root, which exists. */
int ts_files_folder(int root, const char *path, mode_t mode) TS_MUST_CHECK;
/* Sync the folder that path is in, below root. */
int ts_files_sync_parent(int root, const char *path) TS_MUST_CHECK;
/*
 * Write path below root: as path.tmp, synced and renamed.  The folder is not
 * synced: ts_files_sync_parent().
 */
int ts_files_write(int root, const char *path, struct tsw_slice bytes,
    mode_t mode) TS_MUST_CHECK;
/*
 * Several at once, for a fraction of the syncs: add, add, ..., end.  Names
 * appear in end, which also syncs the folders; on an error some may have.
 * After an error of add, drop.  path is shorter than TS_FILES_PATH_MAX.
 */
#define TS_FILES_PATH_MAX 96
#define TS_FILES_CNT 64

struct ts_files {
	int root;
	mode_t mode;
	size_t cnt;
	struct {
		int fd;
		char path[TS_FILES_PATH_MAX];
	} one[TS_FILES_CNT];
};
void ts_files_init(struct ts_files *files, int root, mode_t mode);
int ts_files_add(struct ts_files *files, const char *path,
    struct tsw_slice bytes) TS_MUST_CHECK;
int ts_files_end(struct ts_files *files) TS_MUST_CHECK;
void ts_files_drop(struct ts_files *files);
/*
 * Read a regular file: *len is the room on entry.  TS_ERR_NOT_FOUND; TS_ERR_IO
 * if it is longer.
 */
int ts_files_read(int root, const char *path, uint8_t *out,
    size_t *len) TS_MUST_CHECK;

#endif
