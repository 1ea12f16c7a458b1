// podnet is the pod network of one node: routes to the pods of the other nodes, the CNI configuration, masquerading of what
// leaves the pods' subnet, and NetworkPolicies. It runs as a DaemonSet in the host's network.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// settings come from the environment of the DaemonSet.
type settings struct {
	node      string // the name of this node
	podSubnet string // the whole cluster's, IPv4
	apiServer string // host:port that answers before kube-proxy does; empty: the cluster's Service
}

func readSettings() (settings, error) {
	s := settings{os.Getenv("NODE_NAME"), os.Getenv("POD_SUBNET"), os.Getenv("CONTROL_PLANE_ENDPOINT")}
	if s.node == "" {
		return s, errors.New("NODE_NAME is not set")
	}
	if _, _, err := net.ParseCIDR(s.podSubnet); err != nil {
		return s, fmt.Errorf("POD_SUBNET: %w", err)
	}
	return s, nil
}

func newClient(apiServer string) (*kubernetes.Clientset, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, err
	}
	if apiServer != "" {
		config.Host = "https://" + apiServer
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	return kubernetes.NewForConfig(config)
}

func run(ctx context.Context) error {
	s, err := readSettings()
	if err != nil {
		return err
	}
	client, err := newClient(s.apiServer)
	if err != nil {
		return err
	}
	if err := setMasquerade(ctx, s.podSubnet); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	if err := followNodes(ctx, factory, s.node); err != nil {
		return err
	}
	enforce, err := newPolicies(ctx, client, factory, s)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	return enforce(ctx)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}
