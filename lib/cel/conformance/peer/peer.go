// Package peer evaluates expressions with the program under test, cel_eval_lines.
package peer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Request is one line of input.
type Request struct {
	Expr      string         `json:"expr"`
	Checked   bool           `json:"checked"`
	Variables []string       `json:"variables"`
	Bindings  map[string]any `json:"bindings"`
}

// Answer is one line of output: a value in the encoding of this package, or an error.
type Answer struct {
	Value any     `json:"value"`
	Error *string `json:"error"`
}

// Peer is a running cel_eval_lines. Not safe for use by several goroutines.
type Peer struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// Start runs the program.
func Start(path string) (*Peer, error) {
	command := exec.Command(path)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &Peer{command, in, bufio.NewReader(out)}, nil
}

// Evaluate sends one request and waits for its answer.
func (p *Peer) Evaluate(request Request) (Answer, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return Answer{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return Answer{}, err
	}
	reply, err := p.out.ReadBytes('\n')
	if err != nil {
		return Answer{}, fmt.Errorf("the program ended at %s: %w", line, err)
	}
	var answer Answer
	if err := json.Unmarshal(reply, &answer); err != nil {
		return Answer{}, fmt.Errorf("answer %q: %w", reply, err)
	}
	return answer, nil
}

// Close ends the program and reports how it ended.
func (p *Peer) Close() error {
	p.in.Close()
	return p.command.Wait()
}
