// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.com/log"

// A rig is a log that the library makes: all its hashes and its key.
type rig struct {
	t      *testing.T
	signer note.Signer
	vkey   string
	stored []tlog.Hash
	size   int64
}

func newRig(t *testing.T, size int64) *rig {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	must(t, err)
	signer, err := note.NewSigner(skey)
	must(t, err)
	r := &rig{t: t, signer: signer, vkey: vkey, size: size}
	for n := int64(0); n < size; n++ {
		hashes, err := tlog.StoredHashes(n, entry(n), r)
		must(t, err)
		r.stored = append(r.stored, hashes...)
	}
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		list[i] = r.stored[x]
	}
	return list, nil
}

// entry makes them of several lengths, the first empty.
func entry(n int64) []byte {
	return []byte(strings.Repeat("x", int(n%7)) + fmt.Sprint(n))[:n%9]
}

func (r *rig) root(size int64) tlog.Hash {
	if size == 0 {
		return emptyRoot
	}
	h, err := tlog.TreeHash(size, r)
	must(r.t, err)
	return h
}

func (r *rig) checkpoint(size int64) string {
	return r.sign(fmt.Sprintf("%s\n%d\n%v\n", origin, size, r.root(size)))
}

func (r *rig) sign(text string) string {
	signed, err := note.Sign(&note.Note{Text: text}, r.signer)
	must(r.t, err)
	return string(signed)
}

func (r *rig) write(dir, name string, content []byte) {
	name = filepath.Join(dir, name)
	must(r.t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(r.t, os.WriteFile(name, content, 0o644))
}

func bundle(first int64, count int) []byte {
	var content []byte
	for n := first; n < first+int64(count); n++ {
		leaf := entry(n)
		content = append(content, 0, byte(len(leaf)))
		content = append(content, leaf...)
	}
	return content
}

// folder writes what a tree of that size needs.
func (r *rig) folder(size int64) string {
	dir := r.t.TempDir()
	r.write(dir, "checkpoint", []byte(r.checkpoint(size)))
	f := folder{tree: tlog.Tree{N: size}}
	for level := 0; size>>uint(level*height) > 0; level++ {
		for _, t := range f.tiles(level) {
			content, err := tlog.ReadTileData(t, r)
			must(r.t, err)
			r.write(dir, path(t), content)
		}
	}
	for _, t := range f.tiles(data) {
		r.write(dir, path(t), bundle(t.N*width, t.W))
	}
	return dir
}

func (r *rig) accepts(o options) {
	r.t.Helper()
	if _, err := run(o); err != nil {
		r.t.Errorf("%+v: %v", o, err)
	}
}

func (r *rig) refuses(o options, why string) {
	r.t.Helper()
	_, err := run(o)
	if err == nil || !strings.Contains(err.Error(), why) {
		r.t.Errorf("%+v: %v; want %q", o, err, why)
	}
}

func TestPaths(t *testing.T) {
	for name, tile := range map[string]tlog.Tile{
		"tile/0/000":                  {H: 8, L: 0, N: 0, W: 256},
		"tile/0/000.p/5":              {H: 8, L: 0, N: 0, W: 5},
		"tile/1/x001/234.p/255":       {H: 8, L: 1, N: 1234, W: 255},
		"tile/entries/x001/x234/067":  {H: 8, L: data, N: 1234067, W: 256},
		"tile/entries/x001/067.p/128": {H: 8, L: data, N: 1067, W: 128},
		"tile/8/000":                  {H: 8, L: 8, N: 0, W: 256},
	} {
		if got := path(tile); got != name {
			t.Errorf("%v is %s, not %s", tile, got, name)
		}
		if got, err := parsePath(name); got != tile || err != nil {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	for _, name := range []string{"tile/0", "tile/0/000.p/0", "tile/0/000.p/256",
		"tile/0/000.p/05", "tile/0/X001/000", "tile/0/x000/000", "tile/0/1000",
		"tile/00/000", "tile/data/000", "tile/0/000.tmp", "tile/64x/000"} {
		if got, err := parsePath(name); err == nil {
			t.Errorf("%s is %v", name, got)
		}
	}
}

func TestSizes(t *testing.T) {
	r := newRig(t, 65536+256+3)
	for _, size := range []int64{0, 1, 2, 255, 256, 257, 511, 600, 65535, 65536,
		65537, r.size} {
		r.accepts(options{dir: r.folder(size), vkey: r.vkey})
	}
}

// A changed bit anywhere is noticed, and so is a file that is gone.
func TestMutations(t *testing.T) {
	r := newRig(t, 600)
	dir := r.folder(600)
	o := options{dir: dir, vkey: r.vkey}
	files := 0
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(p)
		must(t, err)
		for i := 0; i < len(content); i += 1 + len(content)/97 {
			content[i] ^= 1
			must(t, os.WriteFile(p, content, 0o644))
			r.refuses(o, "")
			content[i] ^= 1
		}
		must(t, os.WriteFile(p, append(content, 0), 0o644))
		r.refuses(o, "")
		must(t, os.WriteFile(p, content[:len(content)-1], 0o644))
		r.refuses(o, "")
		must(t, os.Remove(p))
		r.refuses(o, "no such file")
		must(t, os.WriteFile(p, content, 0o644))
		return nil
	}))
	if files != 1+3+1+3 {
		t.Errorf("%d files", files)
	}
	r.accepts(o)
}

