package scan

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"tandem/internal/schema"
)

// A JSON document may hold values that its text does not tell apart from
// others: DECIMAL, dates, binary strings, unsigned integers. Where there is one,
// the SELECT brings the types of all values, in this order: the document itself;
// the members of all its objects; the elements of all its arrays. Containers
// come in the order in which they begin. [TypedLeaves] walks the text in the
// same order.

// everyValue is all members, then all elements, as one array; NULL for a scalar.
const everyValue = "JSON_TABLE(JSON_EXTRACT(%s,_utf8mb4'$**.*',_utf8mb4'$**[*]'),_utf8mb4'$[*]' COLUMNS(n FOR ORDINALITY,v JSON PATH _utf8mb4'$')) jt"

// untypedKinds are the types that a document's text shows. Of integers, a server
// that reads the text takes those above 32 bits for unsigned, all others for
// signed.
const untypedKinds = "('OBJECT','ARRAY','BOOLEAN','NULL','INTEGER','DOUBLE','STRING')"

// typed is the condition that a value's type does not show in the text.
func typed(value string) string {
	return fmt.Sprintf("(JSON_TYPE(%[1]s) NOT IN %[2]s OR JSON_TYPE(%[1]s)='INTEGER' AND %[1]s>4294967295)", value, untypedKinds)
}

// AppendTypes appends the expression that is NULL for most documents, and the
// types of all values of those that need them.
func AppendTypes(dst []byte, col string) []byte {
	from := fmt.Sprintf(everyValue, col)
	return fmt.Appendf(dst, "IF(%s OR EXISTS(SELECT 1 FROM %s WHERE %s),"+
		"CONCAT_WS(',',JSON_TYPE(%s),(SELECT GROUP_CONCAT(IFNULL(JSON_TYPE(v),'NULL') ORDER BY n) FROM %s)),NULL)",
		typed(col), from, typed("v"), col, from)
}

// HasJSONTable tells whether a server knows JSON_TABLE.
func HasJSONTable(version string) bool {
	var major int
	fmt.Sscanf(version, "%d.", &major)
	return major >= 8
}

// jsonValue is one value of a document with the way to it.
type jsonValue struct {
	path string
	text string // the value as it stands in the document; for scalars
	// number and str tell what kind of scalar the text shows.
	number, str bool
	// inside is how many values a container has, and -1 for scalars.
	inside int
}

// TypedLeaves returns the canonical value of a document whose values have the
// types given.
func TypedLeaves(doc []byte, types string) ([]byte, error) {
	kinds := strings.Split(types, ",")
	values, err := jsonValues(doc)
	if err != nil {
		return nil, err
	}
	if len(values) != len(kinds) {
		return nil, fmt.Errorf("json document with %d values has %d types", len(values), len(kinds))
	}
	d := schema.TypedJSON{Text: doc}
	for i, kind := range kinds {
		expr, err := leafExpr(kind, values[i].text)
		if err != nil {
			return nil, fmt.Errorf("json value %s: %w", values[i].path, err)
		}
		if expr != "" {
			d.Leaves = append(d.Leaves, schema.TypedLeaf{Path: values[i].path, Expr: expr})
		}
	}
	return schema.AppendTypedJSON(nil, d), nil
}

// jsonValues returns a document's values in the order described above.
func jsonValues(doc []byte) ([]jsonValue, error) {
	w := walker{dec: json.NewDecoder(strings.NewReader(string(doc))), doc: doc}
	w.dec.UseNumber()
	root, err := w.value("$")
	if err != nil {
		return nil, err
	}
	out := []jsonValue{root}
	for _, c := range w.containers {
		if c.object {
			out = append(out, c.values...)
		}
	}
	for _, c := range w.containers {
		if !c.object {
			out = append(out, c.values...)
		}
	}
	return out, nil
}

// walker reads a document and collects its containers as they begin.
type walker struct {
	dec        *json.Decoder
	doc        []byte
	containers []*container
}

type container struct {
	object bool
	values []jsonValue
}

func (w *walker) value(path string) (jsonValue, error) {
	token, err := w.dec.Token()
	if err != nil {
		return jsonValue{}, fmt.Errorf("read json: %w", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		_, number := token.(json.Number)
		_, str := token.(string)
		return jsonValue{path: path, text: fmt.Sprint(token), number: number, str: str, inside: -1}, nil
	}
	c := &container{object: delim == '{'}
	w.containers = append(w.containers, c)
	for i := 0; w.dec.More(); i++ {
		leg := fmt.Sprintf("%s[%d]", path, i)
		if c.object {
			name, err := w.dec.Token()
			if err != nil {
				return jsonValue{}, fmt.Errorf("read json: %w", err)
			}
			leg = path + "." + quoteJSON(name.(string))
		}
		v, err := w.value(leg)
		if err != nil {
			return jsonValue{}, err
		}
		c.values = append(c.values, v)
	}
	_, err = w.dec.Token()
	return jsonValue{path: path, inside: len(c.values)}, err
}

// quoteJSON quotes a member's name for a path, which takes JSON's own notation.
func quoteJSON(name string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Strings can always be encoded.
	_ = enc.Encode(name)
	return strings.TrimSuffix(b.String(), "\n")
}

// leafExpr returns the expression that makes a value of that type, or nothing
// where the text says it all.
func leafExpr(kind, text string) (string, error) {
	switch kind {
	case "OBJECT", "ARRAY", "BOOLEAN", "NULL", "DOUBLE", "STRING":
		return "", nil
	case "INTEGER":
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n <= math.MaxUint32 {
			return "", err
		}
		return "CAST(" + text + " AS SIGNED)", nil
	case "UNSIGNED INTEGER":
		return "CAST(" + text + " AS UNSIGNED)", nil
	case "DECIMAL":
		digits := strings.TrimPrefix(text, "-")
		whole, fraction, _ := strings.Cut(digits, ".")
		whole = strings.TrimLeft(whole, "0")
		return fmt.Sprintf("CAST('%s' AS DECIMAL(%d,%d))", text, max(len(whole)+len(fraction), 1), len(fraction)), nil
	case "DATE":
		return "CAST('" + text + "' AS DATE)", nil
	case "TIME":
		return "CAST('" + text + "' AS TIME(6))", nil
	case "DATETIME", "TIMESTAMP":
		return "CAST('" + text + "' AS DATETIME(6))", nil
	}
	// Binary strings of one or another type: base64:type15:...
	fields := strings.SplitN(text, ":", 3)
	if len(fields) != 3 || fields[0] != "base64" {
		return "", fmt.Errorf("a value of type %s can not be carried over", kind)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(fields[2], "\n", ""))
	if err != nil {
		return "", err
	}
	return "x'" + hex.EncodeToString(raw) + "'", nil
}
