package config

// The kinds of value beyond Go's own which a key can have.
type (
	// setter reads itself from text, wherever the text comes from.
	setter interface{ set(text string) error }
	// exclusive is a mapping with keys that stand for each other.
	exclusive interface{ alternatives() [][]string }
	// scalarRefuser explains why a plain value may not stand for a mapping.
	scalarRefuser interface {
		refuseScalar() (message, hint string)
	}
	// variableHolder takes a variable by its name when the variable is called
	// like the mapping itself.
	variableHolder interface{ fromVariable(name string) }
	// rebaser is a path that is relative to where it was written.
	rebaser interface{ rebase(dir string) }
)
