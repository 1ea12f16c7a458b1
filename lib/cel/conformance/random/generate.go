package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// kind is what an expression is meant to be; now and then the generator deceives itself on purpose, as errors must
// agree, too.
type kind int

const (
	boolKind kind = iota
	intKind
	uintKind
	doubleKind
	stringKind
	bytesKind
	listKind
	mapKind
	durationKind
	timestampKind
	nullKind
	typeKind
	kinds
)

const (
	mostDepth     = 5
	deceitPercent = 1
)

// generator makes random expressions that parse.
type generator struct {
	*rand.Rand
	scope []variable // macro variables, innermost last
	names int
}

type variable struct {
	name string
	kind kind
}

func (g *generator) chance(percent int) bool { return g.Intn(100) < percent }

func (g *generator) anyKind() kind { return kind(g.Intn(int(kinds))) }

func pick[T any](g *generator, choices ...T) T { return choices[g.Intn(len(choices))] }

// expression of a kind, nested at most depth deep.
func (g *generator) expression(wanted kind, depth int) string {
	if g.chance(deceitPercent) {
		wanted = g.anyKind()
	}
	if depth <= 0 || g.chance(15) {
		return g.leaf(wanted)
	}
	if g.chance(20) {
		return g.anywhere(wanted, depth-1)
	}
	forms := map[kind]func(int) string{
		boolKind: g.boolean, intKind: g.integer, uintKind: g.unsigned, doubleKind: g.double, stringKind: g.text,
		bytesKind: g.bytes, listKind: g.list, mapKind: g.mapping, durationKind: g.duration,
		timestampKind: g.timestamp, typeKind: g.typeName,
	}
	if form, ok := forms[wanted]; ok {
		return form(depth - 1)
	}
	return g.leaf(wanted)
}

func (g *generator) leaf(wanted kind) string {
	if g.chance(40) {
		for i := len(g.scope) - 1; i >= 0; i-- {
			if g.scope[i].kind == wanted && g.chance(60) {
				return g.scope[i].name
			}
		}
		if name, ok := inputs[wanted]; ok {
			return pick(g, name...)
		}
	}
	return g.literal(wanted)
}

// anywhere are the forms that any kind can come from.
func (g *generator) anywhere(wanted kind, depth int) string {
	value := func() string { return g.expression(wanted, depth) }
	switch g.Intn(7) {
	case 0:
		return fmt.Sprintf("(%s ? %s : %s)", g.expression(boolKind, depth), value(), value())
	case 1:
		return fmt.Sprintf("[%s, %s][%s]", value(), value(), pick(g, "0", "1", "1u", "0.0", "2", "-1", "0.5"))
	case 2:
		return fmt.Sprintf("{'k': %s, 'b-c': %s}%s", value(), value(), pick(g, ".k", ".`b-c`", "['k']", ".z", "['b-c']"))
	case 3:
		return fmt.Sprintf("dyn(%s)", value())
	case 4:
		return fmt.Sprintf("{%s: %s}[%s]", g.key(), value(), pick(g, g.key(), "1u", "1.0", "0.5", "9007199254740993"))
	case 5:
		return fmt.Sprintf("(%s)", value())
	}
	return fmt.Sprintf("%s[0]", g.comprehension(listKind, wanted, depth))
}

// keys of a map, none equal to another: cel-go takes repeated keys, and double and null ones, where no checker has
// seen the expression; the conformance cases do not.
var keys = []string{"1", "true", "'a'", "2u", "'b'", "false", "-3", "'b-c'"}

func (g *generator) key() string { return pick(g, keys...) }

func (g *generator) boolean(depth int) string {
	binary := func(op string, k kind) string {
		return fmt.Sprintf("(%s %s %s)", g.expression(k, depth), op, g.expression(k, depth))
	}
	text := func() string { return g.expression(stringKind, depth) }
	switch g.Intn(12) {
	case 0, 1:
		return binary("&&", boolKind)
	case 2, 3:
		return binary("||", boolKind)
	case 4:
		return fmt.Sprintf("!(%s)", g.expression(boolKind, depth))
	case 5:
		return binary(pick(g, "==", "!="), g.anyKind())
	case 6:
		return fmt.Sprintf("(%s %s %s)", g.number(depth), pick(g, "<", "<=", ">", ">=", "==", "!="), g.number(depth))
	case 7:
		return binary(pick(g, "<", "<=", ">", ">="), pick(g, stringKind, bytesKind, durationKind, timestampKind, boolKind))
	case 8:
		return fmt.Sprintf("(%s in %s)", g.expression(g.anyKind(), depth), g.expression(pick(g, listKind, mapKind), depth))
	case 9:
		return fmt.Sprintf("has(%s.%s)", g.expression(mapKind, depth), pick(g, "a", "k", "`b-c`", "z"))
	case 10:
		if g.chance(30) {
			return fmt.Sprintf("%s.matches('%s')", text(), pick(g, "a+", "^[a-c]*$", "b|ä", "(x.)+", "\\\\d+", "."))
		}
		return fmt.Sprintf("%s.%s(%s)", text(), pick(g, "contains", "startsWith", "endsWith"), text())
	}
	return g.comprehension(boolKind, boolKind, depth)
}