// Entries, tiles and root agree, but with another tree than the signed one.
func TestOtherTree(t *testing.T) {
	r, other := newRig(t, 300), newRig(t, 300)
	dir := r.folder(300)
	r.refuses(options{dir: dir, vkey: other.vkey}, "no verifiable signatures")
	text := fmt.Sprintf("%s\n300\n%v\n", origin, r.root(299))
	r.write(dir, "checkpoint", []byte(r.sign(text)))
	r.refuses(options{dir: dir, vkey: r.vkey}, "root of 300")
}

func TestCheckpoints(t *testing.T) {
	r := newRig(t, 3)
	dir := r.folder(3)
	o := options{dir: dir, vkey: r.vkey}
	root := r.root(3)
	for text, why := range map[string]string{
		"example.com/other\n3\n" + root.String() + "\n": "origin",
		origin + "\n03\n" + root.String() + "\n":        "not a size",
		origin + "\n-3\n" + root.String() + "\n":        "not a size",
		origin + "\n3\n":                                "three lines",
		origin + "\n3\n" + root.String()[1:] + "\n":     "root",
		origin + "\n3\n" + root.String() + "\n\nmore\n": "empty line",
		origin + "\n4\n" + root.String() + "\n":         "no such file",
	} {
		r.write(dir, "checkpoint", []byte(r.sign(text)))
		r.refuses(o, why)
	}
	r.write(dir, "checkpoint", []byte(r.sign(
		origin+"\n3\n"+root.String()+"\nmore\n")))
	r.accepts(o)
}

func TestPartsAndBeyond(t *testing.T) {
	r := newRig(t, 600)
	dir := r.folder(256)
	o := options{dir: dir, vkey: r.vkey}
	part := tlog.Tile{H: height, L: 0, N: 0, W: 5}
	content, err := tlog.ReadTileData(part, r)
	must(t, err)

	// What a smaller tree needed may stay, and has to be true.
	r.write(dir, path(part), content)
	r.write(dir, "tile/entries/000.p/5", bundle(0, 5))
	r.accepts(o)
	content[0] ^= 1
	r.write(dir, path(part), content)
	r.refuses(o, "tile/0/000.p/5: not the hashes")
	content[0] ^= 1
	r.write(dir, path(part), content)
	r.write(dir, "tile/entries/000.p/5", bundle(1, 5))
	r.refuses(o, "tile/entries/000.p/5: not the hashes")
	r.write(dir, "tile/entries/000.p/5", bundle(0, 5))

	// The log may be ahead of its checkpoint, and the whole replaces a part.
	dir = r.folder(600)
	r.write(dir, "checkpoint", []byte(r.checkpoint(200)))
	o.dir = dir
	line, err := run(o)
	must(t, err)
	if !strings.Contains(line, "size 200 ") ||
		!strings.Contains(line, "7 files, 5 beyond") {
		t.Error(line)
	}
	// A tree of 511 needs 255 entries of a bundle that is not whole here.
	must(t, os.Remove(filepath.Join(dir, "tile/entries/001")))
	r.write(dir, "checkpoint", []byte(r.checkpoint(511)))
	r.refuses(o, "no such file")

	r.write(dir, "checkpoint", []byte(r.checkpoint(200)))
	r.write(dir, "tile/0/000.tmp", nil)
	r.refuses(o, "not a tile")
}

func (r *rig) proof(size, n int64, extra string) string {
	hashes, err := tlog.ProveRecord(size, n, r)
	must(r.t, err)
	text := proofHeader + "\n" + extra + fmt.Sprintf("index %d\n", n)
	for _, h := range hashes {
		text += h.String() + "\n"
	}
	return text + "\n" + r.checkpoint(size)
}

