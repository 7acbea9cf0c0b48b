package replicate

import (
	"context"
	"fmt"

	"tandem/internal/change"
	"tandem/replicate/applier"
	"tandem/replicate/copier"
	"tandem/replicate/throttle"
)

// assemble puts copier and applier together over what is open.
func (s *session) assemble(ctx context.Context) error {
	var admission applier.Admission
	if s.cfg.Direction == Forward {
		if err := s.assembleCopier(ctx); err != nil {
			return err
		}
		admission = s.copier
	}
	s.applier = applier.New(applier.Config{
		Link: s.cfg.Name(), Epoch: s.checkpoint.Epoch,
		Connect: s.connect, Catalog: s.tables, Admission: admission,
		Owned: s.owned, Expected: s.expected, Crossings: crossings{s},
		OnConflict: s.cfg.OnConflict, OnStatement: s.cfg.OnStatement,
		Lanes: s.cfg.Lanes, Tuning: s.cfg.Tuning,
		Logger: s.cfg.Logger, Hook: s.cfg.Hook,
	}, s.checkpoint)
	return nil
}

func (s *session) assembleCopier(ctx context.Context) error {
	position := func() change.GTIDSet { return s.applier.Progress().Position }
	s.throttle = throttle.New(throttle.Config{
		Link: s.cfg.Name(), Source: s.source, Target: s.target, Applied: position,
		Limits: s.cfg.Throttle, Logger: s.cfg.Logger,
	})
	s.copier = copier.New(copier.Config{
		Link: s.cfg.Name(), Epoch: s.checkpoint.Epoch,
		Source: s.cfg.Source, Target: s.cfg.Target,
		Tables: s.registry.Tables(), Lookup: s.registry.Table,
		From:           s.checkpoint.Position,
		Position:       position,
		CascadesLogged: !s.sourceFacts.NativeForeignKeys,
		ExecutedEarly:  s.sourceFacts.ExecutedEarly(),
		Workers:        s.cfg.Workers, ChunkBytes: s.cfg.ChunkBytes,
		Throttle: s.throttle.Reason,
		Hook:     func(point string) { s.cfg.Hook("copy " + point) }, Logger: s.cfg.Logger,
	})
	if err := s.copier.Prepare(ctx); err != nil {
		return fmt.Errorf("prepare the copy: %w", err)
	}
	return nil
}