func (g *generator) number(depth int) string {
	return g.expression(pick(g, intKind, uintKind, doubleKind), depth)
}

func (g *generator) arithmetic(k kind, depth int, ops ...string) string {
	return fmt.Sprintf("(%s %s %s)", g.expression(k, depth), pick(g, ops...), g.expression(k, depth))
}

func (g *generator) integer(depth int) string {
	switch g.Intn(8) {
	case 0, 1, 2:
		return g.arithmetic(intKind, depth, "+", "-", "*", "/", "%")
	case 3:
		return fmt.Sprintf("-(%s)", g.expression(intKind, depth))
	case 4:
		sized := g.expression(pick(g, stringKind, bytesKind, listKind, mapKind), depth)
		return pick(g, "size("+sized+")", "("+sized+").size()")
	case 5:
		return fmt.Sprintf("int(%s)", g.expression(pick(g, uintKind, doubleKind, stringKind, timestampKind, intKind), depth))
	case 6:
		return g.selector(depth)
	}
	search := pick(g, "indexOf", "lastIndexOf")
	if g.chance(40) { // cel-go takes an index behind the end, the conformance cases do not
		return fmt.Sprintf("('abc' + %s).%s(%s, %s)", g.expression(stringKind, depth), search,
			g.expression(stringKind, depth), pick(g, "0", "1", "2", "-1"))
	}
	return fmt.Sprintf("%s.%s(%s)", g.expression(stringKind, depth), search, g.expression(stringKind, depth))
}

// selector is a part of a timestamp or a duration.
func (g *generator) selector(depth int) string {
	if g.chance(30) {
		return fmt.Sprintf("%s.%s()", g.expression(durationKind, depth),
			pick(g, "getHours", "getMinutes", "getSeconds"))
	}
	zone := pick(g, "", "", "'UTC'", "'Europe/Berlin'", "'America/St_Johns'", "'+05:30'", "'-02:15'", "'3:00'",
		"'Nowhere/Zone'", "'+25:00'", "'Asia/Kathmandu'")
	return fmt.Sprintf("%s.%s(%s)", g.expression(timestampKind, depth),
		pick(g, "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfYear", "getDayOfWeek", "getHours",
			"getMinutes", "getSeconds", "getMilliseconds"), zone)
}

func (g *generator) unsigned(depth int) string {
	if g.chance(70) {
		return g.arithmetic(uintKind, depth, "+", "-", "*", "/", "%")
	}
	return fmt.Sprintf("uint(%s)", g.expression(pick(g, intKind, doubleKind, stringKind, uintKind), depth))
}

func (g *generator) double(depth int) string {
	switch g.Intn(4) {
	case 0:
		return fmt.Sprintf("-(%s)", g.expression(doubleKind, depth))
	case 1:
		return fmt.Sprintf("double(%s)", g.expression(pick(g, intKind, uintKind, stringKind, doubleKind), depth))
	}
	return g.arithmetic(doubleKind, depth, "+", "-", "*", "/")
}

func (g *generator) text(depth int) string {
	text := func() string { return g.expression(stringKind, depth) }
	index := func() string { return pick(g, "0", "1", "2", "3", "-1", g.expression(intKind, depth)) }
	switch g.Intn(13) {
	case 0, 1:
		return g.arithmetic(stringKind, depth, "+")
	case 2, 3:
		return fmt.Sprintf("string(%s)", g.expression(pick(g, boolKind, intKind, uintKind, doubleKind, bytesKind,
			durationKind, timestampKind, stringKind), depth))
	case 4:
		return fmt.Sprintf("%s.charAt(%s)", text(), index())
	case 5:
		return fmt.Sprintf("%s.substring(%s)", text(), index())
	case 6:
		return fmt.Sprintf("%s.substring(%s, %s)", text(), index(), index())
	case 7:
		return fmt.Sprintf("%s.replace(%s, %s)", text(), text(), text())
	case 8:
		return fmt.Sprintf("%s.replace(%s, %s, %s)", text(), text(), text(), index())
	case 9:
		return fmt.Sprintf("strings.quote(%s)", text())
	case 10:
		return fmt.Sprintf("%s.split(%s).join(%s)", text(), text(), pick(g, "", text()))
	}
	return fmt.Sprintf("%s.%s()", text(), pick(g, "lowerAscii", "upperAscii", "trim", "reverse"))
}

