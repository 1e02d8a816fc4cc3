/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

#define ANY (OPT(HELP) | OPT(JSON))
#define PIN (OPT(TOKEN) | OPT(PIN_FD))
#define CARD                                                                   \
	(OPT(APPLET) | OPT(SLOT) | OPT(REPLACE) | OPT(ATTEST) |                \
	    OPT(ADMIN_FD) | OPT(LAST_TRY) | OPT(YES))

#define START "To begin"
#define DAILY "Your keys and changes"
#define OTHERS "Other people"
#define TOKENS "Tokens"
#define RULES "Rules"
#define MORE "More"

/* name, function, arguments, kind, least, most, options, required, group,
 * words for the list, paragraphs, examples */
const struct verb verb_table[] = {
    {"init", cmd_init, "LABEL", ARG_NONE, 1, 1,
	ANY | OPT(DIRECTORY) | OPT(POLICY) | OPT(INVITATION) | OPT(YES), 0,
	START, "say who you are and where you are published",
	"LABEL is what people look you up by, for example alice@example.org: "
	"up to 64 letters, digits and . _ + - with one @ or none.\n"
	"The directory is where signed records are published and looked up: a "
	"service with a log that nobody can rewrite unseen, or a folder that "
	"you and your contacts can all write. Nobody has to trust it. See "
	"`touchstone help directory set` for --policy.",
	"touchstone init alice@example.org --directory "
	"https://dir.example.org\n"
	"touchstone init alice@example.org --directory /srv/touchstone"},
    {"token provision", cmd_token_provision, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | PIN | CARD | OPT(NAME) | OPT(ALGORITHM) | OPT(BACKUP) |
	    OPT(BACKUP_NAME) | OPT(BACKUP_PIN_FD) | OPT(BACKUP_APPLET) |
	    OPT(BACKUP_ADMIN_FD) | OPT(NO_BACKUP),
	0, START, "make your identity on a token (and on a backup)",
	"Makes a key on the token that can never leave it, and signs the "
	"first statement of your identity with it. Needs the PIN and two "
	"touches of each token.\n"
	"On a token with Touchstone firmware the key signs nothing that the "
	"token has not read itself, and contacts see that. Any other FIDO2 "
	"token signs what this computer gives it.\n"
	"A smartcard in a reader is card:READER; any beginning of the reader's "
	"name will do, and card: alone if there is one card. With --applet piv "
	"or openpgp the key is made there. Making one needs the card's "
	"management key (asked for unless it is the factory's) or admin PIN. A "
	"key that is there is never replaced without --replace. With --attest "
	"contacts see that the card made the key and asks for a touch, if the "
	"card can show it; they learn its serial number.\n"
	"With a second token as backup, losing the first costs you nothing: "
	"retire it with the other one and your contacts stay verified. "
	"The name is \"daily\" unless you give another one.",
	"touchstone token provision\n"
	"touchstone token provision card: --applet piv\n"
	"touchstone token provision card: --applet piv --attest\n"
	"touchstone token provision --name blue --backup-name safe \\\n"
	"    --backup fido:/dev/hidraw5"},
    {"status", cmd_status, "", ARG_NONE, 0, 0, ANY, 0, START,
	"where things stand, and what to do next",
	"Shows your identity, tokens, unsigned changes, contacts and alerts.",
	"touchstone status"},
    {"code", cmd_code, "", ARG_NONE, 0, 0, ANY | OPT(NO_QR), 0, START,
	"show your public code, to print or put on a web page",
	"Whoever has your public code from a place they trust can verify you "
	"with it, at any time and without you. It is not secret and never "
	"changes.",
	"touchstone code\ntouchstone code --no-qr"},

    {"key add", cmd_key_add, "--file FILE", ARG_NONE, 0, 0,
	ANY | OPT(APP) | OPT(DEVICE) | OPT(FILE) | OPT(KEY) | OPT(PROTOCOL) |
	    OPT(EXPIRES),
	OPT(APP), DAILY, "add a public key of one of your devices",
	"The key is checked to be of that app and put on the list of changes; "
	"nobody sees it before you sign. Give it by --file or by --key.\n"
	"ssh: a .pub file. age: a recipient (age1...). wireguard: the base64 "
	"public key. openpgp: a fingerprint. omemo, matrix, signal: the "
	"32-byte key in base64 or hex. raw: hex.",
	"touchstone key add --app ssh --device laptop --file "
	"~/.ssh/id_ed25519.pub\n"
	"touchstone key add --app age --key \"$(age-keygen -y key.txt)\""},
    {"key list", cmd_key_list, "", ARG_NONE, 0, 0, ANY, 0, DAILY,
	"list your signed keys",
	"Lists the keys that your identity vouches for.",
	"touchstone key list"},
    {"key revoke", cmd_key_revoke, "KEY", ARG_KEY, 1, 1, ANY | OPT(YES), 0,
	DAILY, "take a key back",
	"KEY is app/device as in ssh/laptop, or the beginning of the key's id. "
	"Once signed and published, contacts drop the key for good.",
	"touchstone key revoke ssh/laptop"},
    {"pending", cmd_pending, "", ARG_NONE, 0, 0, ANY | OPT(DROP), 0, DAILY,
	"list changes that wait for your signature",
	"Shows in words what the next signature will change.",
	"touchstone pending\ntouchstone pending --drop 2"},
    {"sign", cmd_sign, "", ARG_NONE, 0, 0,
	ANY | PIN | OPT(WAIT) | OPT(AUTO) | OPT(LAST_TRY), 0, DAILY,
	"sign all pending changes with a touch, and publish",
	"Shows what will change, asks for the PIN and waits for your touch. "
	"If your policy asks for several tokens, run it once with each.",
	"touchstone sign\ntouchstone sign --wait\n"
	"touchstone sign --pin-fd 3 3</run/user/1000/pin"},
    {"publish", cmd_publish, "", ARG_NONE, 0, 0,
	ANY | OPT(YIELD) | OPT(INVITATION), 0, DAILY,
	"publish what is signed but not published",
	"Signing publishes by itself; this repeats it after the directory was "
	"out of reach, or asked for an invitation that you have now "
	"(--invitation).\n"
	"If another computer of yours published another change in the same "
	"place (alert OWN_CONFLICT), --yield gives way to it: yours go back on "
	"the list of changes, to be signed behind it. Sign them with another "
	"token than before; the one that signed them follows after that.",
	"touchstone publish\ntouchstone publish --yield"},

    {"contact add", cmd_contact_add, "LABEL", ARG_NONE, 1, 1, ANY | OPT(CODE),
	0, OTHERS, "look somebody up and watch their record",
	"The contact is not verified by this: that is `touchstone verify`. "
	"With --code, only the identity with this public code is accepted.",
	"touchstone contact add bob@example.org"},
    {"contact list", cmd_contact_list, "", ARG_NONE, 0, 0, ANY, 0, OTHERS,
	"list your contacts", "One line for each contact, and their state.",
	"touchstone contact list"},
    {"contact show", cmd_contact_show, "CONTACT", ARG_CONTACT, 1, 1, ANY, 0,
	OTHERS, "show one contact: state, tokens, alerts",
	"CONTACT is a label; the part before the @ will do if only one of your "
	"contacts has it.",
	"touchstone contact show bob"},
    {"contact remove", cmd_contact_remove, "CONTACT", ARG_CONTACT, 1, 1,
	ANY | OPT(YES), 0, OTHERS, "forget a contact and their verification",
	"Their keys are no longer given out and their record is no longer "
	"watched.",
	"touchstone contact remove bob"},
    {"contact hello", cmd_contact_hello, "LABEL", ARG_NONE, 1, 1, ANY, 0,
	OTHERS, "tell somebody that you would like to be their contact",
	"Leaves your label in the directory's mailbox for the owner of LABEL, "
	"for a week. It is a hint and no more: anybody can leave any label.",
	"touchstone contact hello bob@example.org"},
    {"contact requests", cmd_contact_requests, "", ARG_NONE, 0, 0, ANY, 0,
	OTHERS, "list who would like to be your contact",
	"Labels that were left for you in the directory's mailbox. Nobody "
	"vouches for them: add one if you know it, and verify it.",
	"touchstone contact requests"},
    {"verify", cmd_verify, "CONTACT", ARG_CONTACT, 1, 1,
	ANY | PIN | OPT(LIVE) | OPT(PASTE) | OPT(ON_COMPUTER) | OPT(CODE) |
	    OPT(PAIR) | OPT(QR) | OPT(NO_QR) | OPT(LAST_TRY),
	0, OTHERS, "compare a code with a contact, once and for all",
	"Walks you through it: by a live code while you talk, by a public code "
	"from a place you trust, by QR code, or by pair number. It ends with a "
	"touch: your token signs that this identity is theirs. Later changes "
	"that their tokens sign need no new comparison.\n"
	"An option goes straight to that way. --live is the safest: it holds "
	"even against somebody who controls the directory and the chat, as "
	"long as you know the voice. Both of you run it at the same time; the "
	"directory's mailbox carries the texts, or you do, with --paste.\n"
	"A token with Touchstone firmware shows the live code itself, and only "
	"its touch confirms it: then it holds against malware on this computer "
	"too. --on-computer shows the code here instead; such a token does not "
	"confirm it.",
	"touchstone verify bob\ntouchstone verify bob --live\n"
	"touchstone verify bob --code touch1qqqsyqc...\n"
	"zbarimg --raw -q photo.png | touchstone verify bob --qr -"},
    {"keys", cmd_keys, "CONTACT", ARG_CONTACT, 1, 1, ANY | OPT(APP), OPT(APP),
	OTHERS, "print a verified contact's keys for a program",
	"Prints one key a line, ready for the app's own file, and nothing "
	"else. "
	"If the contact is not verified or an alert blocks them it prints "
	"nothing, says why on standard error and exits 3.",
	"touchstone keys bob --app ssh >> ~/.ssh/authorized_keys\n"
	"touchstone keys bob --app age | age -R - -o secret.age secret.txt"},
    {"allowed-signers", cmd_allowed_signers, "", ARG_NONE, 0, 0, ANY, 0, OTHERS,
	"print a file that git and ssh-keygen accept",
	"One line for each verified contact's ssh keys and for your own, in "
	"the "
	"format of ALLOWED SIGNERS in ssh-keygen(1).",
	"touchstone allowed-signers > ~/.config/git/allowed_signers"},
    {"refresh", cmd_refresh, "[CONTACT]", ARG_CONTACT, 0, 1, ANY, 0, OTHERS,
	"look at the directory now",
	"The agent does this by itself every few minutes. Without CONTACT it "
	"looks at all contacts and at your own record.",
	"touchstone refresh bob"},
    {"alerts", cmd_alerts, "", ARG_NONE, 0, 0,
	ANY | OPT(ALL) | OPT(CLOSE) | OPT(PROOF) | OPT(OUT) | OPT(YES), 0,
	OTHERS, "what happened, how bad it is, what to do",
	"Levels are news, warning and stop. A contact with an open alert of "
	"level stop is blocked until you close it.\n"
	"--proof writes what was kept as evidence: both sides of a "
	"contradiction, signed by who made it. Anybody can check it.",
	"touchstone alerts\ntouchstone alerts --close 3\n"
	"touchstone alerts --proof 3 --out evidence/"},

    {"token list", cmd_token_list, "", ARG_NONE, 0, 0, ANY, 0, TOKENS,
	"list tokens: plugged in, and of your identity",
	"Shows the name by which each plugged-in token is given to other "
	"verbs.",
	"touchstone token list"},
    {"token info", cmd_token_info, "[TOKEN]", ARG_TOKEN, 0, 1, ANY | OPT(TOKEN),
	0, TOKENS, "show what a token is and can do",
	"Shows product, versions, PIN state and room for keys. For a token "
	"with "
	"Touchstone firmware also its image (the SHA-256 of that firmware), "
	"and "
	"where it can show a live code. Of a card: its applications, the tries "
	"that their PINs have left, and the keys that are on it.",
	"touchstone token info fido:/dev/hidraw3\ntouchstone token info card:"},
    {"token attest", cmd_token_attest, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | OPT(TOKEN) | OPT(OUT), 0, TOKENS,
	"have a token sign what it is and what firmware it runs",
	"For tokens with Touchstone firmware. The token signs a fresh "
	"challenge "
	"with its device key, after a touch. It is compared with what it said "
	"when its key was made: another device key means another token, "
	"another "
	"image other firmware.\n"
	"With --out, stock ssh-keygen can judge the signature.",
	"touchstone token attest\ntouchstone token attest --out attested/"},
    {"token forget", cmd_token_forget, "KEY", ARG_NAME, 1, 1,
	ANY | PIN | OPT(YES), 0, TOKENS, "erase one unused key from its token",
	"For tokens with Touchstone firmware. KEY is the name or id of a token "
	"key that was retired, or that no statement ever listed; one that is "
	"in "
	"use is refused. Needs the PIN and a touch of 5 seconds.",
	"touchstone token forget old-daily"},
    {"token enrol", cmd_token_enrol, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | PIN | CARD | OPT(NAME) | OPT(ROLE) | OPT(ALGORITHM), OPT(NAME),
	TOKENS, "add another token to your identity",
	"Makes a key on the new token. Then `touchstone sign` with a token you "
	"already have admits it. For smartcards see `touchstone help token "
	"provision`.\n"
	"A recovery token signs nothing but a recovery: keep it far away.",
	"touchstone token enrol --name spare\n"
	"touchstone token enrol --name vault --role recovery"},
    {"token retire", cmd_token_retire, "NAME", ARG_NAME, 1, 1, ANY | OPT(YES),
	0, TOKENS, "remove a lost or worn token from your identity",
	"Sign the change with another of your tokens. Contacts stay verified.",
	"touchstone token retire daily && touchstone sign --token backup"},
    {"token pin", cmd_token_pin, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | PIN | OPT(NEW_PIN_FD) | OPT(APPLET) | OPT(LAST_TRY), 0, TOKENS,
	"set or change a token's PIN",
	"4 to 63 bytes; letters are allowed. After 8 wrong PINs in a row the "
	"token blocks itself and only a reset helps.\n"
	"Each application of a card has a PIN of its own: of PIV 6 to 8 digits "
	"or letters, of OpenPGP at least 6. They block after 3 wrong ones, and "
	"`touchstone token unblock` helps.",
	"touchstone token pin\ntouchstone token pin card: --applet piv"},
    {"token unblock", cmd_token_unblock, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | OPT(TOKEN) | OPT(PUK_FD) | OPT(NEW_PIN_FD) | OPT(APPLET) |
	    OPT(LAST_TRY),
	0, TOKENS, "give a card a new PIN when the old one is blocked",
	"Needs the PUK of PIV, or the admin PIN or the resetting code of "
	"OpenPGP. These block, too, after some wrong ones; then only a reset "
	"of that application helps, which erases its keys.",
	"touchstone token unblock card: --applet piv"},
    {"token reset", cmd_token_reset, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | OPT(TOKEN) | OPT(YES), 0, TOKENS, "erase a token",
	"Erases every key and passkey on the token, for all web sites too, and "
	"its PIN. Tokens allow it only in the first 10 seconds after they are "
	"plugged in, with a touch; those with Touchstone firmware want it held "
	"for 5 seconds.",
	"touchstone token reset fido:/dev/hidraw3"},
    {"token wink", cmd_token_wink, "[TOKEN]", ARG_TOKEN, 0, 1, ANY | OPT(TOKEN),
	0, TOKENS, "let a token blink, to tell it from others",
	"Not every token can.", "touchstone token wink fido:/dev/hidraw3"},
    {"recover", cmd_recover, "[TOKEN]", ARG_TOKEN, 0, 1,
	ANY | PIN | CARD | OPT(NAME) | OPT(ALGORITHM), OPT(NAME), TOKENS,
	"replace all tokens, with the recovery token",
	"For when every signing token is lost. TOKEN is the new token. Then "
	"`touchstone sign` with the recovery token publishes the recovery. It "
	"takes effect after the time-lock (72 hours unless you chose "
	"otherwise); until then any of the old tokens can veto it.",
	"touchstone recover --name new && touchstone sign --token vault"},
    {"veto", cmd_veto, "", ARG_NONE, 0, 0, ANY, 0, TOKENS,
	"stop a recovery of your identity",
	"Use it when you did not start the recovery. Sign it with any of your "
	"tokens.",
	"touchstone veto && touchstone sign"},

    {"verification", cmd_verification, "on|off", ARG_ON_OFF, 1, 1,
	ANY | OPT(YES), 0, RULES, "insist that every key of yours is signed",
	"On: contacts may refuse any key of yours that no token signed. It is "
	"refused while a listed device is too old to check signatures; those "
	"devices are named. Turning it off alerts every contact.",
	"touchstone verification on && touchstone sign"},
    {"policy", cmd_policy, "", ARG_NONE, 0, 0,
	ANY | OPT(THRESHOLD) | OPT(TIMELOCK), OPT(THRESHOLD), RULES,
	"how many tokens must sign; how long a recovery waits",
	"New identities have threshold 1 and a time-lock of 72 hours. Without "
	"--timelock that stays as it is.",
	"touchstone policy --threshold 2 --timelock 168"},
    {"lockdown", cmd_lockdown, "on|off", ARG_ON_OFF, 1, 1, ANY, 0, RULES,
	"only the strictest: for when you are under attack",
	"On: keys of verified contacts only, nothing is signed without your "
	"asking, and only keys that were signed with PIN and touch count.",
	"touchstone lockdown on"},

    {"directory show", cmd_directory_show, "", ARG_NONE, 0, 0, ANY, 0, MORE,
	"the directory, its log, and who watches it",
	"The log's last checkpoint is the one that your agent accepted: what "
	"it shows later must contain it.",
	"touchstone directory show"},
    {"directory set", cmd_directory_set, "DIR", ARG_FOLDER, 1, 1,
	ANY | OPT(POLICY) | OPT(YES), 0, MORE,
	"use another directory, or another policy",
	"DIR is an address (https://...) or a folder. A directory on the "
	"network keeps a log. The policy says whose log it is, and which "
	"witnesses have to have seen it before you believe it; take it from "
	"somebody you trust. Without --policy you are shown the one that the "
	"directory offers.\n"
	"Your history is brought there by `touchstone publish`. Contacts stay "
	"verified; you hear of their changes once they publish there, too.",
	"touchstone directory set https://dir.example.org\n"
	"touchstone directory set https://dir.example.org --policy "
	"friends.txt"},
    {"directory policy", cmd_directory_policy, "", ARG_NONE, 0, 0, ANY, 0, MORE,
	"print the policy you use, to hand it on",
	"Somebody who takes it from you need not trust what the directory "
	"offers them.",
	"touchstone directory policy > friends.txt"},
    {"log proof", cmd_log_proof, "LABEL", ARG_NONE, 1, 1, ANY, 0, MORE,
	"print a proof of what the directory says of a label now",
	"The file holds the whole record, its place in the log, that it is the "
	"latest, and the witnesses' signatures. It can be checked without a "
	"network, by anybody with the policy.",
	"touchstone log proof bob@example.org > bob.tlog-proof"},
    {"log verify", cmd_log_verify, "FILE", ARG_FILE, 1, 1, ANY | OPT(POLICY), 0,
	MORE, "check a proof file, without any network",
	"Judged by --policy, or by the policy of your own directory.",
	"touchstone log verify bob.tlog-proof\n"
	"touchstone log verify bob.tlog-proof --policy friends.txt"},
    {"export", cmd_export, "[FOLDER]", ARG_FOLDER, 0, 1, ANY, 0, MORE,
	"write out all you signed, for ssh-keygen to check",
	"FOLDER is made if it is not there, and must be empty. Each statement "
	"becomes "
	"NAME.stmt and NAME.sig (more signers: NAME.2.sig ...), beside the "
	"file "
	"allowed_signers. With --json and no FOLDER it all goes to standard "
	"output.",
	"touchstone export signed/\n"
	"ssh-keygen -Y verify -f signed/allowed_signers -I alice@example.org "
	"\\\n"
	"    -n statement.v1@touchstone -s signed/0000-genesis.sig \\\n"
	"    < signed/0000-genesis.stmt"},
    {"watch", cmd_watch, "", ARG_NONE, 0, 0, ANY, 0, MORE,
	"print events until interrupted",
	"A line for each token that is plugged or pulled, each alert and each "
	"change. With --json, one object a line.",
	"touchstone watch --json | while read -r event; do ...; done"},
    {"agent start", cmd_agent_start, "", ARG_NONE, 0, 0, ANY, 0, MORE,
	"start the agent (other verbs do so when needed)",
	"The agent watches your contacts' records as long as it runs.",
	"touchstone agent start"},
    {"agent stop", cmd_agent_stop, "", ARG_NONE, 0, 0, ANY, 0, MORE,
	"end the agent once its running operations are done",
	"Until it is started again nobody watches your contacts' records.",
	"touchstone agent stop"},
    {"help", cmd_help, "[VERB]", ARG_VERB, 0, 2, ANY, 0, MORE, "explain a verb",
	"The same as `touchstone VERB --help`.", "touchstone help verify"},
    {"__complete", cmd_complete, "[WORD...]", ARG_NONE, 0, 256, 0, 0, NULL, "",
	"", ""},
};

