package change

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GTIDSet is a set of transactions: a position. The zero value is the empty
// set. A set is changed only by Add and Union; it is not safe for concurrent
// use, so what is handed to another goroutine is a Clone.
type GTIDSet struct {
	sources []source
}

// source holds what the set has of one SID and tag.
type source struct {
	sid       SID
	tag       string
	intervals []interval // sorted, disjoint, not adjacent
}

// interval is [first, last].
type interval struct{ first, last int64 }

// ParseGTIDSet reads the text that MySQL prints: uuid:1-5:7,uuid:tag:1-3.
// White space (the server breaks long sets into lines) is allowed.
func ParseGTIDSet(text string) (GTIDSet, error) {
	var s GTIDSet
	for part := range strings.SplitSeq(text, ",") {
		part = strings.Join(strings.Fields(part), "")
		if part == "" {
			continue
		}
		fields := strings.Split(part, ":")
		sid, err := ParseSID(fields[0])
		if err != nil {
			return GTIDSet{}, fmt.Errorf("parse gtid set %q: %w", text, err)
		}
		tag := ""
		for _, f := range fields[1:] {
			if isTag(f) {
				tag = strings.ToLower(f)
				continue
			}
			iv, err := parseInterval(f)
			if err != nil {
				return GTIDSet{}, fmt.Errorf("parse gtid set %q: %w", text, err)
			}
			s.addInterval(sid, tag, iv)
		}
	}
	return s, nil
}

// isTag tells a tag from an interval: a tag starts with a letter or underscore.
func isTag(f string) bool {
	return f != "" && (f[0] == '_' || f[0] >= 'a' && f[0] <= 'z' || f[0] >= 'A' && f[0] <= 'Z')
}

