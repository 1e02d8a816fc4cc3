/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: bench_card ROUNDS HELPER NAME READER REQUEST SECRET SCRIPT ...
 *
 * What a signature by a card costs beyond the card.  Each NAME is a kind of
 * signature: REQUEST is a file with the frame that a fresh HELPER gets, SECRET
 * the PIN or "-" for none, SCRIPT a file with the commands that such a helper
 * was seen to send, in hex, one a line.  A round replays them on a connection
 * of its own (raw: the sum of all SCardTransmit; session: from the context to
 * its release) and has a helper do the same (helper).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <winscard.h>

#include "bench.h"
#include "token/client.h"

#define KIND_MAX_CNT 4
#define COMMAND_MAX_CNT 64
#define COMMAND_MAX 4096
#define LINE_MAX_LEN (2 * COMMAND_MAX + 2)
#define ARGS_BEFORE 3
#define ARGS_PER_KIND 5
#define FD_HIGH 20
#define RESULT_MIN 9 /* frame length, version, id, request, error */

struct command {
	size_t len;
	uint8_t bytes[COMMAND_MAX];
};

struct kind {
	const char *reader, *secret;
	uint8_t request[TS_TOKEN_FRAME_MAX];
	size_t request_len;
	struct command command[COMMAND_MAX_CNT];
	size_t command_cnt;
	char name[4][64];
	struct bench_samples raw, session, helper, ratio;
};

static struct kind kind[KIND_MAX_CNT];
static const char *helper;

/* --- What to do ----------------------------------------------------------- */

static uint8_t
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c);

	bench_need(c != '\0' && at != NULL, "a script is not hex");
	return (uint8_t)(at - digits);
}

static void
read_script(struct kind *k, const char *path)
{
	static char line[LINE_MAX_LEN];
	struct command *cmd;
	FILE *f = fopen(path, "r");
	size_t i;

	bench_need(f != NULL, path);
	while (fgets(line, sizeof(line), f) != NULL) {
		bench_need(k->command_cnt < COMMAND_MAX_CNT, "a long script");
		cmd = &k->command[k->command_cnt++];
		cmd->len = strcspn(line, "\n") / 2;
		for (i = 0; i < cmd->len; i++)
			cmd->bytes[i] = (uint8_t)(hex_digit(line[2 * i]) << 4 |
			    hex_digit(line[2 * i + 1]));
	}
	(void)fclose(f);
	bench_need(k->command_cnt > 0, "an empty script");
}

static void
name_figure(struct bench_samples *samples, char *room, size_t len,
    const char *what, const char *name)
{
	(void)snprintf(room, len, "card.%s.%s", what, name);
	bench_init(samples, room);
}

static void
read_kind(struct kind *k, char **argv)
{
	FILE *f = fopen(argv[2], "rb");

	bench_need(f != NULL, argv[2]);
	k->request_len = fread(k->request, 1, sizeof(k->request), f);
	(void)fclose(f);
	k->reader = argv[1];
	k->secret = strcmp(argv[3], "-") == 0 ? NULL : argv[3];
	read_script(k, argv[4]);
	name_figure(&k->raw, k->name[0], sizeof(k->name[0]), "raw", argv[0]);
	name_figure(&k->session, k->name[1], sizeof(k->name[1]), "session",
	    argv[0]);
	name_figure(&k->helper, k->name[2], sizeof(k->name[2]), "helper",
	    argv[0]);
	name_figure(&k->ratio, k->name[3], sizeof(k->name[3]), "ratio",
	    argv[0]);
}

/* --- The commands alone --------------------------------------------------- */

static void
pcsc_need(LONG status, const char *what)
{
	if (status != SCARD_S_SUCCESS)
		(void)fprintf(stderr, "bench: %s\n",
		    pcsc_stringify_error(status));
	bench_need(status == SCARD_S_SUCCESS, what);
}

static double
replay(SCARDHANDLE card, const struct kind *k)
{
	uint8_t answer[MAX_BUFFER_SIZE_EXTENDED];
	double start, sum = 0;
	DWORD len;
	size_t i;

	for (i = 0; i < k->command_cnt; i++) {
		len = sizeof(answer);
		start = bench_now();
		pcsc_need(SCardTransmit(card, SCARD_PCI_T1, k->command[i].bytes,
			      k->command[i].len, NULL, answer, &len),
		    "SCardTransmit");
		sum += bench_now() - start;
		bench_need(len >= 2, "no status word");
	}
	/* The signature: a refused one takes no time. */
	bench_need(len > 2 && answer[len - 2] == 0x90 && answer[len - 1] == 0,
	    "the card refuses what it did before");
	return sum;
}

