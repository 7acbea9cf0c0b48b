package journal

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/config"
)

func TestDataByType(t *testing.T) {
	t.Parallel()
	secret := config.NewSecret("hunter2")
	address, err := url.Parse("https://u:hunter2@db.example.com/x")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ in, want any }{
		"text":       {"a \"b\" <c> 日本\n", "a \"b\" <c> 日本\n"},
		"int":        {7, int64(7)},
		"int64":      {int64(-1 << 63), int64(-1 << 63)},
		"uint64":     {uint64(7), int64(7)},
		"big":        {uint64(1<<64 - 1), uint64(1<<64 - 1)},
		"passed":     {true, true},
		"took":       {1500 * time.Millisecond, "1.5s"},
		"at":         {noon, "2026-03-01T12:00:00.123456Z"},
		"list":       {[]string{"a", "--password=hunter2"}, []string{"a", "--password=***"}},
		"error":      {errors.New("dial app:hunter2@tcp(db:3306)"), "dial app:***@tcp(db:3306)"},
		"stringer":   {address, "https://u:***@db.example.com/x"},
		"of secret":  {secret, "***"},
		"to secret":  {&secret, "***"},
		"output":     {[]byte("hunter2"), "7 bytes"},
		"dsn":        {"app:hun@ter2@tcp(db:3306)/x", "app:***@tcp(db:3306)/x"},
		"sql":        {"ALTER USER a IDENTIFIED WITH x BY 'hunter2' ACCOUNT LOCK", "ALTER USER a IDENTIFIED WITH x BY '***' ACCOUNT LOCK"},
		"header":     {"Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***"},
		"gtids":      {"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:11", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:11"},
		"account":    {"'app'@'%'", "'app'@'%'"},
		"app_token":  {"hunter2", "***"},
		"PASSWORD":   {[]string{"hunter2"}, "***"},
		"lock_token": {12, int64(12)},
	} {
		c := chainOf(t, Event{Run: "r", Kind: Note, Data: Data{name: test.in}})
		if diff := cmp.Diff(Data{name: test.want}, c.Entries[0].Data); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
		if line := string(c.Entries[0].Line()); strings.Contains(line, "hunter2") {
			t.Errorf("%s: the password is in the journal: %s", name, line)
		}
	}
}

func TestDataThatIsRefused(t *testing.T) {
	t.Parallel()
	type login struct{ Password config.Secret }
	for name, value := range map[string]any{
		"struct": login{config.NewSecret("hunter2")}, "map": map[string]string{"a": "b"}, "float": 1.5, "nil": nil, "any": []any{"x"},
	} {
		_, err := Seal(Entry{}, noon, Event{Run: "r", Kind: Note, Data: Data{name: value}})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
