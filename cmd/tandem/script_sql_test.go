package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"

	"tandem/internal/sandbox"
)

// runSQL runs statements on a server of the script's sandbox, as root:
// sql target courier 'DELETE FROM orders'
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sql source|target database statements")
	}
	runClient(ts, args[0], []string{args[1]}, []byte(args[2]))
}

// runSQLFile runs a file with MySQL's own client: sqlfile target repair.sql
func runSQLFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sqlfile source|target file")
	}
	runClient(ts, args[0], []string{"--binary-mode", "--default-character-set=binary"}, []byte(ts.ReadFile(args[1])))
}

func runClient(ts *testscript.TestScript, side string, args []string, input []byte) {
	install, err := sandbox.Find(context.Background(), sandbox.Any)
	ts.Check(err)
	var state map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(".tandem/sandbox/"+sandbox.StateFile)), &state))
	var server struct{ Socket string }
	ts.Check(json.Unmarshal(state[side], &server))
	command := exec.Command(install.Mysql, append([]string{"--no-defaults", "--user=root", "--socket=" + server.Socket}, args...)...)
	command.Stdin = bytes.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		ts.Fatalf("%v: %s", err, out)
	}
}
