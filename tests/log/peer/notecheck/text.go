// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const proofHeader = "c2sp.org/tlog-proof@v1"

var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// A proof is the text of c2sp.org/tlog-proof@v1, taken apart.
type proof struct {
	index      int64
	hashes     []tlog.Hash
	checkpoint string
}

// openCheckpoint accepts a checkpoint that the log itself has signed; who else
// did does not matter here.
func openCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	n, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(strings.TrimSuffix(n.Text, "\n"), "\n")
	if len(lines) < 3 {
		return tlog.Tree{}, errors.New("checkpoint: less than three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint: origin is %q, the key's %q",
			lines[0], verifier.Name())
	}
	for _, line := range lines {
		if line == "" {
			return tlog.Tree{}, errors.New("checkpoint: empty line")
		}
	}
	size, err := parseNumber(lines[1])
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: root: %w", err)
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

func parseProof(text string) (*proof, error) {
	header, text, _ := strings.Cut(text, "\n")
	if header != proofHeader {
		return nil, fmt.Errorf("first line is not %s", proofHeader)
	}
	line, text, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(line, "extra ") {
		extra := strings.TrimPrefix(line, "extra ")
		if _, err := base64.StdEncoding.Strict().DecodeString(extra); err != nil {
			return nil, fmt.Errorf("extra: %w", err)
		}
		line, text, _ = strings.Cut(text, "\n")
	}
	if !strings.HasPrefix(line, "index ") {
		return nil, fmt.Errorf("%q where the index should be", line)
	}
	index, err := parseNumber(strings.TrimPrefix(line, "index "))
	if err != nil {
		return nil, err
	}
	hashes, text, err := parseHashes(text)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text, "\n") {
		return nil, errors.New("no empty line after the hashes")
	}
	return &proof{index, hashes, text[1:]}, nil
}

// parseHashes reads one a line until an empty line or the end.
func parseHashes(text string) (hashes []tlog.Hash, rest string, err error) {
	for text != "" && text[0] != '\n' {
		line, after, ended := strings.Cut(text, "\n")
		h, err := tlog.ParseHash(line)
		if err != nil || !ended || line != h.String() {
			return nil, "", fmt.Errorf("%q is not a hash and its newline", line)
		}
		hashes, text = append(hashes, h), after
	}
	return hashes, text, nil
}
