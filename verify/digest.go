package verify

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"tandem/internal/scan"
	"tandem/internal/schema"
)

// digest is what is known of a number of rows, in whatever order they came: how
// many there are, and two sums of 64 bits over their hashes. The first adds (so
// that two equal faults do not cancel each other out, as they would under XOR),
// the second takes the XOR of the hashes mixed once more.
//
// Where the server computes it, there is one sum only; it has no limit.
type digest struct {
	rows  int64
	bytes int64
	sum   uint64
	mixed uint64
	text  string // the server's sum
	// types are those of the columns, of rows in the binary protocol.
	types string
}

func (d *digest) add(hash uint64) {
	d.rows++
	d.sum += hash
	d.mixed ^= mix(hash)
}

func (d digest) equal(o digest) bool {
	return d.rows == o.rows && d.sum == o.sum && d.mixed == o.mixed && d.text == o.text
}

// mix spreads the bits of a hash over a number that has nothing to do with it.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// hasher makes hashes of rows. Each value goes in with its length before it, and
// NULL is a length of its own, so that no two rows look the same to it.
type hasher struct {
	list    *scan.List
	digest  xxhash.Digest
	scratch []byte
}

// values hashes a row that was read with the list. Floats are hashed as numbers,
// since servers print the same number differently.
func (h *hasher) values(values [][]byte) (uint64, error) {
	h.digest.Reset()
	for i, v := range values {
		if i < len(h.list.Columns) && v != nil {
			if k := h.list.Column(i).Kind; k == schema.Float || k == schema.Double {
				canonical, err := schema.FromText(k, v)
				if err != nil {
					return 0, err
				}
				v = canonical
			}
		}
		if err := h.value(v); err != nil {
			return 0, err
		}
	}
	return h.digest.Sum64(), nil
}

func (h *hasher) value(v []byte) error {
	if v == nil {
		_, err := h.digest.Write([]byte{0})
		return err
	}
	h.scratch = binary.AppendUvarint(h.scratch[:0], uint64(len(v))+1)
	if len(v) < 256 {
		h.scratch = append(h.scratch, v...)
		_, err := h.digest.Write(h.scratch)
		return err
	}
	if _, err := h.digest.Write(h.scratch); err != nil {
		return err
	}
	_, err := h.digest.Write(v)
	return err
}
