package applier

import (
	"errors"
	"fmt"
)

// ErrFenced is returned when another replicator has taken the link over: the
// transaction was rolled back, and nothing more may be written.
var ErrFenced = errors.New("another replicator has taken over")

func (a *Applier) fenced() error {
	return fmt.Errorf("link %s, epoch %d: %w", a.cfg.Link, a.cfg.Epoch, ErrFenced)
}
