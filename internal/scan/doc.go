// Package scan reads the rows of a table exactly: it knows which columns to
// select, in which order, by which expressions, and what the values that come
// back are in canonical form (package schema).
//
//	key columns │ other columns │ types of the 1st JSON column │ of the 2nd │ …
//
// The key comes first, so that whoever reads rows in key order knows where he
// is. The types stand at the end: a JSON document may hold values that its text
// does not tell apart (DECIMAL, dates, binary strings, unsigned integers), and
// where it does, the SELECT brings the types of all its values. Servers before
// 8.0 have no JSON_TABLE; there types are asked for by path afterwards
// ([TypeQuestions]).
//
// To ask every document for all types costs more than all else of a row. Most
// documents of a column are built alike, so there are two ways to ask less, both
// exact: a condition that tells documents of the usual kinds, with plain values,
// from others, which are asked for everything ([Kinds], [List.Unless]); and, where
// the text of every document is looked at anyway, questions for the few places
// where a type can hide, with a [Checker] that sees whether these were all
// ([List.Compared]).
//
// The session needs [SessionVars].
package scan
