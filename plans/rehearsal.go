package plans

// Rehearse is how a plan is rehearsed on clones.
type Rehearse struct {
	// Load is a program that writes to the clones as the application does, from
	// before the first stage until the last one is rolled back.
	Load *RehearseLoad `yaml:"load"`
}

// RehearseLoad is a program that runs until it is ended.
type RehearseLoad struct {
	Command []string `yaml:"command"`
}
