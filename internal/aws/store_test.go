package aws_test

import (
	"testing"

	"tandem/internal/aws/awsfake"
	"tandem/internal/cloud"
)

func TestStore(t *testing.T) {
	t.Parallel()
	for _, kind := range []awsfake.Kind{awsfake.None, awsfake.Throttled, awsfake.Busy, awsfake.Unavailable, awsfake.CutBefore, awsfake.CutAfter} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fake := awsfake.New(t)
			fake.AddBucket("reports")
			if kind != awsfake.None {
				fake.Fail(awsfake.Fault{Action: "s3:PutObject", Kind: kind, Times: 2})
			}
			store := fake.Client(t).Store(region)
			if err := store.Create(t.Context(), "reports", "runs/h 1+ü.json", "application/json", []byte(`{"a":1}`)); err != nil {
				t.Fatal(err)
			}
			requireError(t, store.Create(t.Context(), "reports", "runs/h 1+ü.json", "application/json", []byte(`{"a":2}`)), cloud.ErrExists, "write s3://reports/runs/h 1+ü.json")
			fake.Do(func(s *awsfake.State) {
				if o := s.Buckets["reports"]["runs/h 1+ü.json"]; string(o.Data) != `{"a":1}` || o.ContentType != "application/json" {
					t.Errorf("it is %+v", o)
				}
			})
		})
	}
}

// A second attempt that meets somebody else's object is told from one that meets its
// own first attempt.
func TestStoreMeetsAnother(t *testing.T) {
	t.Parallel()
	fake := awsfake.New(t)
	fake.AddBucket("reports")
	store := fake.Client(t).Store(region)
	if err := store.Create(t.Context(), "reports", "a", "text/plain", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if n := fake.Count("HeadObject"); n != 0 {
		t.Errorf("%d looks for nothing", n)
	}
	fake.Fail(awsfake.Fault{Action: "s3:PutObject", Kind: awsfake.CutBefore})
	requireError(t, store.Create(t.Context(), "reports", "a", "text/plain", []byte("1")), cloud.ErrExists)
	fake.Fail(awsfake.Fault{Action: "s3:PutObject", Kind: awsfake.CutAfter}, awsfake.Fault{Action: "s3:GetObject", Kind: awsfake.Denied})
	requireError(t, store.Create(t.Context(), "reports", "b", "text/plain", []byte("1")), cloud.ErrExists, "could not be told")
	requireError(t, store.Create(t.Context(), "nowhere", "b", "text/plain", nil), cloud.ErrNotFound, "NoSuchBucket")
}
