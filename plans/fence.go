package plans

// Fence keeps application writes off the groups. With the guard it is the lock
// of one row, which undoes itself whatever dies. The other kinds do not: where
// they are the fence they need a deadline, at which the daemon lifts them when
// the runner is gone.
type Fence struct {
	Guard    *bool      `yaml:"guard"`    // true unless said otherwise
	Wait     Duration   `yaml:"wait"`     // how long writers may queue behind the fence's own wait
	Accounts []string   `yaml:"accounts"` // with the guard: locked once the handover is done
	Grants   []string   `yaml:"grants"`   // accounts that lose the right to write the groups
	ReadOnly bool       `yaml:"read_only"`
	Exec     *FenceExec `yaml:"exec"`
	Deadline Duration   `yaml:"deadline"`
	ProveAs  *ProveAs   `yaml:"prove_as"`
}

// FenceExec is a program that keeps writes off, and one that lets them on again.
type FenceExec struct {
	Command []string `yaml:"command"`
	Undo    []string `yaml:"undo"`
	Timeout Duration `yaml:"timeout"`
}

// ProveAs is the application's user, as which a write is attempted: a fence of
// another kind than the guard counts only when that write is refused.
type ProveAs struct {
	User         string `yaml:"user"`
	PasswordEnv  string `yaml:"password_env"`
	PasswordFile string `yaml:"password_file"`
}

// Guarded tells whether the fence is the guard. No fence at all is the guard.
func (f *Fence) Guarded() bool { return f == nil || f.Guard == nil || *f.Guard }

// Others tells whether the fence is of other kinds, or has some besides.
func (f *Fence) Others() bool {
	return f != nil && (len(f.Accounts)+len(f.Grants) > 0 || f.ReadOnly || f.Exec != nil)
}