static void
replay_alone(struct kind *k)
{
	SCARDCONTEXT context;
	SCARDHANDLE card;
	DWORD protocol;
	double start = bench_now();

	pcsc_need(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
		      &context),
	    "SCardEstablishContext");
	pcsc_need(SCardConnect(context, k->reader, SCARD_SHARE_SHARED,
		      SCARD_PROTOCOL_T1, &card, &protocol),
	    "SCardConnect");
	pcsc_need(SCardBeginTransaction(card), "SCardBeginTransaction");
	bench_add(&k->raw, replay(card, k));
	pcsc_need(SCardEndTransaction(card, SCARD_LEAVE_CARD), "end");
	pcsc_need(SCardDisconnect(card, SCARD_LEAVE_CARD), "SCardDisconnect");
	pcsc_need(SCardReleaseContext(context), "SCardReleaseContext");
	(void)bench_lap(&k->session, start);
}

/* --- By a fresh helper ---------------------------------------------------- */

static int
high(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_HIGH);

	bench_need(moved >= 0, "no descriptor");
	(void)close(fd);
	return moved;
}

static int
secret_pipe(const char *secret)
{
	int fd[2];

	if (secret == NULL)
		return -1;
	bench_need(pipe2(fd, O_CLOEXEC) == 0 &&
		write(fd[1], secret, strlen(secret)) == (ssize_t)strlen(secret),
	    "no pipe");
	(void)close(fd[1]);
	return high(fd[0]);
}

/* Everything up to the end; the last frame is the RESULT. */
static void
listen_to(int fd)
{
	static uint8_t said[2 * TS_TOKEN_FRAME_MAX];
	size_t len = 0, at = 0, next = 0;
	ssize_t n;

	while ((n = read(fd, said + len, sizeof(said) - len)) > 0)
		len += (size_t)n;
	while (next + 4 <= len) {
		at = next;
		next += 4 + ((size_t)said[at + 2] << 8 | (size_t)said[at + 3]);
	}
	bench_need(next == len && len - at >= RESULT_MIN &&
		said[at + 5] == TS_TOKEN_MSG_RESULT,
	    "the helper says nothing");
	if (said[at + 7] != 0 || said[at + 8] != 0)
		(void)fprintf(stderr, "bench: helper error %d\n",
		    said[at + 7] << 8 | said[at + 8]);
	bench_need(said[at + 7] == 0 && said[at + 8] == 0, "the helper failed");
}

static void
run_helper(struct kind *k)
{
	struct ts_token_fds fds = {-1, secret_pipe(k->secret), -1};
	double start = bench_now();
	char mode[] = "--card";
	int pair[2], status = -1;
	pid_t pid = -1;

	bench_need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ==
		0,
	    "no sockets");
	pair[1] = high(pair[1]);
	bench_need(ts_token_spawn(&pid, helper, mode, pair[1], &fds) == TS_OK,
	    "the helper does not start");
	(void)close(pair[1]);
	if (fds.pin >= 0)
		(void)close(fds.pin);
	bench_need(write(pair[0], k->request, k->request_len) ==
		(ssize_t)k->request_len,
	    "the helper takes no request");
	listen_to(pair[0]);
	(void)close(pair[0]);
	bench_need(waitpid(pid, &status, 0) == pid && status == 0, helper);
	(void)bench_lap(&k->helper, start);
}

/* -------------------------------------------------------------------------- */

static double
last(const struct bench_samples *samples)
{
	return samples->us[samples->cnt - 1];
}

static void
report(struct kind *k)
{
	bench_report(&k->raw, "us");
	bench_report(&k->session, "us");
	bench_report(&k->helper, "us");
	bench_report(&k->ratio, "ratio");
}

int
main(int argc, char **argv)
{
	size_t i, n, rounds, cnt = (size_t)(argc - ARGS_BEFORE) / ARGS_PER_KIND;

	bench_need(argc > ARGS_BEFORE &&
		(argc - ARGS_BEFORE) % ARGS_PER_KIND == 0 &&
		cnt <= KIND_MAX_CNT,
	    "usage: bench_card ROUNDS HELPER"
	    " NAME READER REQUEST SECRET SCRIPT ...");
	rounds = bench_number(argv[1]);
	helper = argv[2];
	for (i = 0; i < cnt; i++)
		read_kind(&kind[i], argv + ARGS_BEFORE + i * ARGS_PER_KIND);
	for (n = 0; n < rounds; n++) {
		for (i = 0; i < cnt; i++) {
			replay_alone(&kind[i]);
			run_helper(&kind[i]);
			bench_add(&kind[i].ratio,
			    last(&kind[i].helper) / last(&kind[i].raw));
		}
	}
	for (i = 0; i < cnt; i++)
		report(&kind[i]);
	return EXIT_SUCCESS;
}
