package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// File is the copy on this machine. Its lines can be read with any tool.
type File struct {
	path string

	mu   sync.Mutex
	seen seen
}

// seen is the file as it was when it was written last: reading and verifying a
// journal of years for every entry would take longer than what it records.
type seen struct {
	info  fs.FileInfo
	chain Chain
}

// NewFile returns the copy in a file, which need not be there yet.
func NewFile(path string) *File { return &File{path: path} }

// Path returns where the file is.
func (f *File) Path() string { return f.path }

// Read implements [Store].
func (f *File) Read(context.Context) (Chain, error) {
	data, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Chain{}, nil
	}
	if err != nil {
		return Chain{}, fmt.Errorf("read the journal: %w", err)
	}
	c, err := Parse(data)
	var broken *BrokenError
	if errors.As(err, &broken) {
		broken.Copy = f.path
	}
	return c, err
}

// Append implements [Store]. The entry is on the disk when it returns: a torn
// line at the end is cut off before, and the file, and its name in the folder
// if it is new, are synced.
func (f *File) Append(ctx context.Context, e Entry) error { return f.AppendAll(ctx, []Entry{e}) }

// AppendAll adds several entries and syncs once.
func (f *File) AppendAll(ctx context.Context, list []Entry) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lock := flock.New(f.path + ".lock")
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	// Somebody who was stopped while writing may hold it: that is waited for no
	// longer than the caller does.
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return fmt.Errorf("append to the journal: lock %s: %w", f.path, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	have, err := f.have(ctx)
	if err != nil {
		return err
	}
	f.seen = seen{}
	whole, bytes := have, []byte(nil)
	for _, e := range list {
		var same *Entry
		if e.Seq >= 1 && e.Seq <= uint64(len(whole.Entries)) {
			same = &whole.Entries[e.Seq-1]
		}
		already, err := place(f.path, whole.Last(), same, e)
		if err != nil {
			return err
		}
		if !already {
			whole.Entries = append(whole.Entries, e)
			bytes = append(append(bytes, e.Line()...), '\n')
		}
	}
	if err := f.write(have, bytes); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	if info, err := os.Stat(f.path); err == nil {
		f.seen = seen{info, Chain{Entries: whole.Entries}}
	}
	return nil
}

// have returns what the file holds, without reading it if it is as it was left.
func (f *File) have(ctx context.Context) (Chain, error) {
	info, err := os.Stat(f.path)
	if was := f.seen.info; err == nil && was != nil && os.SameFile(was, info) &&
		was.Size() == info.Size() && was.ModTime().Equal(info.ModTime()) {
		return f.seen.chain, nil
	}
	return f.Read(ctx)
}

// write puts lines behind the whole lines of the file. Those that are there
// already may not be on the disk yet, so it is synced even without new ones.
func (f *File) write(have Chain, lines []byte) (err error) {
	_, statErr := os.Stat(f.path)
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end := have.size()
	if have.Torn != nil {
		if err := file.Truncate(end); err != nil {
			return err
		}
	}
	if len(lines) > 0 {
		if _, err := file.WriteAt(lines, end); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if statErr != nil {
		return syncFolder(filepath.Dir(f.path))
	}
	return nil
}

// lockRetry is how often a lock that somebody holds is tried.
const lockRetry = 10 * time.Millisecond

func syncFolder(path string) (err error) {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	return folder.Sync()
}
