package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"
)

func passwordFile(role Role) string { return string(role) + ".password" }

// writeConfig writes a tandem.yaml for the pair and the password files that it
// names, and returns its hash.
func writeConfig(pair *Pair, opts UpOptions) (string, error) {
	for _, server := range pair.Servers() {
		path := filepath.Join(opts.Dir, passwordFile(server.Role()))
		if err := renameio.WriteFile(path, []byte(server.Password()+"\n"), 0o600, renameio.IgnoreUmask()); err != nil {
			return "", err
		}
	}
	path := filepath.Join(opts.Dir, ConfigFile)
	if err := renameio.WriteFile(path, configText(pair, opts), 0o600, renameio.IgnoreUmask()); err != nil {
		return "", err
	}
	return fileSum(path), nil
}

func configText(pair *Pair, opts UpOptions) []byte {
	if opts.Migration == "" {
		opts.Migration = "courier"
	}
	if len(opts.Tables) == 0 {
		opts.Tables = []string{"courier.*"}
	}
	patterns := make([]string, len(opts.Tables))
	for n, pattern := range opts.Tables {
		patterns[n] = strconv.Quote(pattern)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# For the sandbox in this directory: written by 'tandem sandbox up', removed by\n# 'tandem sandbox down' unless it was changed.\nversion: 1\nmigration: %s\n", opts.Migration)
	for _, server := range pair.Servers() {
		fmt.Fprintf(&b, "%s: # MySQL %s\n  host: %s\n  port: %d\n  user: %s\n  password: {file: %s}\n",
			server.Role(), server.Install().Number(), server.Host(), server.Port, UserTandem, passwordFile(server.Role()))
	}
	fmt.Fprintf(&b, "tables: {include: [%s]}\n", strings.Join(patterns, ", "))
	return b.Bytes()
}

// fileSum is the hash of a file, empty if it cannot be read.
func fileSum(path string) string {
	body, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
