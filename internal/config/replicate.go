package config

// Replicate holds the options of the links. There are few on purpose: what
// tandem can find out by itself is not asked.
type Replicate struct {
	Copy       CopyOptions  `yaml:"copy"`
	Throttle   Throttle     `yaml:"throttle"`
	Spool      SpoolOptions `yaml:"spool"`
	Validate   bool         `yaml:"validate"` // compare what was applied, once a full comparison was made
	OnDDL      OnDDL        `yaml:"on_ddl"`
	OnConflict OnConflict   `yaml:"on_conflict"`
	ServerID   uint32       `yaml:"server_id"` // 0: derived from the migration's name
}

// CopyOptions governs the initial copy.
type CopyOptions struct {
	Workers    int   `yaml:"workers"`     // chunks in flight at once
	ChunkBytes Bytes `yaml:"chunk_bytes"` // size of a chunk, about
}

// SpoolOptions governs what is read but not yet applied.
type SpoolOptions struct {
	Dir    Path  `yaml:"dir"`    // where it goes beyond the memory
	Memory Bytes `yaml:"memory"` // how much of it is kept in memory
}

func (r Replicate) validate(path string, c *checker) {
	if r.Copy.Workers < 1 || r.Copy.Workers > 64 {
		c.add(path+".copy.workers", "workers are 1 to 64", "")
	}
	if r.Copy.ChunkBytes < 64<<10 || r.Copy.ChunkBytes > 256<<20 {
		c.add(path+".copy.chunk_bytes", "a chunk is 64KiB to 256MiB", "write 4MiB where in doubt")
	}
	r.Throttle.validate(path+".throttle", c)
	if r.Spool.Memory < 1<<20 || r.Spool.Memory > 64<<30 {
		c.add(path+".spool.memory", "the memory of the spool is 1MiB to 64GiB", "write 16MiB where in doubt")
	}
	if r.Spool.Dir == "" {
		c.add(path+".spool.dir", "the spool needs a folder", "leave the key out for .tandem/spool beside the file")
	}
}
