package awsfake

// HashOf is the hash that a signature holds of a body.
func HashOf(body string) string { return hashOf([]byte(body)) }