func TestInclusion(t *testing.T) {
	r := newRig(t, 300)
	dir := r.folder(300)
	o := options{dir: "-", vkey: r.vkey, hasLeaf: true,
		inclusion: filepath.Join(t.TempDir(), "proof")}
	set := func(text string, n int64) {
		must(t, os.WriteFile(o.inclusion, []byte(text), 0o644))
		o.leaf = hex.EncodeToString(entry(n))
	}
	for n := int64(0); n < 300; n++ {
		set(r.proof(300, n, ""), n)
		r.accepts(o)
		o.leaf += "00"
		r.refuses(o, "inclusion: ")
	}
	set(r.proof(1, 0, ""), 0)
	r.accepts(o)
	set(r.proof(200, 7, "extra AAEC\n"), 7)
	r.accepts(o)
	o.dir = dir
	r.accepts(o)
	o.dir = "-"

	good := r.proof(300, 7, "")
	for text, why := range map[string]string{
		strings.Replace(good, "@v1", "@v2", 1):                           "first line",
		strings.Replace(good, "index 7", "index 8", 1):                   "invalid",
		strings.Replace(good, "index 7", "index 07", 1):                  "not a size",
		strings.Replace(good, "index 7", "index 300", 1):                 "not in a log",
		strings.Replace(good, "index 7\n", "", 1):                        "index should",
		strings.Replace(good, "index 7", "extra ?\nindex 7", 1):          "extra",
		strings.Replace(good, "index 7\n", "index 7\nAAAA\n", 1):         "not a hash",
		strings.Replace(good, "\n\n", "\n", 1):                           "not a hash",
		strings.Replace(good, origin, "example.com/other", 1):            "signature",
		good[:strings.Index(good, "\n\n")]:                               "newline",
		good[:strings.Index(good, "\n\n")+1]:                             "no empty line",
		strings.Replace(good, "\n\n", "\n"+emptyRoot.String()+"\n\n", 1): "invalid",
	} {
		set(text, 7)
		r.refuses(o, why)
	}

	// A signed tree that the folder does not continue.
	fork := newRig(t, 300)
	fork.signer, fork.stored[0] = r.signer, tlog.RecordHash([]byte("other"))
	fork.stored[2] = tlog.NodeHash(fork.stored[0], fork.stored[1])
	set(fork.proof(2, 1, ""), 1)
	r.accepts(o)
	o.dir = dir
	r.refuses(o, "root of 2 is")
}

func TestConsistency(t *testing.T) {
	r := newRig(t, 300)
	o := options{dir: r.folder(300), vkey: r.vkey,
		consistency: filepath.Join(t.TempDir(), "proof")}
	set := func(size int64, text string) {
		o.oldSize, o.oldRoot = fmt.Sprint(size), r.root(size).String()
		must(t, os.WriteFile(o.consistency, []byte(text), 0o644))
	}
	prove := func(size int64) string {
		hashes, err := tlog.ProveTree(300, size, r)
		must(t, err)
		text := ""
		for _, h := range hashes {
			text += h.String() + "\n"
		}
		return text
	}
	for _, size := range []int64{1, 2, 3, 127, 128, 255, 256, 257, 299, 300} {
		set(size, prove(size))
		r.accepts(o)
		o.oldRoot = emptyRoot.String()
		r.refuses(o, "consistency: ")
		set(size, prove(size)+emptyRoot.String()+"\n")
		r.refuses(o, "consistency: ")
	}
	set(0, "")
	r.accepts(o)
	o.oldRoot = base64.StdEncoding.EncodeToString(make([]byte, 32))
	r.refuses(o, "empty tree")
	set(0, prove(1))
	r.refuses(o, "empty tree")
	set(5, prove(5)+"\n")
	r.refuses(o, "text after")
	set(5, strings.TrimSuffix(prove(5), "\n"))
	r.refuses(o, "newline")
	set(5, prove(5))
	o.oldSize = "301"
	r.refuses(o, "above")
}

func TestArguments(t *testing.T) {
	for line, want := range map[string]bool{
		"d v":                         true,
		"d":                           false,
		"d v e":                       false,
		"d v --leaf 00":               false,
		"d v --inclusion f":           false,
		"d v --inclusion f --leaf 00": true,
		"- v":                         false,
		"- v --inclusion f --leaf 00": true,
		"- v --consistency 1 r f":     false,
		"d v --consistency 1 r":       false,
		"d v --consistency 1 r f":     true,
		"- v --leaf 0 --inclusion f --consistency 1 r f": true,
	} {
		if _, ok := parse(strings.Fields(line)); ok != want {
			t.Errorf("%q: %v", line, ok)
		}
	}
}
