// Test only: compares lib/cel with the conformance cases of the specification and with its implementation in Go.
module faasbatch/lib/cel/conformance

go 1.24

require (
	cel.dev/expr v0.25.3
	google.golang.org/protobuf v1.36.10
)
