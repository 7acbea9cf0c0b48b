package steps

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"tandem/internal/cloud"
	"tandem/internal/ownership"
	"tandem/plans"
	"tandem/plans/runner"
)

func dnsSpec() *plans.DNS {
	return &plans.DNS{Route53: &plans.Route53{Zone: "Z1"}, Record: "db.example.com", TTL: plans.Duration(5 * time.Second),
		Source: plans.DNSValues{Values: []string{"old.example.com"}}, Target: plans.DNSValues{Values: []string{"new.example.com"}}}
}

// onDNS is a bench whose record leads to the source, with a dot at its end as
// providers write it.
func onDNS(t *testing.T) (*bench, *fakeClouds) {
	t.Helper()
	b := plain(t, plans.Terms{})
	f := &fakeClouds{record: cloud.Record{Zone: "Z1", Name: "db.example.com", Type: "CNAME", TTL: 5 * time.Second, Values: []string{"OLD.example.com."}}}
	b.run.Clouds = f
	remembering(b.run, b.notes)
	return b, f
}

func dnsStep(spec *plans.DNS) runner.Action {
	return newDNS(plans.Step{ID: "one/dns.1", Spec: spec})
}

// do applies and confirms.
func (b *bench) do(a runner.Action) (string, error) {
	b.t.Helper()
	if err := a.Apply(b.t.Context(), b.run); err != nil {
		return "", err
	}
	data, err := a.Confirm(b.t.Context(), b.run)
	says, _ := data["says"].(string)
	return says, err
}

// way is the same run in the other direction.
func (b *bench) way(from ownership.Side) *bench {
	back := *b
	back.run = runner.NewRun(*b.run, from, nil, nil, b.notes.add)
	remembering(back.run, b.notes)
	return &back
}

// There, and back to the very record that there was.
func TestDNSThereAndBack(t *testing.T) {
	t.Parallel()
	b, f := onDNS(t)
	was := f.record
	says, err := b.do(dnsStep(dnsSpec()))
	if err != nil || !strings.Contains(says, "db.example.com holds new.example.com. (TTL 5s); every server of the zone answers with it") {
		t.Fatalf("%q, %v", says, err)
	}
	notes := b.notes.take()
	if len(notes) != 2 || notes[0]["dns"] == "" || !strings.Contains(notes[0]["before"].(string), "OLD.example.com.") || notes[1]["change"] != "C1" {
		t.Errorf("notes are %v", notes)
	}
	b.notes.all = notes
	// Again, as after a crash: nothing is changed, and the same change waited for.
	if says, err := b.do(dnsStep(dnsSpec())); err != nil || !strings.Contains(says, "every server") || f.changed != 1 {
		t.Errorf("%q, %v, %d changes", says, err, f.changed)
	}
	back := b.way(ownership.Target)
	if says, err := back.do(dnsStep(dnsSpec())); err != nil || f.changed != 2 {
		t.Errorf("%q, %v", says, err)
	}
	if diff := cmp.Diff(was, f.record); diff != "" {
		t.Errorf("the record is not as it was: -want +got\n%s", diff)
	}
}

// What somebody else has changed is left alone, there and back.
func TestDNSOfSomebodyElse(t *testing.T) {
	t.Parallel()
	b, f := onDNS(t)
	f.record.Values = []string{"third.example.com."}
	_, err := b.do(dnsStep(dnsSpec()))
	var hinted interface{ Hint() string }
	if !errors.Is(err, cloud.ErrStale) || !errors.As(err, &hinted) || f.changed != 0 || !strings.Contains(err.Error(), "third.example.com. (TTL 5s), and neither") {
		t.Errorf("%v, %d changes", err, f.changed)
	}
	f.record.Values = []string{"old.example.com."}
	f.changes = []error{cloud.ErrStale} // between the look and the change
	if _, err := b.do(dnsStep(dnsSpec())); !errors.Is(err, cloud.ErrStale) || f.changed != 0 {
		t.Errorf("%v, %d changes", err, f.changed)
	}
}