const size_t verb_cnt = sizeof(verb_table) / sizeof(verb_table[0]);

const struct verb *
verb_find(size_t *used, const char *const *words, size_t cnt)
{
	size_t i, len;
	const char *name;

	for (i = 0; i < verb_cnt && cnt > 0; i++) {
		name = verb_table[i].name;
		len = strcspn(name, " ");
		if (strlen(words[0]) != len ||
		    strncmp(words[0], name, len) != 0)
			continue;
		*used = name[len] == ' ' ? 2 : 1;
		if (*used == 1 ||
		    (cnt > 1 && strcmp(words[1], name + len + 1) == 0))
			return &verb_table[i];
	}
	return NULL;
}

bool
verb_is_family(const char *word)
{
	size_t i, len = strlen(word);

	for (i = 0; i < verb_cnt; i++)
		if (strncmp(verb_table[i].name, word, len) == 0 &&
		    verb_table[i].name[len] == ' ')
			return true;
	return false;
}

#define GUESS_MAX 24

/*
 * Damerau's distance: least number of letters to insert, drop, change or swap
 * with their neighbour (without touching a pair twice).
 */
static size_t
distance(const char *a, const char *b)
{
	size_t d[GUESS_MAX + 1][GUESS_MAX + 1];
	size_t la = strlen(a), lb = strlen(b), i, j, best;

	if (la > GUESS_MAX || lb > GUESS_MAX)
		return SIZE_MAX;
	for (i = 0; i <= la; i++)
		d[i][0] = i;
	for (j = 0; j <= lb; j++)
		d[0][j] = j;
	for (i = 1; i <= la; i++)
		for (j = 1; j <= lb; j++) {
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[la][lb];
}

const struct verb *
verb_guess(const char *word)
{
	const struct verb *best = NULL;
	size_t i, n, limit = strlen(word) / 3 + 1;

	for (i = 0; i < verb_cnt; i++) {
		if (verb_table[i].group == NULL)
			continue;
		n = distance(word, verb_table[i].name);
		if (n <= limit) {
			best = &verb_table[i];
			limit = n - (n > 0);
		}
	}
	return best;
}
