package main

import (
	"context"
	"log"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// addressOf is the address other nodes reach the node by; empty while the kubelet has not reported one.
func addressOf(node *v1.Node) string {
	for _, address := range node.Status.Addresses {
		if address.Type == v1.NodeInternalIP {
			return address.Address
		}
	}
	return ""
}

// followNodes keeps the CNI configuration of the node `self` and the routes to all others as the Node objects have them.
func followNodes(_ context.Context, factory informers.SharedInformerFactory, self string) error {
	report := func(node *v1.Node, err error) {
		if err != nil {
			log.Printf("node %s: %v", node.Name, err)
		}
	}
	update := func(object any) {
		node, ok := object.(*v1.Node)
		switch {
		case !ok || node.Spec.PodCIDR == "":
			return // not admitted by the controller manager yet
		case node.Name == self:
			report(node, writeCNI(node.Spec.PodCIDR))
		case addressOf(node) != "":
			report(node, setRoute(node.Spec.PodCIDR, addressOf(node)))
		}
	}
	remove := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		if node, ok := object.(*v1.Node); ok && node.Name != self && node.Spec.PodCIDR != "" {
			report(node, removeRoute(node.Spec.PodCIDR))
		}
	}
	_, err := factory.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    update,
		UpdateFunc: func(_, after any) { update(after) },
		DeleteFunc: remove,
	})
	return err
}
