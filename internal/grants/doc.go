// Package grants knows which rights tandem's database user needs, and writes
// them as SQL to paste.
//
// What is needed is a list of data ([Needs]): each right, on what, for which part
// of the work, and what is lost without it. The SQL of "tandem init --grants" is
// made of it, and the tests give a user exactly these rights, and then all but
// one, and look that something names the one.
//
//	server (whose, version, side) ─► Needs ─► Script ─► SQL
//
// The rights come in parts, so that a team can begin with the first one:
//
//	replicate   copy, stream, compare: all that "tandem replicate" needs
//	reverse     the link back
//	handover    guards, triggers and events of the application, views, routines
//	fences      what only fences other than the guard need: commented out
//
// Nothing here is on *.* that can be on a database. Neither cloud can give SUPER,
// and nothing here asks for it from version 8.0 on.
package grants
