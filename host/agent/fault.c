/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "holder.h"
#include "token/proto.h"

/* What is not here is "Failed". */
static const struct {
	int err;
	const char *kind;
} kinds[] = {
    {TS_ERR_UNVERIFIED, "Refused"},
    {TS_ERR_BLOCKED, "Refused"},
    {TS_ERR_LOCKDOWN, "Refused"},
    {TS_ERR_MISMATCH, "Refused"},
    {TS_ERR_FINAL, "Refused"},
    {TS_ERR_ASTRAY, "Refused"},
    {TS_ERR_IN_USE, "Refused"},
    {TS_ERR_NOT_SHOWN, "Refused"},
    {TS_ERR_TOKEN_FORK, "Refused"},
    {TS_ERR_CARD_STRANGE, "Refused"},
    {TS_ERR_SLOT_USED, "Refused"},
    {TS_ERR_LAST_TRY, "Refused"},
    {TS_ERR_TOKEN_LIVE_COMMITMENT, "Refused"},
    {TS_ERR_TRIES, "Refused"},
    {TS_ERR_DB_FORGED, "Refused"},
    {TSW_ERR_COMMITMENT, "Refused"},
    {TSW_ERR_DEVICE_TOO_OLD, "Refused"},
    {TSW_ERR_LAST_SIGNER, "Refused"},
    {TSW_ERR_RECOVERY_PENDING, "Refused"},
    {TS_ERR_NO_TOKEN, "NoToken"},
    {TS_ERR_WRONG_TOKEN, "NoToken"},
    {TS_ERR_NOT_NEEDED, "NoToken"},
    {TS_ERR_TOKEN_PULLED, "NoToken"},
    {TS_ERR_NO_TOUCH, "NoTouch"},
    {TS_ERR_TOKEN_HELD, "NoTouch"},
    {TS_ERR_DECLINED, "NoTouch"},
    {TS_ERR_CANCELLED, "NoTouch"},
    {TS_ERR_CARD_CHOICE, "Usage"},
    {TS_ERR_ARGUMENT, "Usage"},
    {TSW_ERR_LABEL, "Usage"},
    {TSW_ERR_NAME, "Usage"},
    {TSW_ERR_RANGE, "Usage"},
    {TSW_ERR_CHECKSUM, "Usage"},
    {TSW_ERR_HRP, "Usage"},
};

/* What to do, where the sentence of the code does not say it. */
static const struct {
	int err;
	const char *text;
} remedies[] = {
    {TS_ERR_NO_TOKEN, "Plug it in and repeat the command."},
    {TS_ERR_WRONG_TOKEN,
	"Plug in the right one; `touchstone token list` shows "
	"which is which."},
    {TS_ERR_NOT_NEEDED, "Plug in one that is named here."},
    {TS_ERR_TOKEN_FULL,
	"Erase one that you do not use (`touchstone token forget`), "
	"or reset the token if nothing on it is in use."},
    {TS_ERR_TOKEN_PULLED, "Plug it in again and repeat the command."},
    {TS_ERR_TOKEN_BUSY, "Close the program that uses it, or wait a moment."},
    {TS_ERR_TOKEN_IO, "Pull it out, plug it in again and repeat the command."},
    {TS_ERR_CARD_HELD,
	"Close it, or have it give the card up: `gpgconf --kill scdaemon` if "
	"it is GnuPG."},
    {TS_ERR_HELPER, "Repeat the command; nothing was lost."},
    {TS_ERR_PIN_POLICY,
	"FIDO2 wants 4 to 63 characters, PIV 6 to 8, OpenPGP at least 6. No "
	"try was used up."},
    {TS_ERR_NO_TOUCH, "Repeat the command and touch the token when it blinks."},
    {TS_ERR_CONFLICT, "Look at `touchstone alerts`."},
    {TS_ERR_IN_USE, "Retire the token first, or drop the change."},
    {TS_ERR_NOT_SHOWN, "Run `touchstone verify --live` without --on-computer."},
    {TS_ERR_BUSY, "Wait until it is done, or end it."},
    {TS_ERR_UNVERIFIED, "Compare codes with `touchstone verify`."},
    {TS_ERR_BLOCKED, "Look at `touchstone alerts`."},
    {TS_ERR_LOCKDOWN, "`touchstone lockdown off` ends it."},
    {TS_ERR_MISMATCH, "Do not send anything secret; compare in person."},
    {TS_ERR_UNKNOWN_LABEL,
	"Check the spelling, or ask whether they published."},
    {TS_ERR_TOO_MANY_RECORDS, "Tell the directory's operator."},
    {TS_ERR_DIRECTORY, "Check the connection and try again."},
    {TS_ERR_TAKEN,
	"If it is yours by right, ask its operator for an invitation, then: "
	"`touchstone publish --invitation TEXT`."},
    {TS_ERR_INVITATION,
	"Ask its operator for one, then: `touchstone publish --invitation "
	"TEXT`."},
    {TS_ERR_DISK_FULL, "Make room and repeat the command."},
    {TS_ERR_DB_CORRUPT, "Restore it from a backup, or move it away."},
    {TS_ERR_DB_NEWER, "Install the version that wrote it, or a later one."},
    {TS_ERR_NO_MEMORY, "Close something and repeat the command."},
    {TSW_ERR_DEVICE_TOO_OLD, "Update the devices named, or revoke their keys."},
    {TSW_ERR_LAST_SIGNER, "Enrol another token first."},
    {TS_ERR_NO_PCSCD,
	"Install it (on Debian: `apt install pcscd`), or start it: `systemctl "
	"start pcscd.socket`. Nothing is wrong with tokens that are no cards."},
    {TS_ERR_PCSCD_ACCESS,
	"It lets in only who sits at this computer, not who is logged in from "
	"afar. To change that, write into "
	"/etc/polkit-1/rules.d/50-pcscd.rules: polkit.addRule(function(a, s) { "
	"if (a.id.indexOf(\"org.debian.pcsc-lite.access_\") == 0 && "
	"s.isInGroup(\"plugdev\")) return polkit.Result.YES; });"},
    {TS_ERR_CARD_RESET, "Repeat the command."},
    {TS_ERR_SLOT_USED,
	"Use another slot or another card. Only if you are sure that nobody "
	"needs the key that is there: --replace."},
    {TS_ERR_ADMIN_REQUIRED, "Give it with --admin-fd, or on a terminal."},
    {TS_ERR_ADMIN_WRONG, "Nothing was changed."},
    {TS_ERR_CARD_STRANGE,
	"If you did not exchange the card yourself, take it out and find out "
	"who did."},
    {TS_ERR_NO_APPLET, "`touchstone token info` says which ones it has."},
    {TS_ERR_CARD_PIN_BLOCKED, "`touchstone token unblock` does that."},
    {TS_ERR_CARD_PUK_WRONG,
	"The PIN is as it was. When no tries are left only a reset of the PIV "
	"application helps, which erases its keys."},
    {TS_ERR_ATTESTATION, "No key was taken into your identity."},
    {TS_ERR_LAST_TRY,
	"If you are sure of it, repeat the command with --last-try."},
};

