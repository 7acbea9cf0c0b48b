package gcp_test

import (
	"testing"

	"tandem/internal/cloud"
	"tandem/internal/gcp/gcpfake"
)

func TestStoreWritesOnceAndNeverOver(t *testing.T) {
	t.Parallel()
	s := gcpfake.New(t)
	s.Bucket("reports")
	store := s.Client(t).Store()
	if err := store.Create(t.Context(), "reports", "runs/2026/1.json", "application/json", []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	// The same again is refused, too: only a repeat of the same call is not.
	for _, data := range []string{`{"a":1}`, `{"a":2}`} {
		err := store.Create(t.Context(), "reports", "runs/2026/1.json", "application/json", []byte(data))
		refused(t, err, cloud.ErrExists, "create gs://reports/runs/2026/1.json")
	}
	if kind, data, ok := s.Object("reports", "runs/2026/1.json"); !ok || kind != "application/json" || string(data) != `{"a":1}` {
		t.Errorf("stored %q %q", kind, data)
	}
	refused(t, store.Create(t.Context(), "other", "1.json", "application/json", nil), cloud.ErrNotFound, "gs://other/1.json")
}

func TestStoreTellsItsOwnObjectFromAnothersWhenAnAnswerWasLost(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{true, false} {
		s := gcpfake.New(t)
		s.Bucket("reports")
		c := s.Client(t)
		s.Fail(gcpfake.Fault{API: "storage.objects.insert", Status: 503, After: own})
		if !own {
			// The call that is repeated finds what somebody else wrote meanwhile.
			s.Before("storage.objects.insert", func() {})
			s.Before("storage.objects.insert", func() {
				if err := s.Client(t).Store().Create(t.Context(), "reports", "r", "text/plain", []byte("theirs")); err != nil {
					t.Error(err)
				}
			})
		}
		err := c.Store().Create(t.Context(), "reports", "r", "text/plain", []byte("ours"))
		if own && err != nil {
			t.Error(err)
		}
		if !own {
			refused(t, err, cloud.ErrExists, "gs://reports/r")
		}
	}
}
