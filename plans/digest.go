package plans

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"tandem/internal/config"
	"tandem/internal/schema"
	"tandem/internal/yamlfile"
)

// Digest is what a plan, and all that it depends on, amount to. Two digests
// with the same sum mean the same run.
type Digest struct {
	Sum string `json:"sum"` // SHA-256 over the parts, as hex
	// Parts are what the sum was made of, sorted by name.
	Parts []Part `json:"parts"`
	// Missing says what could not be looked at. A digest with something missing
	// is equal to none.
	Missing []string `json:"missing,omitempty"`
}

// Part is one thing that the plan depends on.
type Part struct {
	Name string `json:"name"` // such as stage analytics, or table courier.orders
	Sum  string `json:"sum"`
}

// Complete tells whether everything could be looked at.
func (d Digest) Complete() bool { return len(d.Missing) == 0 }

// Digest computes the digest of a plan: of its stages as they hold (comments,
// order of keys and the place of defaults do not count), of the programs in
// its folder that it runs, of tandem.yaml without its credentials, and of the
// tables with their groups. cfg and tables are nil where they are not known.
func (p *Plan) Digest(cfg *config.Config, tables []*schema.Table) (Digest, error) {
	var d Digest
	d.add("plan", fmt.Sprint(p.Version), p.Name)
	for i, s := range p.Stages {
		d.add("stage "+s.Name, append([]string{fmt.Sprint(i)}, leaves(reflect.ValueOf(s))...)...)
	}
	if err := d.programs(p); err != nil {
		return Digest{}, err
	}
	if cfg == nil {
		d.Missing = append(d.Missing, "tandem.yaml")
	} else {
		d.config(cfg)
	}
	switch {
	case cfg == nil || tables == nil:
		d.Missing = append(d.Missing, "the source's tables")
	default:
		m := NewMembership(cfg.Groups, tables)
		for _, t := range tables {
			d.add("table "+t.Name.String(), m.of[t.Name], t.Fingerprint)
		}
	}
	d.sum()
	return d, nil
}

// config adds the part of tandem.yaml that a run depends on. How to log in is
// no part of it: a password may change between rehearsal and run.
func (d *Digest) config(cfg *config.Config) {
	d.add("migration", cfg.Migration)
	d.add("source server", cfg.Source.String())
	d.add("target server", cfg.Target.String())
	for _, name := range GroupNames(cfg) {
		d.add("group "+name, patterns(cfg.Groups[name])...)
	}
	d.add("tables that move", append(append(patterns(cfg.Tables.Include), ""), patterns(cfg.Tables.Exclude)...)...)
	d.add("policies", fmt.Sprint(cfg.Replicate.OnDDL), fmt.Sprint(cfg.Replicate.OnConflict))
}

func patterns(list []config.Pattern) []string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.String()
	}
	slices.Sort(texts)
	return texts
}

// programs adds what the plan runs, where it is a file named by a path.
func (d *Digest) programs(p *Plan) error {
	seen := map[string]bool{}
	for _, command := range p.commands() {
		for _, word := range command {
			if !strings.Contains(word, "/") || seen[word] || strings.Contains(word, "://") {
				continue
			}
			seen[word] = true
			path := word
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(p.File()), path)
			}
			info, err := os.Stat(path)
			switch {
			case err != nil && word == command[0]:
				d.Missing = append(d.Missing, "program "+word)
			case err != nil || !info.Mode().IsRegular():
			default:
				data, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("read program %s of the plan: %w", word, err)
				}
				d.add("program "+word, string(data))
			}
		}
	}
	return nil
}

// commands returns every command line of the plan.
func (p *Plan) commands() [][]string {
	var list [][]string
	add := func(execs []Exec) {
		for _, e := range execs {
			list = append(list, e.Command)
		}
	}
	for _, s := range p.Stages {
		if s.Gates != nil {
			add(s.Gates.Exec)
		}
		for _, a := range s.Traffic {
			if a.Exec != nil {
				add([]Exec{*a.Exec})
			}
		}
		if s.Fence != nil && s.Fence.Exec != nil {
			list = append(list, s.Fence.Exec.Command, s.Fence.Exec.Undo)
		}
		if s.Bake != nil && s.Bake.RollbackIf != nil {
			add(s.Bake.RollbackIf.Exec)
		}
	}
	return list
}

// add adds a part. Its texts are told apart by JSON's quotes.
func (d *Digest) add(name string, texts ...string) {
	d.Parts = append(d.Parts, Part{name, sumOf(texts)})
}

func (d *Digest) sum() {
	slices.SortFunc(d.Parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(d.Missing)
	texts := []string{"tandem plan digest 1"}
	for _, p := range d.Parts {
		texts = append(texts, p.Name, p.Sum)
	}
	for _, m := range d.Missing {
		texts = append(texts, "missing", m)
	}
	d.Sum = sumOf(texts)
}

func sumOf(texts []string) string {
	data, _ := json.Marshal(texts) // texts always marshal
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// leaves lists every value that is set, as path=value, in the order of the
// types.
func leaves(root reflect.Value) []string {
	var list []string
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		if v.IsZero() {
			return
		}
		switch v.Kind() {
		case reflect.Pointer:
			list = append(list, path+": set")
			walk(path, v.Elem())
		case reflect.Struct:
			if a, ok := v.Interface().(Approve); ok && a.refused {
				list = append(list, path+"=false")
			}
			for _, f := range yamlfile.Fields(v) {
				walk(yamlfile.Join(path, f.Key), f.Value)
			}
		case reflect.Slice:
			for i := range v.Len() {
				list = append(list, fmt.Sprintf("%s[%d]", path, i))
				walk(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				list = append(list, fmt.Sprintf("%s[%q]=%q", path, k.String(), v.MapIndex(k).String()))
			}
		default:
			list = append(list, fmt.Sprintf("%s=%q", path, fmt.Sprint(v.Interface())))
		}
	}
	walk("", root)
	slices.Sort(list)
	return list
}
