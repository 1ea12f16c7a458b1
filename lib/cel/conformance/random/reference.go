package main

import (
	"fmt"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
	"faasbatch/lib/cel/conformance/peer"
)

// bindings of the variables that inputs names.
var bindings = map[string]any{
	"input": map[string]any{
		"flag": true, "n": int64(7), "ratio": 2.5, "text": "Hello, Wörld", "nothing": nil,
		"list": []any{int64(3), int64(1), int64(2)}, "words": []any{"b", "a", ""},
		"name": map[string]any{"first": "Ada", "k": int64(1)},
	},
	"n": int64(-3), "u": uint64(5), "d": -0.5, "s": "a,b,,c", "b": []byte{0xff, 'x'},
	"m":       map[string]any{"a": int64(1), "b": "two"},
	"span":    90 * time.Minute,
	"instant": time.Date(2024, 3, 31, 1, 30, 0, 125000000, time.UTC),
}

// reference evaluates with cel-go.
type reference struct{ env *cel.Env }

func newReference() (*reference, error) {
	options := []cel.EnvOption{ext.Strings(), cel.EnableErrorOnBadPresenceTest(true)}
	for name := range bindings {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	env, err := cel.NewEnv(options...)
	return &reference{env}, err
}

// evaluate gives the value in the encoding of the peer, or what went wrong.
func (r *reference) evaluate(text string) (any, error) {
	ast, issues := r.env.Parse(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := r.env.Program(ast)
	if err != nil {
		return nil, err
	}
	value, _, err := program.Eval(bindings)
	if err != nil {
		return nil, err
	}
	return typed(value)
}

func typed(value ref.Val) (any, error) {
	switch v := value.(type) {
	case types.Null:
		return peer.Null(), nil
	case types.Bool:
		return peer.Bool(bool(v)), nil
	case types.Int:
		return peer.Int(int64(v)), nil
	case types.Uint:
		return peer.Uint(uint64(v)), nil
	case types.Double:
		return peer.Double(float64(v)), nil
	case types.String:
		return peer.String(string(v)), nil
	case types.Bytes:
		return peer.Bytes([]byte(v)), nil
	case types.Duration:
		return peer.Duration(v.Duration.Nanoseconds()), nil
	case types.Timestamp:
		return peer.Timestamp(v.Unix(), int64(v.Nanosecond())), nil
	case ref.Type:
		return peer.Type(v.TypeName()), nil
	case traits.Mapper:
		return typedMap(v)
	case traits.Lister:
		return typedList(v)
	}
	return nil, fmt.Errorf("no value of lib/cel: %T", value)
}

func typedList(list traits.Lister) (any, error) {
	items := []any{}
	for it := list.Iterator(); it.HasNext() == types.True; {
		item, err := typed(it.Next())
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return peer.List(items), nil
}

func typedMap(mapping traits.Mapper) (any, error) {
	entries := [][2]any{}
	for it := mapping.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		typedKey, err := typed(key)
		if err != nil {
			return nil, err
		}
		item, err := typed(mapping.Get(key))
		if err != nil {
			return nil, err
		}
		entries = append(entries, [2]any{typedKey, item})
	}
	return peer.Map(entries), nil
}
