// SPDX-License-Identifier: BSD-2-Clause

// Command notecheck reads a log as anyone may who has only its folder and its
// key.  All hashes, proofs and signatures are checked by golang.org/x/mod/sumdb,
// which Go's own checksum database uses; here is only what C2SP does differently:
// the paths, the entry bundles and the text around a proof.
package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const usage = `usage: notecheck DIR VKEY [OPTION...]

  --inclusion FILE --leaf HEX      a proof that the entry is in the log
  --consistency SIZE ROOT FILE     a proof, from that older tree to this one

DIR is the log's folder, or - for none: then only the proof is looked at, and
--consistency leads to its checkpoint.
`

type options struct {
	dir, vkey        string
	inclusion, leaf  string
	hasLeaf          bool
	oldSize, oldRoot string
	consistency      string
}

func main() {
	o, ok := parse(os.Args[1:])
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	line, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "notecheck:", err)
		os.Exit(1)
	}
	fmt.Println(line)
}

func parse(args []string) (o options, ok bool) {
	if len(args) < 2 {
		return o, false
	}
	o.dir, o.vkey = args[0], args[1]
	for args = args[2:]; len(args) > 0; {
		switch {
		case args[0] == "--inclusion" && len(args) > 1:
			o.inclusion, args = args[1], args[2:]
		case args[0] == "--leaf" && len(args) > 1:
			o.leaf, o.hasLeaf, args = args[1], true, args[2:]
		case args[0] == "--consistency" && len(args) > 3:
			o.oldSize, o.oldRoot, o.consistency = args[1], args[2], args[3]
			args = args[4:]
		default:
			return o, false
		}
	}
	return o, o.hasLeaf == (o.inclusion != "") &&
		(o.dir != "-" || o.inclusion != "")
}

// run returns one line that says what was checked.
func run(o options) (string, error) {
	verifier, err := note.NewVerifier(o.vkey)
	if err != nil {
		return "", fmt.Errorf("key: %w", err)
	}

	var tree tlog.Tree
	var log *folder
	line := "ok:"
	if o.dir != "-" {
		if log, err = openFolder(o.dir, verifier); err != nil {
			return "", err
		}
		if err = log.check(); err != nil {
			return "", err
		}
		tree = log.tree
		line += fmt.Sprintf(" size %d root %v, %d files, %d beyond it",
			tree.N, tree.Hash, log.files, log.beyond)
	}

	if o.inclusion != "" {
		index, at, err := checkInclusion(o.inclusion, o.leaf, verifier)
		if err != nil {
			return "", fmt.Errorf("inclusion: %w", err)
		}
		if log == nil {
			tree = at
		} else if err := log.contains(at); err != nil {
			return "", fmt.Errorf("inclusion: %w", err)
		}
		line += fmt.Sprintf(" inclusion of %d in %d", index, at.N)
	}

	if o.consistency != "" {
		if err := checkConsistency(o, tree); err != nil {
			return "", fmt.Errorf("consistency: %w", err)
		}
		line += fmt.Sprintf(" consistency of %s with %d", o.oldSize, tree.N)
	}
	return line, nil
}

func checkInclusion(path, leaf string, verifier note.Verifier) (int64, tlog.Tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, tlog.Tree{}, err
	}
	entry, err := hex.DecodeString(leaf)
	if err != nil {
		return 0, tlog.Tree{}, fmt.Errorf("leaf: %w", err)
	}
	p, err := parseProof(string(text))
	if err != nil {
		return 0, tlog.Tree{}, err
	}
	tree, err := openCheckpoint([]byte(p.checkpoint), verifier)
	if err != nil {
		return 0, tlog.Tree{}, err
	}
	if p.index >= tree.N {
		return 0, tlog.Tree{}, fmt.Errorf("index %d is not in a log of %d",
			p.index, tree.N)
	}
	return p.index, tree, tlog.CheckRecord(p.hashes, tree.N, tree.Hash,
		p.index, tlog.RecordHash(entry))
}

func checkConsistency(o options, tree tlog.Tree) error {
	size, err := parseNumber(o.oldSize)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(o.oldRoot)
	if err != nil {
		return fmt.Errorf("old root: %w", err)
	}
	text, err := os.ReadFile(o.consistency)
	if err != nil {
		return err
	}
	hashes, rest, err := parseHashes(string(text))
	if err != nil {
		return err
	}
	if rest != "" {
		return fmt.Errorf("text after the hashes")
	}
	if size > tree.N {
		return fmt.Errorf("old size %d is above %d", size, tree.N)
	}
	// The library has no proof from the empty tree: nothing is in it.
	if size == 0 {
		if len(hashes) != 0 || root != emptyRoot {
			return fmt.Errorf("not the proof of an empty tree")
		}
		return nil
	}
	return tlog.CheckTree(hashes, tree.N, tree.Hash, size, root)
}

// parseNumber reads a size or an index: decimal, no sign, no leading zero.
func parseNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || s != strconv.FormatInt(n, 10) {
		return 0, fmt.Errorf("%q is not a size", s)
	}
	return n, nil
}
