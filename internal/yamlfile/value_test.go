package yamlfile

import (
	"fmt"
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	options := []string{"apply", "stop"}
	if got, err := Choose("stop", options); got != "stop" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for text, hint := range map[string]string{"stpo": "did you mean stop?", "zzz": "write one of apply, stop", "": "write one of apply, stop"} {
		_, err := Choose(text, options)
		if err == nil || err.Error() != fmt.Sprintf("%q is not one of apply, stop", text) || HintOf(fmt.Errorf("around: %w", err)) != hint {
			t.Errorf("%q: %v (%s)", text, err, HintOf(err))
		}
	}
	if HintOf(fmt.Errorf("plain")) != "" {
		t.Error("an error without a hint has one")
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"500ms": "500ms", "90s": "1m30s", "10m": "10m", "60m": "1h", "1h30m": "1h30m", "0s": "0s", "1h0m5s": "1h0m5s"} {
		d, err := ParseDuration(text)
		if err != nil || FormatDuration(d) != want {
			t.Errorf("%s is %s (%v), want %s", text, FormatDuration(d), err, want)
		}
		if again, err := time.ParseDuration(FormatDuration(d)); again != d || err != nil {
			t.Errorf("%s is read back as %s", FormatDuration(d), again)
		}
	}
	for _, text := range []string{"", "5", "-1s", "1 day"} {
		if _, err := ParseDuration(text); err == nil || HintOf(err) == "" {
			t.Errorf("%q is a duration (%v)", text, err)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"": "", "a": "", "a.b": "a", "a[0]": "a", "a[0].b": "a[0]", "a.b[12]": "a.b"} {
		if got := Around(path); got != want {
			t.Errorf("around %q is %q, want %q", path, got, want)
		}
	}
	if Join("", "a") != "a" || Join("a", "b") != "a.b" {
		t.Error("paths are not joined by a dot")
	}
}
