package config

import (
	"fmt"

	"tandem/internal/yamlfile"
)

// TLSMode says how a connection is encrypted and what is checked.
type TLSMode string

// The modes, from least to most checked. There is no "prefer": a connection
// that may silently be plain protects nobody.
const (
	TLSOff        TLSMode = "off"
	TLSRequire    TLSMode = "require"     // encrypted, certificate not checked
	TLSVerifyCA   TLSMode = "verify-ca"   // certificate checked against the CA
	TLSVerifyFull TLSMode = "verify-full" // and its name against the host
)

// OnDDL says what a link does when it meets a schema change in the stream.
type OnDDL string

// The policies for schema changes.
const (
	DDLApply  OnDDL = "apply"
	DDLStop   OnDDL = "stop"
	DDLIgnore OnDDL = "ignore"
)

// OnConflict says what a link does when a row on the other side is not as the
// stream says it must be.
type OnConflict string

// The policies for conflicts. Both record the row in _tandem.conflict.
const (
	ConflictStop   OnConflict = "stop"
	ConflictRecord OnConflict = "record"
)

// choice is implemented by the types whose values are a fixed list.
type choice interface {
	choices() []string
}

func (*TLSMode) choices() []string    { return []string{"off", "require", "verify-ca", "verify-full"} }
func (*OnDDL) choices() []string      { return []string{"apply", "stop", "ignore"} }
func (*OnConflict) choices() []string { return []string{"stop", "record"} }

func (m *TLSMode) set(text string) error {
	switch text {
	case "prefer", "preferred":
		return hinted(fmt.Errorf("%q is not a TLS mode", text),
			"prefer falls back to plain text without a word; write require, or off where that is meant")
	case "disable", "disabled", "none":
		return hinted(fmt.Errorf("%q is not a TLS mode", text), "write off")
	case "required":
		return hinted(fmt.Errorf("%q is not a TLS mode", text), "write require")
	case "verify_identity", "verify-identity", "VERIFY_IDENTITY":
		return hinted(fmt.Errorf("%q is not a TLS mode", text), "write verify-full")
	}
	return setChoice((*string)(m), m, text)
}
func (o *OnDDL) set(text string) error      { return setChoice((*string)(o), o, text) }
func (o *OnConflict) set(text string) error { return setChoice((*string)(o), o, text) }

func setChoice(to *string, c choice, text string) error {
	chosen, err := yamlfile.Choose(text, c.choices())
	if err == nil {
		*to = chosen
	}
	return err
}
