package clouds

import (
	"strings"
	"testing"
)

// TestFromCloudToCloud is a migration by the clouds' names: everything that a
// person does, from preflight to a handover and back, under load.
func TestFromCloudToCloud(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.open(true)
	w.live("preflight").want(0)
	w.replicate()

	for _, name := range []string{instanceName, clusterName} {
		if said := w.live("status").want(0).out.String(); !strings.Contains(said, name) {
			t.Errorf("status does not name %s: %s", name, said)
		}
	}

	w.handOver()
	w.bank.Mark()
	w.until("the application to write on the target", func() bool { return w.bank.Since().BySide["target"] > 20 })
	w.live("verify").want(0)
	w.live("rollback", "--confirm=bank").want(0)
	w.bank.Mark()
	w.until("the application to write on the source", func() bool { return w.bank.Since().BySide["source"] > 20 })
	w.judge(w.pair.Source, w.pair.Target)
	w.live("verify").want(0)

	// It was the connector, by the way that the file names, and the secrets of the
	// clouds, that all this went through.
	if w.instance.Dials("private") == 0 || w.instance.Dials("public") > 0 {
		t.Errorf("the connector dialled %d times by the private address, %d by the public one", w.instance.Dials("private"), w.instance.Dials("public"))
	}
	for what, n := range map[string]int{
		"the secret of the source": w.google.Count("secretmanager.versions.access"),
		"the secret of the target": w.amazon.Count("GetSecretValue"),
		"the cluster":              w.amazon.Count("DescribeDBClusters"),
	} {
		if n == 0 {
			t.Errorf("nobody has asked for %s: %s", what, apis(w))
		}
	}
}

// apis lists what was asked of Google.
func apis(w *world) string {
	var list []string
	for _, c := range w.google.Calls() {
		list = append(list, c.API)
	}
	return strings.Join(list, " ")
}
