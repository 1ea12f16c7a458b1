package main

import (
	"context"
	"log"
	"os/exec"
	"strings"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

const policyQueue = 100

// newPolicies makes the controller of kube-network-policies, which is the one in kind's own pod network too: it answers for
// the first packet of a connection by the NetworkPolicies at that moment. Its informers are of `factory`, which is to be
// started before the function returned is called.
func newPolicies(_ context.Context, client kubernetes.Interface, factory informers.SharedInformerFactory,
	s settings) (func(context.Context) error, error) {
	controller, err := networkpolicy.NewController(client,
		factory.Networking().V1().NetworkPolicies(), factory.Core().V1().Namespaces(), factory.Core().V1().Pods(),
		nil, nil, nil, nil,
		// Not NRIdisabled: v0.8.0 then asks its NRI plugin nevertheless and crashes. The plugin finds no NRI here and ends.
		networkpolicy.Config{FailOpen: true, QueueID: policyQueue, NodeName: s.node})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if !kernelQueuesByNftables(ctx) {
			log.Print("the kernel lacks nftables' queue expression: new connections are queued by iptables")
			if err := queueNewConnections(ctx, s.podSubnet, policyQueue); err != nil {
				return err
			}
		}
		return controller.Run(ctx)
	}, nil
}

// kernelQueuesByNftables: the controller queues packets with a rule of its own, which takes NFT_QUEUE in the kernel. Where
// that is missing its rules are refused as a whole, again and again, which does no harm.
func kernelQueuesByNftables(ctx context.Context) bool {
	check := exec.CommandContext(ctx, "nft", "--check", "--file", "-")
	check.Stdin = strings.NewReader("table inet podnet-check { chain c { type filter hook forward priority 0; queue flags bypass to 100; }; }\n")
	return check.Run() == nil
}
