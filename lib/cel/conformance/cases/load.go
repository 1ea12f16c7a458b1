package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	testpb "cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"

	// The messages that the cases name.
	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
)

// caseFile is one file of cases of the specification.
type caseFile struct {
	name  string
	tests *testpb.SimpleTestFile
}

// loadCases reads all files of cases from the module of the specification, where the go command keeps it.
func loadCases() ([]caseFile, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "cel.dev/expr").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	pattern := filepath.Join(strings.TrimSpace(string(out)), "tests", "simple", "testdata", "*.textproto")
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no cases at %s", pattern)
	}
	sort.Strings(paths)
	var files []caseFile
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		tests := &testpb.SimpleTestFile{}
		if err := prototext.Unmarshal(text, tests); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, caseFile{strings.TrimSuffix(filepath.Base(path), ".textproto"), tests})
	}
	return files, nil
}