const char *
ts_fault_kind(int err)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].err == err)
			return kinds[i].kind;
	return "Failed";
}

static const char *
remedy(int err)
{
	size_t i;

	for (i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].err == err)
			return remedies[i].text;
	return NULL;
}

void
ts_fault_todo(char out[TS_FAULT_TODO_MAX], int err)
{
	const char *todo = remedy(err);
	struct ts_holder holder;

	if (err == TS_ERR_CARD_HELD && ts_holder_find(&holder, "/proc"))
		(void)snprintf(out, TS_FAULT_TODO_MAX,
		    "It may be %s (process %ld). %s", holder.name,
		    (long)holder.pid, holder.remedy);
	else
		(void)snprintf(out, TS_FAULT_TODO_MAX, "%s",
		    todo == NULL ? "" : todo);
}

/* What the number of tries is about. */
static bool
tells_tries(int err)
{
	return err == TS_ERR_PIN_WRONG || err == TS_ERR_CARD_PUK_WRONG ||
	    err == TS_ERR_ADMIN_WRONG;
}

/* "The PIN is wrong.  7 tries are left." */
static void
compose(char out[TS_FAULT_WORDS_MAX], int err, uint8_t retries)
{
	char todo[TS_FAULT_TODO_MAX];
	int n;

	ts_fault_todo(todo, err);
	n = snprintf(out, TS_FAULT_WORDS_MAX, "%s.%s%s", ts_strerror(err),
	    todo[0] == '\0' ? "" : " ", todo);
	if (out[0] >= 'a' && out[0] <= 'z')
		out[0] = (char)(out[0] - 'a' + 'A');
	if (tells_tries(err) && retries != TS_TOKEN_RETRIES_UNKNOWN && n > 0 &&
	    n < TS_FAULT_WORDS_MAX)
		(void)snprintf(out + n, TS_FAULT_WORDS_MAX - (size_t)n,
		    " Tries left: %u.", retries);
}

void
ts_fault_words(char out[TS_FAULT_WORDS_MAX], int err)
{
	compose(out, err, TS_TOKEN_RETRIES_UNKNOWN);
}

static void
end_with(struct ts_conn *c, const char *interface, const char *kind)
{
	char error[96];

	(void)snprintf(error, sizeof(error), "%s.%s", interface, kind);
	ts_conn_end(c, error, false);
}

static struct ts_jw *
begin(struct ts_conn *c, int err, uint8_t retries)
{
	struct ts_jw *w = ts_conn_begin(c);
	char message[TS_FAULT_WORDS_MAX];

	compose(message, err, retries);
	ts_jw_str(w, "code", ts_errname(err));
	ts_jw_str(w, "message", message);
	return w;
}

void
ts_fault_reply(struct ts_conn *c, int err, const struct ts_names *names)
{
	struct ts_jw *w = begin(c, err, TS_TOKEN_RETRIES_UNKNOWN);
	size_t i;

	ts_jw_list(w, "names");
	for (i = 0; names != NULL && i < names->cnt; i++)
		ts_jw_str(w, NULL, names->name[i]);
	ts_jw_list_end(w);
	end_with(c, TS_INTERFACE, ts_fault_kind(err));
}

void
ts_fault_token(struct ts_conn *c, int err, const char *token, uint8_t retries)
{
	struct ts_jw *w = begin(c, err, retries);

	if (err == TS_ERR_PIN_REQUIRED) {
		ts_jw_str(w, "token", token);
		ts_jw_int(w, "retries",
		    retries == TS_TOKEN_RETRIES_UNKNOWN ? -1 : retries);
		end_with(c, TS_INTERFACE, "PinRequired");
		return;
	}
	ts_jw_list(w, "names");
	if (token[0] != '\0')
		ts_jw_str(w, NULL, token);
	ts_jw_list_end(w);
	end_with(c, TS_INTERFACE, ts_fault_kind(err));
}

void
ts_fault_service(struct ts_conn *c, const char *error, const char *parameter,
    const char *value)
{
	struct ts_jw *w = ts_conn_begin(c);

	if (parameter != NULL)
		ts_jw_str(w, parameter, value);
	end_with(c, "org.varlink.service", error);
}