// Whatever happens to the calls, the record is changed once.
func TestDNSFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set  func(*fakeClouds)
		want string // in what it says, or in the error
		err  error
	}{
		"throttled at the look":   {func(f *fakeClouds) { f.looks = []error{errBroken} }, "every server", nil},
		"throttled at the change": {func(f *fakeClouds) { f.changes = []error{errBroken} }, "every server", nil},
		"the answer is lost":      {func(f *fakeClouds) { f.changes, f.lost = []error{errBroken}, true }, "the answer to the change was lost", nil},
		"not allowed":             {func(f *fakeClouds) { f.changes = []error{cloud.ErrDenied} }, "permission denied", cloud.ErrDenied},
		"no record":               {func(f *fakeClouds) { f.record.Name = "other" }, "not found", cloud.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, f := onDNS(t)
			test.set(f)
			says, err := b.do(dnsStep(dnsSpec()))
			if test.err == nil && (err != nil || f.changed != 1 || !strings.Contains(says, test.want)) {
				t.Errorf("%q, %v, %d changes", says, err, f.changed)
			}
			if test.err != nil && (!errors.Is(err, test.err) || f.changed != 0) {
				t.Errorf("%v, %d changes", err, f.changed)
			}
		})
	}
}

// A weighted record keeps its values and gets another weight.
func TestDNSWeighted(t *testing.T) {
	t.Parallel()
	b, f := onDNS(t)
	spec := dnsSpec()
	spec.SetID, spec.Source.Weight, spec.Target.Weight = "new", 0, 100
	spec.Source.Values = spec.Target.Values
	f.record.SetID, f.record.Values = "new", []string{"new.example.com"}
	if says, err := b.do(dnsStep(spec)); err != nil || f.record.Weight != 100 || !strings.Contains(says, "weight 100") {
		t.Errorf("%q, %v, %+v", says, err, f.record)
	}
}

func TestTTL(t *testing.T) {
	t.Parallel()
	b, f := onDNS(t)
	gate := func() runner.Gate { return newTTL(plans.Step{Spec: dnsSpec()}) }
	g := gate()
	f.record.TTL = 5 * time.Minute
	if got := b.waits(g); !strings.Contains(got.Says, "resolvers keep db.example.com for 5m0s, the plan says 5s at most") {
		t.Errorf("says %q", got.Says)
	}
	// It was lowered, but resolvers may have been told the old one right before.
	f.record.TTL = 5 * time.Second
	b.clock.pass(ttlEvery)
	if got := b.waits(g); !strings.Contains(got.Says, "may keep db.example.com for 4m55s more") {
		t.Errorf("says %q", got.Says)
	}
	other := gate() // of the next run
	if got := b.waits(other); !strings.Contains(got.Says, "more: its TTL was 5m0s") {
		t.Errorf("says %q", got.Says)
	}
	b.clock.pass(5 * time.Minute)
	b.holds(g)
	b.holds(other)
	f.record.Values = []string{"new.example.com"}
	b.clock.pass(ttlEvery)
	if got := b.waits(g); !strings.Contains(got.Says, "but the source owns the groups") {
		t.Errorf("says %q", got.Says)
	}
	b.way(ownership.Target).holds(gate())
}

// resolver is a name server on loopback that says what it is told to.
func resolver(t *testing.T, say func() (value string, ttl uint32)) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1024)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil {
				continue
			}
			value, ttl := say()
			m.Response = true
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET, TTL: ttl},
				Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(value)}}}
			if data, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(data, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// A resolver says for how long it still keeps what it has, and when it has the
// change.
func TestResolver(t *testing.T) {
	t.Parallel()
	b, f := onDNS(t)
	asked, old := 0, uint32(200)
	spec := dnsSpec()
	spec.Resolver = resolver(t, func() (string, uint32) {
		if asked++; asked > 3 {
			return "new.example.com.", 5
		}
		return "old.example.com.", old
	})
	g := newTTL(plans.Step{Spec: spec})
	if got := b.waits(g); !strings.Contains(got.Says, "keeps db.example.com for 3m20s more") {
		t.Errorf("says %q", got.Says)
	}
	b.clock.pass(ttlEvery)
	old = 3
	if got := b.holds(g); !strings.Contains(got.Says, "keeps it for 3s more") {
		t.Errorf("says %q", got.Says)
	}
	says, err := b.do(dnsStep(spec))
	if err != nil || !strings.Contains(says, ", and "+spec.Resolver+" does") || asked < 4 {
		t.Errorf("%q, %v, asked %d times", says, err, asked)
	}
	// One that never does.
	f.record.Values = []string{"old.example.com"}
	spec.Resolver = resolver(t, func() (string, uint32) { return "old.example.com.", 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if err := dnsStep(spec).Apply(ctx, b.run); err == nil || !strings.Contains(err.Error(), "does not answer with the change") {
		t.Errorf("error is %v", err)
	}
}
