// Command random compares lib/cel with cel-go on random expressions: both give the same value, or both an error.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strings"

	"cel.dev/cel-go/common/types"
	"faasbatch/lib/cel/conformance/peer"
)

const mostShown = 20 // differences printed before it gives up

func main() {
	path := flag.String("peer", "", "the program cel_eval_lines")
	seed := flag.Int64("seed", 1, "of the first expression; the others follow")
	count := flag.Int("count", 10000, "expressions")
	verbose := flag.Bool("v", false, "print every expression")
	flag.Parse()
	cel, err := newReference()
	if err != nil {
		fatal(err)
	}
	program, err := peer.Start(*path)
	if err != nil {
		fatal(err)
	}
	values, errors, known, differences := 0, 0, 0, 0
	for i := int64(0); i < int64(*count) && differences < mostShown; i++ {
		g := &generator{Rand: rand.New(rand.NewSource(*seed + i))}
		text := g.expression(g.anyKind(), mostDepth)
		want, wantErr := cel.evaluate(text)
		got, err := program.Evaluate(request(text))
		if err != nil {
			fatal(fmt.Errorf("seed %d: %s: %w", *seed+i, text, err))
		}
		if *verbose {
			fmt.Println(text)
		}
		switch {
		case wantErr != nil && got.Error != nil:
			errors++
		case wantErr == nil && got.Error == nil && peer.Canonical(want) == peer.Canonical(got.Value):
			values++
		case knownDifference(text, got, want, wantErr) != "":
			known++
		default:
			differences++
			show(*seed+i, text, want, wantErr, got)
		}
	}
	if err := program.Close(); err != nil {
		fatal(err)
	}
	fmt.Printf("seeds %d to %d: %d same values, %d errors in both, %d known differences, %d differences\n", *seed,
		*seed+int64(*count)-1, values, errors, known, differences)
	if differences > 0 || values == 0 {
		os.Exit(1)
	}
}

func request(text string) peer.Request {
	request := peer.Request{Expr: text, Checked: true, Variables: []string{}, Bindings: map[string]any{}}
	for name, value := range bindings {
		encoded, err := typed(types.DefaultTypeAdapter.NativeToValue(value))
		if err != nil {
			fatal(err)
		}
		request.Variables = append(request.Variables, name)
		request.Bindings[name] = encoded
	}
	return request
}

func show(seed int64, text string, want any, wantErr error, got peer.Answer) {
	fmt.Printf("DIFFERENT, -seed %d -count 1:\n  %s\n", seed, text)
	if wantErr != nil {
		fmt.Printf("  cel-go:  error: %s\n", strings.ReplaceAll(wantErr.Error(), "\n", " "))
	} else {
		fmt.Printf("  cel-go:  %s\n", peer.Canonical(want))
	}
	if got.Error != nil {
		fmt.Printf("  lib/cel: error: %s\n", *got.Error)
	} else {
		fmt.Printf("  lib/cel: %s\n", peer.Canonical(got.Value))
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
