/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables.  docs/STORE.md says what each is for and who vouches for it. */
#include "state.h"

#define TOKEN                                                                  \
	"CREATE TABLE token (\n"                                               \
	" id BLOB PRIMARY KEY,\n"                                              \
	" alg INTEGER NOT NULL,\n"                                             \
	" key BLOB NOT NULL,\n"                                                \
	" role INTEGER NOT NULL,\n"                                            \
	" evidence INTEGER NOT NULL,\n"                                        \
	" name TEXT NOT NULL,\n"                                               \
	" credential BLOB NOT NULL,\n"                                         \
	" attestation BLOB NOT NULL\n"                                         \
	") STRICT;\n"
#define DRAFT_ASKED                                                            \
	"CREATE TABLE draft_asked (\n"                                         \
	" signer BLOB PRIMARY KEY\n"                                           \
	") STRICT, WITHOUT ROWID;\n"

#define BUNDLE                                                                 \
	"CREATE TABLE bundle (\n"                                              \
	" hash BLOB PRIMARY KEY,\n"                                            \
	" bytes BLOB NOT NULL\n"                                               \
	") STRICT, WITHOUT ROWID;\n"

#define LOG                                                                    \
	"CREATE TABLE log (\n"                                                 \
	" id INTEGER PRIMARY KEY CHECK (id = 1),\n"                            \
	" policy TEXT NOT NULL,\n"                                             \
	" invitation TEXT NOT NULL,\n"                                         \
	" since INTEGER NOT NULL,\n"                                           \
	" looked INTEGER NOT NULL,\n"                                          \
	" vrf BLOB NOT NULL,\n"                                                \
	" note BLOB NOT NULL\n"                                                \
	") STRICT;\n"
#define DRAFT_NOTE                                                             \
	"CREATE TABLE draft_note (\n"                                          \
	" id INTEGER PRIMARY KEY CHECK (id = 1),\n"                            \
	" note BLOB NOT NULL\n"                                                \
	") STRICT;\n"

static const char sql[] =
    "CREATE TABLE person (\n"
    " id INTEGER PRIMARY KEY AUTOINCREMENT,\n" /* 0: the user */
    " label TEXT NOT NULL UNIQUE,\n"
    " identity BLOB,\n" /* NULL: the user's, not provisioned */
    " base INTEGER NOT NULL,\n"
    " directory TEXT NOT NULL,\n"
    " published INTEGER NOT NULL,\n"
    " added INTEGER NOT NULL,\n"
    " checked INTEGER NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE statement (\n"
    " person INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,\n"
    " seq INTEGER NOT NULL,\n"
    " envelope BLOB NOT NULL,\n"
    " seen INTEGER NOT NULL,\n"
    " PRIMARY KEY (person, seq)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE confirm (\n"
    " person INTEGER PRIMARY KEY REFERENCES person ON DELETE CASCADE,\n"
    " envelope BLOB NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE queue (\n"
    " number INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    " op BLOB NOT NULL,\n"
    " drafted INTEGER NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE draft (\n"
    " id INTEGER PRIMARY KEY CHECK (id = 1),\n"
    " statement BLOB NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE draft_sig (\n"
    " signer BLOB PRIMARY KEY,\n"
    " sig BLOB NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE live (\n"
    " label TEXT NOT NULL,\n"
    " day INTEGER NOT NULL,\n"
    " starts INTEGER NOT NULL,\n"
    " PRIMARY KEY (label, day)\n"
    ") STRICT;\n"
    "CREATE TABLE alert (\n"
    " id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    " code INTEGER NOT NULL,\n"
    " person INTEGER NOT NULL,\n"
    " label TEXT NOT NULL,\n"
    " time INTEGER NOT NULL,\n"
    " cause BLOB NOT NULL,\n"
    " detail TEXT NOT NULL,\n"
    " open INTEGER NOT NULL\n"
    ") STRICT;\n"
    "CREATE TABLE proof (\n"
    " alert INTEGER NOT NULL REFERENCES alert ON DELETE CASCADE,\n"
    " number INTEGER NOT NULL,\n"
    " envelope BLOB NOT NULL,\n"
    " PRIMARY KEY (alert, number)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE setting (\n"
    " name TEXT PRIMARY KEY,\n"
    " value INTEGER NOT NULL\n"
    ") STRICT;\n" TOKEN DRAFT_ASKED BUNDLE LOG DRAFT_NOTE;

/*
 * 1 to 2: keys of the statement applet.  2 to 3: bundles of cards.  3 to 4: the
 * log.  New tables are made by the same words as in a new file, because those
 * are compared.
 */
static const char *const upgrade[] = {
    "ALTER TABLE token RENAME TO old_token;\n" TOKEN
    "INSERT INTO token SELECT id, alg, key, role, evidence, name,"
    " credential, x'' FROM old_token;\n"
    "DROP TABLE old_token;\n" DRAFT_ASKED,
    BUNDLE,
    LOG DRAFT_NOTE,
};

/* "TsTn": the mark of our files in SQLite's application_id. */
const struct ts_db_kind ts_schema = {sql, 0x5473546e, 4, upgrade};
