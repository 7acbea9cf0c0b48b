package verify

import "context"

func (w *worker) unkeyed(ctx context.Context, t *table) error {
	t.stop(t.keyless)
	return nil
}
