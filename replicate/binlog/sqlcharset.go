package binlog

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// decodeSQL returns a statement as UTF-8, so that the names in it can be read.
// A statement stands in the binlog in the character set of its client, and in
// some of those the second byte of a character can be a quote or a backslash.
func decodeSQL(sql []byte, charsetClient uint16) (string, bool) {
	ascii := true
	for _, c := range sql {
		if c >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii || charsetClient == 0 || isUTF8(charsetClient) {
		return string(sql), true
	}
	enc := clientEncoding(charsetClient)
	if enc == nil {
		return "", false
	}
	out, err := enc.NewDecoder().Bytes(sql)
	return string(out), err == nil
}

// isUTF8 tells whether a collation id is one of utf8mb3, utf8mb4 or binary.
func isUTF8(id uint16) bool {
	switch {
	case id == 33, id == 45, id == 46, id == 63, id == 76, id == 83:
		return true
	}
	return id >= 192 && id <= 247 || id >= 255 && id <= 323
}

// clientEncoding knows the character sets, by their default and binary
// collations, that a client may set.
func clientEncoding(id uint16) encoding.Encoding {
	switch id {
	case 5, 8, 15, 31, 47, 48, 49, 94:
		return charmap.Windows1252 // MySQL's latin1
	case 13, 88, 95, 96:
		return japanese.ShiftJIS // sjis, cp932
	case 12, 91, 97, 98:
		return japanese.EUCJP // ujis, eucjpms
	case 24, 86, 28, 87:
		return simplifiedchinese.GBK // gb2312, gbk
	case 248, 249, 250:
		return simplifiedchinese.GB18030
	case 1, 84:
		return traditionalchinese.Big5
	case 19, 85:
		return korean.EUCKR
	}
	return nil
}
