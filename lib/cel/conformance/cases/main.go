// Command cases runs the conformance cases of the CEL specification that lib/cel promises to pass.
package main

import (
	"flag"
	"fmt"
	"os"
	"sort"

	testpb "cel.dev/expr/conformance/test"
	"faasbatch/lib/cel/conformance/peer"
)

// Fewer cases than this mean that the selection is broken, not that all is well.
const leastCases = 800

func main() {
	path := flag.String("peer", "", "the program cel_eval_lines")
	flag.Parse()
	files, err := loadCases()
	if err != nil {
		fatal(err)
	}
	program, err := peer.Start(*path)
	if err != nil {
		fatal(err)
	}
	passed, failed := 0, 0
	omitted := map[string]int{}
	for _, file := range files {
		for _, section := range file.tests.Section {
			for _, test := range section.Test {
				if reason := leftOut(file.name, test); reason != "" {
					omitted[reason]++
					continue
				}
				problem, err := run(program, test)
				if err != nil {
					fatal(err)
				}
				if problem == "" {
					passed++
					continue
				}
				failed++
				fmt.Printf("FAILED %s/%s/%s: %s\n  %s\n", file.name, section.Name, test.Name, test.Expr, problem)
			}
		}
	}
	if err := program.Close(); err != nil {
		fatal(err)
	}
	report(passed, failed, omitted)
	if failed > 0 || passed < leastCases {
		os.Exit(1)
	}
}

// run is empty for a case that passes, or says what is wrong.
func run(program *peer.Peer, test *testpb.SimpleTest) (string, error) {
	request := peer.Request{Expr: test.Expr, Checked: !test.DisableCheck, Variables: []string{}, Bindings: map[string]any{}}
	for _, declared := range test.TypeEnv {
		if declared.GetIdent() != nil {
			request.Variables = append(request.Variables, declared.Name)
		}
	}
	for name, binding := range test.Bindings {
		value, err := typed(binding.GetValue())
		if err != nil {
			return "", err
		}
		request.Variables = append(request.Variables, name)
		request.Bindings[name] = value
	}
	answer, err := program.Evaluate(request)
	if err != nil {
		return "", err
	}
	expected := expectedValue(test)
	switch {
	case expected == nil && answer.Error == nil:
		return "expected an error, got " + peer.Canonical(answer.Value), nil
	case expected == nil:
		return "", nil
	case answer.Error != nil:
		return "unexpected error: " + *answer.Error, nil
	}
	want, err := typed(expected)
	if err != nil {
		return "", err
	}
	if got := peer.Canonical(answer.Value); got != peer.Canonical(want) {
		return "expected " + peer.Canonical(want) + ", got " + got, nil
	}
	return "", nil
}

func report(passed, failed int, omitted map[string]int) {
	fmt.Printf("%d cases passed, %d failed; left out:\n", passed, failed)
	var reasons []string
	for reason := range omitted {
		reasons = append(reasons, reason)
	}
	sort.Strings(reasons)
	for _, reason := range reasons {
		fmt.Printf("  %4d %s\n", omitted[reason], reason)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
