package aws_test

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"tandem/internal/aws/awsfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const region = awsfake.Region

// courier is a cluster of two members in a fake that holds others as well.
func courier(t *testing.T) *awsfake.Server {
	t.Helper()
	fake := awsfake.New(t)
	fake.AddCluster(awsfake.Cluster{ID: "billing", Members: []*awsfake.Member{{ID: "billing-1", Writer: true}}})
	fake.AddCluster(awsfake.Cluster{
		ID: "courier", IAMAuth: true, ParameterGroup: "courier-8", CustomEndpoints: []string{"reports.cluster-custom-c0ffee.eu-west-1.rds.amazonaws.com"},
		Members: []*awsfake.Member{{ID: "courier-2"}, {ID: "courier-1", Writer: true}},
	})
	return fake
}

// requireError wants an error of a kind whose text has all of the words.
func requireError(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("%q is not of the kind %q", err, kind)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
