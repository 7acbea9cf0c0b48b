package clouds

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tandem/internal/aws/awsfake"
	"tandem/internal/sandbox"
	"tandem/internal/sandbox/sandboxtest"
)

// TestSecretsAreNowhere plants a secret with every provider, right ones and wrong
// ones, runs the program with each of them, and looks for all of them in whatever
// it has said, written to disk, and kept in the databases.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secrets := t.TempDir() // what holds secrets on purpose is not looked through
	planted := map[string]string{
		"the key of AWS": awsfake.SecretKey,
	}
	plant := func(provider string) string {
		secret := fmt.Sprintf("hunter2-%s-%x", provider, len(planted)*7919)
		planted[provider] = secret
		return secret
	}
	beside := plant("beside")
	// A user's password is one at a time: each provider gets one of its own.
	type provider struct {
		name, text string
		put        func(secret string)
	}
	file := filepath.Join(secrets, "password")
	providers := []provider{
		{"env", "{env: CLOUDS_PW}", func(s string) { w.env = append(w.env, "CLOUDS_PW="+s) }},
		{"file", fmt.Sprintf("{file: %s}", file), func(s string) {
			if err := os.WriteFile(file, []byte(s+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"command", fmt.Sprintf("{command: [cat, %s]}", file), func(s string) {
			if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"gcp", fmt.Sprintf(`{secret: "gcp://%s"}`, gcpSecret), func(s string) { w.google.Secret(gcpSecret, s) }},
		{"aws", fmt.Sprintf(`{secret: "aws://%s/%s#password"}`, awsfake.Region, awsSecret), func(s string) {
			w.amazon.SetSecret(awsfake.Region, awsSecret, fmt.Sprintf(`{"password": %q, "other": %q}`, s, beside))
		}},
	}
	root := sandboxtest.RootDB(t, w.pair.Source, "")
	target := sandboxtest.RootDB(t, w.pair.Target, "")
	say := func(args ...string) *life {
		l := w.live(append(args, "--log-level=debug")...)
		l.code()
		return l
	}
	w.open(true)
	for i, p := range providers {
		right := plant(p.name)
		p.put(right)
		for _, db := range []*sql.DB{root, target} {
			sandboxtest.Exec(t, db, fmt.Sprintf("ALTER USER '%s'@'%%' IDENTIFIED BY '%s'", sandbox.UserTandem, right))
		}
		w.configure(p.text, p.text)
		if l := say("config", "show", "--origin"); l.code() != 0 {
			t.Errorf("%s: config show: %s", p.name, l.said())
		}
		if i == 0 {
			w.replicate().end()
			w.stop()
		}
		if l := say("replicate", "--until", "caught-up"); l.code() != 0 {
			t.Errorf("%s: replicate: %s", p.name, l.said())
		}
		if l := say("verify", "-o", "json"); l.code() != 0 {
			t.Errorf("%s: verify: %s", p.name, l.said())
		}
		if i == len(providers)-1 {
			daemon := w.live("replicate") // for a journal
			w.handOver()
			daemon.end()
		}
		say("status", "-o", "json")
		say("preflight", "-o", "json", "--log-format=json")
		p.put(plant(p.name + " wrong"))
		for _, verb := range []string{"status", "verify", "preflight", "replicate"} {
			if l := say(verb, "--log-format=json"); l.code() == 0 {
				t.Errorf("%s: %s goes well with a wrong password", p.name, verb)
			}
		}
	}
	// Tokens: the one of Cloud SQL is a certificate's, the one of Aurora a signature.
	w.configure("{iam: true}", "{iam: true}")
	for _, verb := range []string{"config", "status", "verify", "preflight"} {
		args := []string{verb}
		if verb == "config" {
			args = append(args, "show")
		}
		say(args...)
	}
	planted["a token of Aurora's"] = "X-Amz-Signature"
	w.search(planted, root, target)
}

// search looks for what was planted.
func (w *world) search(planted map[string]string, dbs ...*sql.DB) {
	w.t.Helper()
	look := func(where, text string) {
		for name, secret := range planted {
			if i := strings.Index(text, secret); i >= 0 {
				w.t.Errorf("the secret %q is in %s: …%s…", name, where, text[max(0, i-80):min(len(text), i+len(secret)+20)])
			}
		}
	}
	if !w.saw(instanceName) {
		w.t.Error("what was said does not even name the source: was anything looked at?")
	}
	for _, l := range w.lives {
		look("what tandem "+strings.Join(l.args, " ")+" says", l.said())
	}
	files := 0
	if err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		look(path, string(data))
		return err
	}); err != nil {
		w.t.Error(err)
	}
	if files < 4 { // tandem.yaml, the plan, the journal, what verify keeps
		w.t.Errorf("there are only %d files", files)
	}
	for _, db := range dbs {
		w.searchDB(db, look)
	}
}

// searchDB looks through every cell of tandem's own tables.
func (w *world) searchDB(db *sql.DB, look func(where, text string)) {
	w.t.Helper()
	tables, err := cellsOf(db, "SELECT table_name FROM information_schema.tables WHERE table_schema = '_tandem' AND table_type = 'BASE TABLE'")
	if err != nil || len(tables) == 0 {
		w.t.Fatalf("tandem's own tables: %v, %v", tables, err)
	}
	for _, table := range tables {
		cells, err := cellsOf(db, "SELECT * FROM _tandem.`"+table+"`")
		if err != nil {
			w.t.Fatal(err)
		}
		look("the table _tandem."+table, strings.Join(cells, "\n"))
	}
}

// cellsOf returns all cells of a result.
func cellsOf(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var cells []string
	row := make([]sql.RawBytes, len(columns))
	to := make([]any, len(row))
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		for _, cell := range row {
			cells = append(cells, string(cell))
		}
	}
	return cells, rows.Err()
}
