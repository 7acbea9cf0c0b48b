// Package architecture holds the rules of the house, as tests over the whole
// repository: which package may import which, what may stand in which folder,
// how long a file may be. docs/architecture.md says why.
//
//	cmd ──► replicate   verify   plans        (never each other)
//	            │         │        │
//	            └────────►└───────►└──► internal/*
//
// Each rule is a small function over parsed input, and each is tested on input
// that breaks it: a rule that can not fail is no rule.
package architecture
