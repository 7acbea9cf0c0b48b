package sqltoken

// Next returns the index of the first token from i on that is neither space nor
// a marker, len(tokens) if there is none.
func Next(tokens []Token, i int) int {
	for i < len(tokens) && (tokens[i].Kind == Space || tokens[i].Kind == Marker) {
		i++
	}
	return i
}

// Find returns the index of the first token from i on, at that depth, where the
// words begin, -1 if there is none.
func Find(tokens []Token, i, depth int, words ...string) int {
	for ; i < len(tokens); i++ {
		if tokens[i].Depth == depth && Behind(tokens, i, words) >= 0 {
			return i
		}
	}
	return -1
}

// Behind returns the index behind the words if they begin at i, else -1.
func Behind(tokens []Token, i int, words []string) int {
	for n, w := range words {
		if n > 0 {
			i = Next(tokens, i)
		}
		if i >= len(tokens) || !tokens[i].Is(w) {
			return -1
		}
		i++
	}
	return i
}

// Closing returns the index of the parenthesis that closes the one at i,
// len(tokens) if there is none.
func Closing(tokens []Token, i int) int {
	for j := i + 1; j < len(tokens); j++ {
		if tokens[j].Depth == tokens[i].Depth && tokens[j].Is(")") {
			return j
		}
	}
	return len(tokens)
}

// Inside returns what stands in the parentheses that open at i, and the index
// of the one that closes them. It is false where there are none.
func Inside(tokens []Token, i int) (within string, end int, ok bool) {
	if i < 0 || i >= len(tokens) || !tokens[i].Is("(") {
		return "", 0, false
	}
	end = Closing(tokens, i)
	return Join(tokens[i+1 : end]), end, end < len(tokens)
}
