// Package schema is the vocabulary for what a table is: its columns, its keys,
// and the one form in which tandem carries a value from a binlog, a SELECT or
// a file to the other side.
//
// # Canonical values
//
// A [Row] is one []byte per column, in the order of [Table.Columns]. A nil
// value is SQL NULL; an empty, non-nil value is an empty string. Everything
// that reads rows (binlog decoder, copier, verifier) produces exactly these
// bytes, so that two sides can be compared with bytes.Equal and written with
// [AppendLiteral] without knowing where a row came from:
//
//	Int                decimal digits, '-' if negative; unsigned as unsigned
//	Decimal            the server's text, all digits of the scale ("1.50")
//	Float, Double      shortest text that reads back to the same float64, always
//	                   with an exponent ("1.5e+00", "-0e+00"): a literal with an
//	                   exponent is a DOUBLE to MySQL, one without is a DECIMAL
//	                   and loses the sign of -0. A FLOAT is widened first.
//	Year               four digits, "0000" for the zero year
//	Date, Time,        the server's text with exactly as many fractional digits
//	DateTime           as the column has; zero and invalid dates as they are
//	Timestamp          as DateTime, in UTC
//	Enum, Set          the member's number, the bit mask (0 is the invalid '')
//	Bit                the unsigned value
//	Char, Text         the raw bytes in the column's own character set;
//	                   CHAR without trailing spaces, as the server sends it
//	Binary             raw bytes, padded with 0x00 to the column's width
//	Bytes              raw bytes
//	JSON               the document's text, or [TypedJSON] where the document
//	                   holds values that its text does not tell apart
//	Geometry           SRID (4 bytes, little endian) and WKB, never WKT
//	Vector             the raw float32 values, little endian
//
// The package imports the standard library only.
package schema
