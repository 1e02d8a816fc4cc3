// SPDX-License-Identifier: BSD-2-Clause

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
	data   = -1 // the level that the library gives to entries
)

// A folder is a log of c2sp.org/tlog-tiles; it is the library's TileReader.
type folder struct {
	dir    string
	tree   tlog.Tree
	leaves []tlog.Hash
	stored []tlog.Hash // of every complete subtree, as the library numbers them
	cache  map[tlog.Tile][]byte
	files  int // under tile/
	beyond int // of these, with nothing of the tree
}

func openFolder(dir string, verifier note.Verifier) (*folder, error) {
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return nil, err
	}
	tree, err := openCheckpoint(text, verifier)
	if err != nil {
		return nil, err
	}
	return &folder{dir: dir, tree: tree, cache: map[tlog.Tile][]byte{}}, nil
}

func (f *folder) check() error {
	if err := f.readLeaves(); err != nil {
		return err
	}
	if err := f.contains(f.tree); err != nil {
		return err
	}
	if err := f.checkPaths(); err != nil {
		return err
	}
	if err := f.checkTiles(); err != nil {
		return err
	}
	return f.checkFiles()
}

// path is the library's without the height, and with another name for entries.
func path(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height))
	return "tile/" + strings.Replace(p, "data/", "entries/", 1)
}

func parsePath(p string) (tlog.Tile, error) {
	rest := strings.TrimPrefix(p, "tile/")
	if strings.HasPrefix(rest, "entries/") {
		rest = strings.Replace(rest, "entries/", "data/", 1)
	} else if strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, fmt.Errorf("%s: not a tile", p)
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", height, rest))
	if err != nil || path(t) != p {
		return tlog.Tile{}, fmt.Errorf("%s: not a tile", p)
	}
	return t, nil
}

// tiles lists those of a level that the tree needs; of the last one so many
// hashes as there are.
func (f *folder) tiles(level int) []tlog.Tile {
	var list []tlog.Tile
	n := f.tree.N
	if level > 0 {
		n >>= uint(level * height)
	}
	for first := int64(0); first < n; first += width {
		t := tlog.Tile{H: height, L: level, N: first / width, W: width}
		if n-first < width {
			t.W = int(n - first)
		}
		list = append(list, t)
	}
	return list
}

// read returns a file.  A part may be gone once the whole is there.
func (f *folder) read(t tlog.Tile) (content []byte, whole tlog.Tile, err error) {
	content, err = os.ReadFile(filepath.Join(f.dir, path(t)))
	if errors.Is(err, fs.ErrNotExist) && t.W < width {
		whole = t
		whole.W = width
		if more, err := os.ReadFile(filepath.Join(f.dir, path(whole))); err == nil {
			return more, whole, nil
		}
	}
	return content, t, err
}

func (f *folder) readLeaves() error {
	for _, t := range f.tiles(data) {
		content, found, err := f.read(t)
		if err != nil {
			return err
		}
		entries, err := parseBundle(content, found.W)
		if err != nil {
			return fmt.Errorf("%s: %w", path(found), err)
		}
		for _, entry := range entries[:t.W] {
			n := int64(len(f.leaves))
			hashes, err := tlog.StoredHashes(n, entry, f.reader())
			if err != nil {
				return err
			}
			f.leaves = append(f.leaves, tlog.RecordHash(entry))
			f.stored = append(f.stored, hashes...)
		}
	}
	return nil
}

func parseBundle(content []byte, count int) (entries [][]byte, err error) {
	for i := 0; i < count; i++ {
		if len(content) < 2 {
			return nil, fmt.Errorf("ends before entry %d of %d", i, count)
		}
		size := int(binary.BigEndian.Uint16(content))
		if content = content[2:]; len(content) < size {
			return nil, fmt.Errorf("ends within entry %d of %d", i, count)
		}
		entries, content = append(entries, content[:size]), content[size:]
	}
	if len(content) != 0 {
		return nil, fmt.Errorf("%d bytes after entry %d", len(content), count)
	}
	return entries, nil
}

// reader gives out the hashes made from the entries.
func (f *folder) reader() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			if x >= int64(len(f.stored)) {
				return nil, fmt.Errorf("no hash %d", x)
			}
			list[i] = f.stored[x]
		}
		return list, nil
	})
}

