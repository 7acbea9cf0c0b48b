package cloud

import "context"

// Backups makes copies that a database can be restored from as the last resort:
// Cloud SQL on-demand backups, Aurora cluster snapshots.
type Backups interface {
	// Begin asks for one under a name, and returns the one there is where it was
	// asked for before.
	Begin(ctx context.Context, name string) (Backup, error)
	// Find returns the one of that name; ErrNotFound.
	Find(ctx context.Context, name string) (Backup, error)
	// Wait returns once it can be restored from; progress is told what is waited for.
	Wait(ctx context.Context, name string, progress func(Backup)) (Backup, error)
	// Remove deletes it; one that is gone already is no error.
	Remove(ctx context.Context, name string) error
}

// ReadOnly refuses writes to a whole instance through the cloud, where SET GLOBAL
// read_only is nobody's right.
type ReadOnly interface {
	// Get tells what is set now.
	Get(ctx context.Context) (bool, error)
	// Set sets it, and waits until the cloud says it holds. Other settings stay as
	// they are, also those that others change meanwhile.
	Set(ctx context.Context, on bool) error
}

// Clone is a copy of a database for a rehearsal.
type Clone struct {
	// Name of the instance or cluster; Tags and labels mark it as tandem's.
	Name string
	Tags map[string]string
	// ConnectionName is a Cloud SQL clone's; Host and Port an Aurora clone's writer.
	ConnectionName string
	Host           string
	Port           int
	Ready          bool
	Status         string
}

// Clones makes copies and removes them.
type Clones interface {
	// Begin asks for a clone under a name, and returns the one there is where it
	// was asked for before.
	Begin(ctx context.Context, name string, tags map[string]string) (Clone, error)
	// Wait returns once it serves.
	Wait(ctx context.Context, name string, progress func(Clone)) (Clone, error)
	// List returns those that have all of the tags, whoever made them.
	List(ctx context.Context, tags map[string]string) ([]Clone, error)
	// Remove deletes it and returns once it is gone. Only what has the tags is
	// removed; one that is gone already is no error.
	Remove(ctx context.Context, name string, tags map[string]string) error
}

// Store keeps reports. What is there is never overwritten.
type Store interface {
	// Create writes an object; ErrExists where there is one of that name.
	Create(ctx context.Context, bucket, name, contentType string, data []byte) error
}

// Secrets reads secrets.
type Secrets interface {
	// Read returns the secret that a gcp:// or aws:// reference names, as of now.
	Read(ctx context.Context, reference string) (string, error)
}
