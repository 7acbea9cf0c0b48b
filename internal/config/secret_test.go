package config

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	type holder struct {
		Public  Secret
		private Secret
	}
	const value = "hunter2"
	s := NewSecret(value)
	if s.Reveal() != value {
		t.Fatalf("Reveal gives %q", s.Reveal())
	}
	if (Secret{}).Reveal() != "" {
		t.Error("the zero secret reveals something")
	}
	h := holder{s, s}
	shown := map[string]string{}
	for _, verb := range strings.Split("v +v #v s q x X d t T p U b o g e c", " ") {
		shown["%"+verb] = fmt.Sprintf("%"+verb, s)
		shown["pointer %"+verb] = fmt.Sprintf("%"+verb, &s)
		shown["in struct %"+verb] = fmt.Sprintf("%"+verb, h)
		shown["in slice %"+verb] = fmt.Sprintf("%"+verb, []Secret{s})
	}
	shown["print"] = fmt.Sprint(s, h, &h)
	shown["error"] = fmt.Errorf("log in with %v: %w", s, errors.New("no")).Error()
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "s", s, "h", h, "p", &s)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "s", s, "h", h, "p", &s)
	shown["slog"] = logged.String()
	for name, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "yaml": yaml.Marshal, "xml": xml.Marshal} {
		data, err := marshal(struct{ S Secret }{s})
		if err != nil && name != "xml" {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(string(data), redacted) && name != "xml" {
			t.Errorf("%s gives %s", name, data)
		}
		shown[name] = string(data)
	}
	for how, text := range shown {
		if strings.Contains(text, value) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", value)) {
			t.Errorf("%s shows the password: %s", how, text)
		}
	}
	if got := fmt.Sprintf("%v %s", s, &s); got != "*** ***" {
		t.Errorf("printed as %q", got)
	}
}
