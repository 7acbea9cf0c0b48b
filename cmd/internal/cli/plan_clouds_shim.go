package cli

import (
	"errors"

	"tandem/internal/cloud"
)

// has is for parts of the SDK clients that are on their way.
func has[T any](client any, use func(T) (any, error)) (any, error) {
	t, ok := client.(T)
	if !ok {
		return nil, errors.New("this tandem can not do that in this cloud yet")
	}
	return use(t)
}

func got[T any](v any, err error) (T, error) {
	t, _ := v.(T)
	return t, err
}

type (
	backupsByName   interface{ Backups(string) cloud.Backups }
	backupsInRegion interface {
		Backups(string, string) cloud.Backups
	}
	readOnlyByName interface {
		ReadOnly(string) cloud.ReadOnly
	}
	dnsKeeper      interface{ DNS() cloud.DNS }
	clonesByName   interface{ Clones(string) cloud.Clones }
	clonesInRegion interface {
		Clones(string, string) cloud.Clones
	}
	storeKeeper   interface{ Store() cloud.Store }
	storeInRegion interface{ Store(string) cloud.Store }
)
