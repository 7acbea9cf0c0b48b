package journal

// Mask replaces passwords inside of a text as entries have them replaced, for
// those who show a text before it is recorded.
func Mask(text string) string { return mask(text) }
