package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// ownChain fills the chain `chain` of `table` with `rules` and calls it from POSTROUTING, in one transaction. Safe to repeat.
func ownChain(ctx context.Context, table, chain string, rules []string) error {
	jump := "POSTROUTING -j " + chain
	text := &strings.Builder{}
	fmt.Fprintf(text, "*%s\n:%s - [0:0]\n", table, chain) // also empties a chain that is there
	for _, rule := range rules {
		fmt.Fprintf(text, "-A %s %s\n", chain, rule)
	}
	check := append([]string{"-w", "-t", table, "-C"}, strings.Fields(jump)...)
	if exec.CommandContext(ctx, "iptables", check...).Run() != nil {
		fmt.Fprintf(text, "-A %s\n", jump)
	}
	text.WriteString("COMMIT\n")
	restore := exec.CommandContext(ctx, "iptables-restore", "-w", "--noflush")
	restore.Stdin = strings.NewReader(text.String())
	if output, err := restore.CombinedOutput(); err != nil {
		return fmt.Errorf("iptables-restore of %s: %w: %s", chain, err, output)
	}
	return nil
}

// setMasquerade lets what leaves the pods' subnet go out under the node's address.
func setMasquerade(ctx context.Context, podSubnet string) error {
	return ownChain(ctx, "nat", "PODNET-MASQ", []string{
		"-s " + podSubnet + " ! -d " + podSubnet + " -m addrtype ! --dst-type LOCAL -j MASQUERADE",
	})
}

// queueNewConnections asks the program on the other side of the netfilter queue about the first packet of every connection
// from or to a pod, after Services have been resolved and before sources are rewritten. What the node's own root programs
// send, the kubelet's probes above all, is not asked about. With nobody at the queue, everything passes.
func queueNewConnections(ctx context.Context, podSubnet string, queue int) error {
	ask := " -m conntrack --ctstate NEW -j NFQUEUE --queue-bypass --queue-num " + strconv.Itoa(queue)
	return ownChain(ctx, "mangle", "PODNET-POLICY", []string{
		"-m owner --uid-owner 0 -j RETURN",
		"-s " + podSubnet + ask,
		"-d " + podSubnet + ask,
	})
}
