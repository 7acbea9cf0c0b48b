package preflight

import (
	"context"
	"fmt"
	"time"
)

// freshBackup is how old the last backup may be.
const freshBackup = 36 * time.Hour

// checkBackup wants a fresh backup of both sides: the last resort.
func checkBackup(_ context.Context, s *state, v *server) ([]Finding, error) {
	i, c := v.instance(), v.cluster()
	if i == nil && c == nil {
		return none(notManaged)
	}
	if err := v.unread(ReadBackups); err != nil {
		return none("the backups could not be read: " + err.Error())
	}
	var newest time.Time
	for _, b := range v.cloud.Backups {
		if ready(b) && b.End.After(newest) {
			newest = b.End
		}
	}
	if c != nil && c.LatestRestorable.After(newest) {
		newest = c.LatestRestorable // continuous backups are as good
	}
	if s.now().Sub(newest) <= freshBackup {
		return nil, nil
	}
	evidence := "no backup that can be restored from"
	if !newest.IsZero() {
		evidence = "the last one is of " + newest.UTC().Format(time.RFC3339)
	}
	var fix string
	if i != nil {
		fix = fmt.Sprintf("gcloud sql backups create --instance=%s --project=%s --description=tandem", i.Name, i.Project)
	} else {
		fix = fmt.Sprintf("%s --db-cluster-identifier %s --db-cluster-snapshot-identifier %s-before-tandem", aws(c, "create-db-cluster-snapshot"), c.ID, c.ID)
	}
	return one(Warn, "there is no fresh backup of the "+string(v.side)+", the last resort", evidence, fix)
}