func parseInterval(text string) (interval, error) {
	from, to, ranged := strings.Cut(text, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	last := first
	if err == nil && ranged {
		last, err = strconv.ParseInt(to, 10, 64)
	}
	if err != nil || first < 1 || last < first {
		return interval{}, fmt.Errorf("bad interval %q", text)
	}
	return interval{first, last}, nil
}

// String returns the set as MySQL writes it, sources in order, without spaces.
func (s GTIDSet) String() string { return string(s.AppendText(nil)) }

// AppendText appends the text of the set to dst.
func (s GTIDSet) AppendText(dst []byte) []byte {
	for i, src := range s.sources {
		switch {
		case i > 0 && s.sources[i-1].sid == src.sid:
		case i > 0:
			dst = append(dst, ',')
			fallthrough
		default:
			dst = append(dst, src.sid.String()...)
		}
		if src.tag != "" {
			dst = append(dst, ':')
			dst = append(dst, src.tag...)
		}
		for _, iv := range src.intervals {
			dst = append(dst, ':')
			dst = strconv.AppendInt(dst, iv.first, 10)
			if iv.last != iv.first {
				dst = append(dst, '-')
				dst = strconv.AppendInt(dst, iv.last, 10)
			}
		}
	}
	return dst
}

// IsEmpty tells whether the set holds no transaction.
func (s GTIDSet) IsEmpty() bool { return len(s.sources) == 0 }

// Count returns the number of transactions in the set.
func (s GTIDSet) Count() int64 {
	var n int64
	for _, src := range s.sources {
		for _, iv := range src.intervals {
			n += iv.last - iv.first + 1
		}
	}
	return n
}

// Clone returns a copy that shares no memory with s.
func (s GTIDSet) Clone() GTIDSet {
	c := GTIDSet{sources: slices.Clone(s.sources)}
	for i := range c.sources {
		c.sources[i].intervals = slices.Clone(c.sources[i].intervals)
	}
	return c
}

// Add puts one transaction into the set.
func (s *GTIDSet) Add(g GTID) {
	if g.IsZero() {
		return
	}
	s.addInterval(g.SID, g.Tag, interval{g.GNO, g.GNO})
}

// Union puts every transaction of o into s.
func (s *GTIDSet) Union(o GTIDSet) {
	for _, src := range o.sources {
		for _, iv := range src.intervals {
			s.addInterval(src.sid, src.tag, iv)
		}
	}
}

// Contains tells whether the set holds g.
func (s GTIDSet) Contains(g GTID) bool {
	i, ok := s.find(g.SID, g.Tag)
	if !ok {
		return false
	}
	ivs := s.sources[i].intervals
	j, _ := slices.BinarySearchFunc(ivs, g.GNO, func(iv interval, n int64) int {
		if iv.last < n {
			return -1
		}
		return 1
	})
	return j < len(ivs) && ivs[j].first <= g.GNO
}

// ContainsSet tells whether o is a subset of s.
func (s GTIDSet) ContainsSet(o GTIDSet) bool { return o.Subtract(s).IsEmpty() }

// Equal tells whether both sets hold the same transactions.
func (s GTIDSet) Equal(o GTIDSet) bool {
	return slices.EqualFunc(s.sources, o.sources, func(a, b source) bool {
		return a.sid == b.sid && a.tag == b.tag && slices.Equal(a.intervals, b.intervals)
	})
}

// Subtract returns what s has and o has not.
func (s GTIDSet) Subtract(o GTIDSet) GTIDSet {
	var out GTIDSet
	for _, src := range s.sources {
		var minus []interval
		if i, ok := o.find(src.sid, src.tag); ok {
			minus = o.sources[i].intervals
		}
		rest := subtract(src.intervals, minus)
		if len(rest) > 0 {
			out.sources = append(out.sources, source{src.sid, src.tag, rest})
		}
	}
	return out
}

// subtract walks both sorted lists once.
func subtract(from, minus []interval) []interval {
	var out []interval
	j := 0
	for _, iv := range from {
		for j < len(minus) && minus[j].last < iv.first {
			j++
		}
		for k := j; k < len(minus) && minus[k].first <= iv.last; k++ {
			if minus[k].first > iv.first {
				out = append(out, interval{iv.first, minus[k].first - 1})
			}
			iv.first = minus[k].last + 1
			if iv.first > iv.last {
				break
			}
		}
		if iv.first <= iv.last {
			out = append(out, iv)
		}
	}
	return out
}

// find returns where the source is, or where it belongs.
func (s GTIDSet) find(sid SID, tag string) (int, bool) {
	if n := len(s.sources); n == 1 && s.sources[0].sid == sid && s.sources[0].tag == tag {
		return 0, true
	}
	return slices.BinarySearchFunc(s.sources, source{sid: sid, tag: tag}, func(a, b source) int {
		if c := bytes.Compare(a.sid[:], b.sid[:]); c != 0 {
			return c
		}
		return strings.Compare(a.tag, b.tag)
	})
}

func (s *GTIDSet) addInterval(sid SID, tag string, iv interval) {
	i, ok := s.find(sid, tag)
	if !ok {
		s.sources = slices.Insert(s.sources, i, source{sid: sid, tag: tag, intervals: []interval{iv}})
		return
	}
	ivs := s.sources[i].intervals
	// The usual case by far: the next transaction of a source.
	if last := &ivs[len(ivs)-1]; last.last+1 == iv.first {
		last.last = iv.last
		return
	}
	// lo is the first interval that iv touches or lies before, hi the first that
	// lies behind it.
	lo, _ := slices.BinarySearchFunc(ivs, iv.first, func(a interval, n int64) int {
		if a.last+1 < n {
			return -1
		}
		return 1
	})
	hi := lo
	for hi < len(ivs) && ivs[hi].first <= iv.last+1 {
		iv.first = min(iv.first, ivs[hi].first)
		iv.last = max(iv.last, ivs[hi].last)
		hi++
	}
	s.sources[i].intervals = slices.Replace(ivs, lo, hi, iv)
}
