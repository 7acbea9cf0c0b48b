package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// File is the copy on this machine. Its lines can be read with any tool.
type File struct {
	path string
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
func (f *File) Append(ctx context.Context, e Entry) (err error) {
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
	have, err := f.Read(ctx)
	if err != nil {
		return err
	}
	var same *Entry
	if e.Seq >= 1 && e.Seq <= uint64(len(have.Entries)) {
		same = &have.Entries[e.Seq-1]
	}
	already, err := place(f.path, have.Last(), same, e)
	if err != nil {
		return err
	}
	if err := f.write(have, e, already); err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	return nil
}

// write puts the entry behind the whole lines of the file. An entry that is
// there already may not be on the disk yet, so it is synced all the same.
func (f *File) write(have Chain, e Entry, already bool) (err error) {
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
	if !already {
		if _, err := file.WriteAt(append(e.Line(), '\n'), end); err != nil {
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