func (g *generator) bytes(depth int) string {
	if g.chance(50) {
		return g.arithmetic(bytesKind, depth, "+")
	}
	return fmt.Sprintf("bytes(%s)", g.expression(pick(g, stringKind, bytesKind), depth))
}

func (g *generator) list(depth int) string {
	switch g.Intn(5) {
	case 0:
		return g.arithmetic(listKind, depth, "+")
	case 1:
		limit := pick(g, "", ", 0", ", 1", ", 2", ", -1")
		return fmt.Sprintf("%s.split(%s%s)", g.expression(stringKind, depth), g.expression(stringKind, depth), limit)
	case 2, 3:
		return g.comprehension(listKind, g.anyKind(), depth)
	}
	return g.items(g.anyKind(), depth)
}

func (g *generator) items(k kind, depth int) string {
	var items []string
	for range g.Intn(4) {
		items = append(items, g.expression(k, depth))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (g *generator) mapping(depth int) string {
	var entries []string
	for _, i := range g.Perm(len(keys))[:g.Intn(4)] {
		entries = append(entries, keys[i]+": "+g.expression(g.anyKind(), depth))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// comprehension is a macro that gives a bool or a list of some kind. It goes over maps of one key only where the
// order of the keys would show.
func (g *generator) comprehension(result, itemKind kind, depth int) string {
	name := fmt.Sprintf("%s%d", pick(g, "x", "y"), g.names%3) // few names, so that they hide one another
	g.names++
	rangeKind := g.anyKind()
	over := g.items(rangeKind, depth)
	if g.chance(20) {
		over, rangeKind = fmt.Sprintf("{%s: %s}", g.key(), g.expression(g.anyKind(), depth)), intKind
	}
	g.scope = append(g.scope, variable{name, rangeKind})
	defer func() { g.scope = g.scope[:len(g.scope)-1] }()
	condition := func() string { return g.expression(boolKind, depth) }
	if result == boolKind {
		return fmt.Sprintf("%s.%s(%s, %s)", over, pick(g, "all", "exists", "exists_one"), name, condition())
	}
	switch g.Intn(3) {
	case 0:
		return fmt.Sprintf("%s.filter(%s, %s)", over, name, condition())
	case 1:
		return fmt.Sprintf("%s.map(%s, %s, %s)", over, name, condition(), g.expression(itemKind, depth))
	}
	return fmt.Sprintf("%s.map(%s, %s)", over, name, g.expression(itemKind, depth))
}

func (g *generator) duration(depth int) string {
	switch g.Intn(3) {
	case 0:
		return g.arithmetic(durationKind, depth, "+", "-")
	case 1:
		return fmt.Sprintf("(%s - %s)", g.expression(timestampKind, depth), g.expression(timestampKind, depth))
	}
	return fmt.Sprintf("duration(%s)", g.literalText("1h30m", "-1.5s", "100ms", "0", "2h45m", "5x", "", ".5s", "+2m", "1.s", "9999999h", "1h1h"))
}

func (g *generator) timestamp(depth int) string {
	switch g.Intn(4) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.expression(timestampKind, depth), pick(g, "+", "-"), g.expression(durationKind, depth))
	case 1:
		return fmt.Sprintf("(%s + %s)", g.expression(durationKind, depth), g.expression(timestampKind, depth))
	case 2:
		return fmt.Sprintf("timestamp(%s)", g.expression(intKind, depth))
	}
	return fmt.Sprintf("timestamp(%s)", g.literalText("2009-02-13T23:31:30Z", "2000-02-29T12:00:00.5Z", "2001-02-29T00:00:00Z",
		"9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00Z", "2024-07-01", "2024-12-31T24:00:00Z", "1969-12-31t23:59:59z"))
}

func (g *generator) typeName(depth int) string {
	return fmt.Sprintf("type(%s)", g.expression(g.anyKind(), depth))
}
