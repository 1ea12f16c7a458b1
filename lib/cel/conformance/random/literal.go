package main

import "strconv"

// inputs are the variables of every expression, by kind.
var inputs = map[kind][]string{
	boolKind:      {"input.flag"},
	intKind:       {"input.n", "input.list[0]", "n"},
	uintKind:      {"u"},
	doubleKind:    {"input.ratio", "d"},
	stringKind:    {"input.text", "input.name.first", "s"},
	bytesKind:     {"b"},
	listKind:      {"input.list", "input.words"},
	mapKind:       {"input", "input.name", "m"},
	durationKind:  {"duration('90s')", "span"},
	timestampKind: {"instant"},
	nullKind:      {"input.nothing"},
}

func (g *generator) literal(wanted kind) string {
	switch wanted {
	case boolKind:
		return pick(g, "true", "false")
	case intKind:
		return pick(g, "0", "1", "-1", "2", "7", "42", "0x1F", "9223372036854775807", "-9223372036854775808",
			"9007199254740993", "1000000007", strconv.Itoa(g.Intn(1000)-500))
	case uintKind:
		return pick(g, "0u", "1u", "2u", "7u", "18446744073709551615u", "9223372036854775808u", "0xFFu")
	case doubleKind:
		return pick(g, "0.0", "-0.0", "1.0", "1.5", "-2.25", "1e100", "1e-7", "123456789.0", "9223372036854775808.0",
			"0.1", "1e308", ".5", "double('NaN')", "double('inf')", "100000.0", "1000000.0", "-1e-5")
	case stringKind:
		return g.literalText("", "a", "abc", "äöü", "a-b-a", "日本語", " x ", "12", "-7", "1.5", "true", "aXbXc", "🐱😀", "x\u0301", "1e3", "+5", "tab\\t", "q\\\"")
	case bytesKind:
		return pick(g, "b''", "b'abc'", "b'\\xff\\000'", "b'ä'", "br'\\x'")
	case listKind:
		return pick(g, "[]", "[1, 2, 3]", "['a', 'b']", "[1, 1u, 1.0, 'x', null]", "[[1], [2]]", "[true]")
	case mapKind:
		return pick(g, "{}", "{'a': 1}", "{'k': {'z': [1]}}", "{1: 'x', 2u: 'y'}", "{true: null}")
	case durationKind:
		return pick(g, "duration('1h')", "duration('-1ms')", "duration('0s')", "duration('1.5s')")
	case timestampKind:
		return pick(g, "timestamp('2009-02-13T23:31:30Z')", "timestamp(0)", "timestamp('2024-02-29T00:00:00.001Z')",
			"timestamp(-1)")
	case typeKind:
		return pick(g, "int", "uint", "double", "string", "bytes", "bool", "list", "map", "null_type", "type",
			"google.protobuf.Timestamp", "google.protobuf.Duration")
	}
	return "null"
}

// literalText writes one of the contents, which hold the escapes they need, in one of the ways there are.
func (g *generator) literalText(contents ...string) string {
	content := pick(g, contents...)
	quote := pick(g, "'", "\"", "'''", "\"\"\"")
	return quote + content + quote
}
