package main

import (
	"strconv"
	"strings"

	"faasbatch/lib/cel/conformance/peer"
)

// knownDifference names the way in which lib/cel differs from cel-go on purpose, if it is one.
func knownDifference(text string, got peer.Answer, want any, wantErr error) string {
	switch {
	case wantErr != nil && strings.Contains(wantErr.Error(), "internal error"):
		return "cel-go panics where bytes are looked up in a map"
	case strings.Contains(text, "getMilliseconds("):
		return "of a duration, the milliseconds of its last second by the conformance cases, and all in cel-go"
	case failedWith(got, "no such overload: -google.protobuf.Duration"):
		return "the specification has no negation of durations"
	case strings.Contains(text, "NaN") && failedWith(got, "no such overload: double"):
		return "cel-go orders NaN and values that are no numbers"
	case sameSeconds(got.Value, want):
		return "cel-go writes durations with the precision of a double"
	}
	return ""
}

func failedWith(got peer.Answer, message string) bool {
	return got.Error != nil && strings.Contains(*got.Error, message)
}

// sameSeconds: both are texts of durations, the same but for rounding.
func sameSeconds(got, want any) bool {
	a, okA := seconds(got)
	b, okB := seconds(want)
	return okA && okB && a == b
}

func seconds(value any) (float64, bool) {
	typed, _ := value.(map[string]any)
	text, _ := typed["string"].(string)
	number, found := strings.CutSuffix(text, "s")
	result, err := strconv.ParseFloat(number, 64)
	return result, found && err == nil
}
