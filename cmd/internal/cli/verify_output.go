package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"tandem/cmd/internal/render"
	"tandem/cmd/internal/ui"
	"tandem/verify"
)

// showRows prints a report of rows.
func (v *verification) showRows(r *verify.Report) error {
	return v.show(r, render.FromRows(r), func(out ui.Stream) error { return render.Table(out, r) })
}

// showSchema prints a report of definitions.
func (v *verification) showSchema(r *render.SchemaReport) error {
	return v.show(r, render.FromSchema(r), func(out ui.Stream) error { return render.SchemaTable(out, r) })
}

func (v *verification) show(report any, result *render.Result, table func(ui.Stream) error) error {
	if v.flags.output == outputCSV {
		return render.CSV(v.out, result)
	}
	return v.result(report, table)
}

// writeFiles writes the files that were asked for, each whole or not at all, and
// what GitHub is to show.
func (v *verification) writeFiles(r *render.Result) error {
	var failed []error
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{v.opts.junit, func(w io.Writer) error { return render.JUnit(w, r) }},
		{v.opts.html, func(w io.Writer) error { return render.HTML(w, r) }},
		{v.opts.sarif, func(w io.Writer) error {
			return render.SARIF(w, r, render.SARIFOptions{Version: readVersion().Version, Artifact: v.artifact()})
		}},
	} {
		if f.path != "" {
			failed = append(failed, v.writeFile(f.path, 0o644, f.write))
		}
	}
	if v.opts.github {
		failed = append(failed, v.writeGitHub(r))
	}
	return joinErrors(failed...)
}

func (v *verification) writeFile(path string, mode os.FileMode, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := renameio.WriteFile(path, b.Bytes(), mode); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	v.say("wrote %s", path)
	return nil
}

// artifact is the configuration file as it is called in a repository, for what
// shows results at a file; empty if it lies elsewhere.
func (v *verification) artifact() string {
	if !filepath.IsLocal(v.flags.config) {
		return ""
	}
	return filepath.ToSlash(filepath.Clean(v.flags.config))
}

// writeGitHub writes annotations to standard error, where they do not mix with
// the result, and adds to the job summary if there is one.
func (v *verification) writeGitHub(r *render.Result) (err error) {
	if err := render.GitHubAnnotations(v.logTo, r, v.artifact()); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	path := v.Env("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write the job summary: %w", err)
	}
	defer func() {
		if closed := file.Close(); err == nil && closed != nil {
			err = fmt.Errorf("write the job summary: %w", closed)
		}
	}()
	if err := render.GitHubSummary(file, r); err != nil {
		return fmt.Errorf("write the job summary: %w", err)
	}
	return nil
}
