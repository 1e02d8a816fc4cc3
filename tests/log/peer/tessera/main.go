// SPDX-License-Identifier: BSD-2-Clause

// Command tesserabench appends entries to a new log of Tessera's POSIX driver,
// which syncs every file and folder that it writes, and prints what that took.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	entryLen = 64
	poll     = 10 * time.Millisecond
	patience = 10 * time.Minute
)

type result struct {
	Entries   int     `json:"entries"`
	Seconds   float64 `json:"seconds"`           // until all are durable
	Published float64 `json:"published_seconds"` // and under a checkpoint
	PerSecond float64 `json:"entries_per_second"`
	Bytes     int64   `json:"bytes"` // lengths of all files
	Disk      int64   `json:"disk_bytes"`
	Files     int     `json:"files"`
	BatchSize uint    `json:"batch_size"`
	BatchAge  string  `json:"batch_age"`
	Vkey      string  `json:"vkey"`
}

func main() {
	dir := flag.String("dir", "", "folder of the new log; must not exist")
	entries := flag.Int("entries", 10000, "how many entries to append")
	size := flag.Uint("batch-size", 256, "entries that are written at once")
	age := flag.Duration("batch-age", 100*time.Millisecond,
		"how long an entry waits for others")
	interval := flag.Duration("checkpoint-interval", 100*time.Millisecond,
		"time between two checkpoints, at least 100ms")
	flag.Parse()
	if *dir == "" || *entries < 1 || *size < 1 || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}

	r, err := run(*dir, *entries, *size, *age, *interval)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tesserabench:", err)
		os.Exit(1)
	}
	out, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(out))
}

func run(dir string, entries int, size uint, age, interval time.Duration) (*result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, "example.com/log")
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return nil, err
	}
	// The driver refuses more than so many entries in flight; here all are.
	opts := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(interval).
		WithBatching(size, age).
		WithPushback(uint(entries) + 1)
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, opts)
	if err != nil {
		return nil, err
	}

	start := time.Now()
	if err := appendAll(ctx, appender, entries); err != nil {
		return nil, err
	}
	durable := time.Since(start)
	if err := published(ctx, reader, entries); err != nil {
		return nil, err
	}
	covered := time.Since(start)
	if err := shutdown(ctx); err != nil {
		return nil, err
	}

	r := &result{
		Entries:   entries,
		Seconds:   durable.Seconds(),
		Published: covered.Seconds(),
		PerSecond: float64(entries) / durable.Seconds(),
		BatchSize: size,
		BatchAge:  age.String(),
		Vkey:      vkey,
	}
	return r, r.measure(dir)
}

// appendAll returns when the driver has said of every entry that it is written.
// Each begins with its number, so that no two are alike.
func appendAll(ctx context.Context, appender *tessera.Appender, entries int) error {
	futures := make([]tessera.IndexFuture, entries)
	for i := range futures {
		leaf := make([]byte, entryLen)
		binary.BigEndian.PutUint64(leaf, uint64(i))
		futures[i] = appender.Add(ctx, tessera.NewEntry(leaf))
	}
	for i, future := range futures {
		index, err := future()
		if err != nil {
			return err
		}
		if index.Index != uint64(i) {
			return fmt.Errorf("entry %d has index %d", i, index.Index)
		}
	}
	return nil
}

// published waits for a checkpoint of all entries.
func published(ctx context.Context, reader tessera.LogReader, entries int) error {
	want := []byte(strconv.Itoa(entries))
	for {
		checkpoint, err := reader.ReadCheckpoint(ctx)
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		lines := bytes.SplitN(checkpoint, []byte("\n"), 3)
		if len(lines) == 3 && bytes.Equal(lines[1], want) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}

func (r *result) measure(dir string) error {
	return filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		r.Disk += info.Sys().(*syscall.Stat_t).Blocks * 512
		if !d.IsDir() {
			r.Bytes += info.Size()
			r.Files++
		}
		return nil
	})
}
