package peer

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Values travel with their kinds, as lib/cel/conformance/typed_json.h describes. These make them.

func Null() any           { return map[string]any{"null": nil} }
func Bool(v bool) any     { return map[string]any{"bool": v} }
func Int(v int64) any     { return map[string]any{"int": strconv.FormatInt(v, 10)} }
func Uint(v uint64) any   { return map[string]any{"uint": strconv.FormatUint(v, 10)} }
func String(v string) any { return map[string]any{"string": v} }
func Bytes(v []byte) any  { return map[string]any{"bytes": hex.EncodeToString(v)} }
func Type(v string) any   { return map[string]any{"type": v} }
func List(v []any) any    { return map[string]any{"list": v} }
func Map(v [][2]any) any  { return map[string]any{"map": v} }

func Double(v float64) any {
	return map[string]any{"double": strconv.FormatFloat(v, 'g', -1, 64)}
}

func Duration(nanoseconds int64) any {
	return map[string]any{"duration": strconv.FormatInt(nanoseconds, 10)}
}

func Timestamp(seconds, nanoseconds int64) any {
	return map[string]any{"timestamp": []any{strconv.FormatInt(seconds, 10), strconv.FormatInt(nanoseconds, 10)}}
}

// Canonical is a text that is the same for two values exactly if they have the same kind and content. Maps are
// without order, NaN is itself.
func Canonical(value any) string {
	for kind, content := range value.(map[string]any) {
		switch kind {
		case "null":
			return "null"
		case "double":
			return "double " + canonicalDouble(content.(string))
		case "list":
			return "[" + strings.Join(canonicals(content), ", ") + "]"
		case "map":
			entries := canonicalEntries(content)
			slices.Sort(entries)
			return "{" + strings.Join(entries, ", ") + "}"
		default:
			return fmt.Sprintf("%s %q", kind, fmt.Sprint(content))
		}
	}
	return "nothing"
}

func canonicalDouble(text string) string {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(number) {
		return text
	}
	return strconv.FormatFloat(number, 'g', -1, 64)
}

func canonicals(list any) []string {
	var texts []string
	items, _ := list.([]any)
	for _, item := range items {
		texts = append(texts, Canonical(item))
	}
	return texts
}

func canonicalEntries(entries any) []string {
	var texts []string
	switch list := entries.(type) {
	case [][2]any: // as made here
		for _, entry := range list {
			texts = append(texts, Canonical(entry[0])+": "+Canonical(entry[1]))
		}
	case []any: // as read from JSON
		for _, entry := range list {
			pair := entry.([]any)
			texts = append(texts, Canonical(pair[0])+": "+Canonical(pair[1]))
		}
	}
	return texts
}