// contains tells whether the entries have that root; of a tree that is larger
// than the folder's nothing can be said.
func (f *folder) contains(tree tlog.Tree) error {
	root := emptyRoot
	if tree.N > f.tree.N {
		return nil
	}
	if tree.N > 0 {
		var err error
		if root, err = tlog.TreeHash(tree.N, f.reader()); err != nil {
			return err
		}
	}
	if root != tree.Hash {
		return fmt.Errorf("root of %d is %v, of its entries %v",
			tree.N, tree.Hash, root)
	}
	return nil
}

// checkPaths reads every entry's hash as a client would: from tiles that the
// library has checked up to the root.
func (f *folder) checkPaths() error {
	reader := tlog.TileHashReader(f.tree, f)
	for first := int64(0); first < f.tree.N; first += width {
		var indexes []int64
		for n := first; n < f.tree.N && n < first+width; n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, h := range hashes {
			if n := first + int64(i); h != f.leaves[n] {
				return fmt.Errorf("entry %d is %v, in its tile %v",
					n, f.leaves[n], h)
			}
		}
	}
	return nil
}

// checkTiles compares every tile that has to be there.
func (f *folder) checkTiles() error {
	for level := 0; f.tree.N>>uint(level*height) > 0; level++ {
		tiles := f.tiles(level)
		contents, err := f.ReadTiles(tiles)
		if err != nil {
			return err
		}
		for i, t := range tiles {
			want, err := tlog.ReadTileData(t, f.reader())
			if err != nil {
				return err
			}
			if !bytes.Equal(contents[i], want) {
				return fmt.Errorf("%s: not the hashes of its entries", path(t))
			}
		}
	}
	return nil
}

// checkFiles reads all that is under tile/, with the parts left behind by a
// smaller tree and what the log has written for a larger one.
func (f *folder) checkFiles() error {
	root := filepath.Join(f.dir, "tile")
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if p == root && errors.Is(err, fs.ErrNotExist) && f.tree.N == 0 {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(f.dir, p)
		if err != nil {
			return err
		}
		t, err := parsePath(filepath.ToSlash(name))
		if err != nil {
			return err
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f.files++
		if err := f.checkFile(t, content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

func (f *folder) checkFile(t tlog.Tile, content []byte) error {
	var hashes []byte
	level := 0
	if t.L == data {
		entries, err := parseBundle(content, t.W)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			h := tlog.RecordHash(entry)
			hashes = append(hashes, h[:]...)
		}
	} else {
		level, hashes = t.L, content
	}
	if len(hashes) != t.W*tlog.HashSize {
		return fmt.Errorf("%d bytes for %d hashes", len(hashes), t.W)
	}

	// Not t.N*width first: a path may hold any number.
	size := f.tree.N >> uint(level*height)
	if t.N > size/width || t.N*width == size {
		f.beyond++
		return nil
	}
	part := tlog.Tile{H: height, L: level, N: t.N, W: t.W}
	if known := size - t.N*width; known < int64(t.W) {
		part.W = int(known)
	}
	want, err := tlog.ReadTileData(part, f.reader())
	if err != nil {
		return err
	}
	if !bytes.Equal(hashes[:len(want)], want) {
		return errors.New("not the hashes of its entries")
	}
	return nil
}

// Height is of tlog.TileReader, as are the two below.
func (f *folder) Height() int {
	return height
}

// ReadTiles returns tiles as they are on disk, unchecked.
func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	list := make([][]byte, len(tiles))
	for i, t := range tiles {
		content, ok := f.cache[t]
		if !ok {
			var found tlog.Tile
			var err error
			if content, found, err = f.read(t); err != nil {
				return nil, err
			}
			if len(content) != found.W*tlog.HashSize {
				return nil, fmt.Errorf("%s: %d bytes for %d hashes",
					path(found), len(content), found.W)
			}
			content = content[:t.W*tlog.HashSize]
			f.cache[t] = content
		}
		list[i] = content
	}
	return list, nil
}

// SaveTiles has nothing to do: what was read is kept anyway.
func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {
}
