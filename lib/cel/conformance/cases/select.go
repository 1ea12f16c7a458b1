package main

import (
	"regexp"

	exprpb "cel.dev/expr"
	testpb "cel.dev/expr/conformance/test"
)

// Whole files about parts of CEL that lib/cel does not promise.
var otherFeatures = map[string]string{
	"bindings_ext": "extension cel.bind",
	"block_ext":    "extension cel.block",
	"encoders_ext": "extension base64",
	"lists_ext":    "extension lists",
	"macros2":      "macros with two variables",
	"math_ext":     "extension math",
	"network_ext":  "extension network",
	"optionals":    "optional types",
	"proto2_ext":   "protobuf messages",
	"unknowns":     "unknown values",
}

// Messages and enums of the cases, and well-known types but the two that CEL gives a meaning of its own.
var (
	messageName = regexp.MustCompile(`TestAllTypes|NestedEnum|GlobalEnum|cel\s*\.\s*expr`)
	knownType   = regexp.MustCompile(`google\.protobuf\.(\w+)`)
	formatCall  = regexp.MustCompile(`\.format\(`)
)

// leftOut says why a case is none for lib/cel; empty: it is one.
func leftOut(file string, test *testpb.SimpleTest) string {
	if reason, ok := otherFeatures[file]; ok {
		return reason
	}
	switch {
	case test.CheckOnly:
		return "static types"
	case test.DisableMacros:
		return "macros switched off"
	case formatCall.MatchString(test.Expr):
		return "strings.format"
	case messageName.MatchString(test.Expr) || usesWrapper(test.Expr):
		return "protobuf messages and enums"
	}
	for _, binding := range test.Bindings {
		if _, err := typed(binding.GetValue()); err != nil {
			return "protobuf messages and enums"
		}
	}
	if expected := expectedValue(test); expected != nil {
		if _, err := typed(expected); err != nil {
			return "protobuf messages and enums"
		}
	}
	if test.Container != "" {
		return "containers"
	}
	if test.GetUnknown() != nil || test.GetAnyUnknowns() != nil {
		return "unknown values"
	}
	return ""
}

func usesWrapper(text string) bool {
	for _, name := range knownType.FindAllStringSubmatch(text, -1) {
		if name[1] != "Timestamp" && name[1] != "Duration" {
			return true
		}
	}
	return regexp.MustCompile(`google\.protobuf\.\w+\s*\{`).MatchString(text)
}

// expectedValue is nil where an error is expected. A case that says nothing expects true.
func expectedValue(test *testpb.SimpleTest) *exprpb.Value {
	switch {
	case expectsError(test):
		return nil
	case test.GetValue() != nil:
		return test.GetValue()
	case test.GetTypedResult() != nil:
		return test.GetTypedResult().GetResult()
	}
	return &exprpb.Value{Kind: &exprpb.Value_BoolValue{BoolValue: true}}
}

func expectsError(test *testpb.SimpleTest) bool {
	return test.GetEvalError() != nil || test.GetAnyEvalErrors() != nil
}
