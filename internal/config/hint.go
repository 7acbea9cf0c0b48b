package config

import "tandem/internal/yamlfile"

func hinted(err error, hint string) error { return yamlfile.Hinted(err, hint) }

func hintOf(err error) string { return yamlfile.HintOf(err) }
