// Package scripts embeds the scripts that fetch MySQL servers, so that an
// installed tandem can fetch one without its source tree.
package scripts

import "embed"

// FS holds the fetch scripts by file name.
//
//go:embed fetch-mysql.sh fetch-mysql56.sh
var FS embed.FS
