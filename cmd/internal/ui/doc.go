// Package ui is what a person sees: tables, colours, prompts, progress and the
// status screen.
//
// Three rules hold everywhere. Results go to standard output, everything said
// about them to standard error. What depends on a terminal (colour, moving
// bars, questions) is decided per stream, because one may be a pipe and the
// other not. And nothing here knows the engine: callers fill plain structs,
// such as Status, and choose how they are shown.
package ui
