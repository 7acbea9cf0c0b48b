package copier

import (
	"context"

	"tandem/internal/wire"
)

// sourceConn returns the worker's connection to the source, opening one if
// there is none that works.
func (w *worker) sourceConn(ctx context.Context) (*wire.Conn, error) {
	if w.source != nil && w.source.Err() == nil {
		return w.source, nil
	}
	conn, err := w.c.connectSource(ctx)
	if err != nil {
		return nil, err
	}
	w.source = conn
	return conn, nil
}

func (w *worker) targetConn(ctx context.Context) (*wire.Conn, error) {
	if w.target != nil && w.target.Err() == nil {
		return w.target, nil
	}
	conn, err := w.c.connectTarget(ctx)
	if err != nil {
		return nil, err
	}
	w.target = conn
	return conn, nil
}

func (w *worker) dropSource() {
	if w.source != nil {
		w.source.Close()
		w.source = nil
	}
}

func (w *worker) dropTarget() {
	if w.target != nil {
		w.target.Close()
		w.target = nil
	}
}

func (w *worker) close() {
	w.dropSource()
	w.dropTarget()
	w.giveLargeBack()
}

// takeLarge waits for the turn to hold a row larger than the worker's share.
func (w *worker) takeLarge(ctx context.Context) error {
	if w.large {
		return nil
	}
	select {
	case w.c.large <- struct{}{}:
		w.large = true
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *worker) giveLargeBack() {
	if w.large {
		// The rows must not be reachable any more, or two workers hold large ones.
		w.buf.reset()
		w.large = false
		<-w.c.large
	}
}

// layoutOf returns how rows of the table are read and written now. c.mu is held.
func (w *worker) layoutOf(t *table) *layout {
	l, ok := w.layouts[t.def]
	if !ok {
		l = newLayout(t.def, w.source != nil && hasJSONTable(w.source.Version()))
		w.layouts[t.def] = l
	}
	return l
}
