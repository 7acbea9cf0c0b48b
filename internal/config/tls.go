package config

import "path/filepath"

// TLS says how the connection to a server is protected. The mode is
// verify-full unless given; for servers on this machine it is off, unless
// certificates are given.
type TLS struct {
	Mode       TLSMode `yaml:"mode"`
	CA         Path    `yaml:"ca"`          // certificates to trust, PEM; the system's if empty
	Cert       Path    `yaml:"cert"`        // tandem's own certificate, PEM
	Key        Path    `yaml:"key"`         // and its key
	ServerName string  `yaml:"server_name"` // the name to expect, if not the host
}

func (t TLS) validate(path string, c *checker) {
	if (t.Cert == "") != (t.Key == "") {
		c.add(path, "cert and key belong together", "give both or neither")
	}
	byDefault := c.layerOf(path+".mode") == LayerDefault
	if t.Mode == TLSOff && !byDefault && (t.CA != "" || t.Cert != "" || t.ServerName != "") {
		c.add(path, "certificates are given but tls is off", "write mode: verify-full, or take them out")
	}
	if t.Mode == TLSRequire && t.CA != "" {
		c.add(path+".ca", "mode require checks no certificate, so ca would have no effect", "write mode: verify-ca or verify-full")
	}
	if t.ServerName != "" && t.Mode != TLSVerifyFull && t.Mode != TLSOff {
		c.add(path+".server_name", "only mode verify-full checks the server's name", "write mode: verify-full, or take server_name out")
	}
}

// Path is the path of a file. In tandem.yaml it is relative to the file's
// folder, elsewhere to the working directory.
type Path string

func (p *Path) set(text string) error {
	*p = Path(text)
	return nil
}

func (p *Path) rebase(dir string) {
	if *p != "" && !filepath.IsAbs(string(*p)) {
		*p = Path(filepath.Join(dir, string(*p)))
	}
}
